/** A partner that provides the behaviour suite's contract to whoever holds the test's origin. */
import { type Grant, implement, openSession, requestSession } from "../../../src/index.js";
import { provider } from "../../behaviour/provider.js";
import { control } from "../control.js";

const query = new URL(location.href).searchParams;
const grant = JSON.parse(query.get("grant") ?? "[]") as Grant;
const { seen, implementation } = provider();
const session = await requestSession({
  target: window.opener === null ? window.parent : (window.opener as Window),
  hosts: [query.get("host") ?? ""],
  provide: implementation,
  grant,
});
// The suite steers over a port of its own, so that what is tested stays as it is.
const { port1, port2 } = new MessageChannel();
openSession(port1, {
  provide: implement(control, {
    "test.grant": (next) => session.updateGrant(next as Grant),
    "test.seen": () => seen,
    "test.close": (reason) => session.close(reason),
  }),
});
(window.opener === null ? window.parent : (window.opener as Window)).postMessage("control", query.get("host") ?? "", [
  port2,
]);
