/** A worker that provides the behaviour suite's contract over the port it is given. */
import { type Grant, implement, openSession } from "../../../src/index.js";
import { provider } from "../../behaviour/provider.js";
import { control } from "../control.js";

addEventListener("message", (event: MessageEvent<{ grant: Grant; options: object }>) => {
  const [port, controlPort] = event.ports as [MessagePort, MessagePort];
  const { seen, implementation } = provider();
  const session = openSession(port, { provide: implementation, grant: event.data.grant, ...event.data.options });
  openSession(controlPort, {
    provide: implement(control, {
      "test.grant": (next) => session.updateGrant(next as Grant),
      "test.seen": () => seen,
      "test.close": (reason) => session.close(reason),
    }),
  });
});
