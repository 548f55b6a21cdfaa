import { acceptSession, type Grant, openSession, type Session } from "../../src/index.js";
import { desk } from "../behaviour/contract.js";
import { behaviourSuite, type Far } from "../behaviour/suite.js";
import { control } from "./control.js";
import { addFrame, openPopup, pageUrl, siteOrigin, windowOf } from "./site.js";

/** The far side, steered over a port of its own. */
function steered(session: Session<typeof desk>, controlPort: MessagePort, dispose: () => void): Far {
  const steering = openSession(controlPort, { use: control });
  return {
    session,
    updateGrant: (next: Grant) => steering.remote.test.grant(next.map((granted) => ({ ...granted }))),
    seen: () => steering.remote.test.seen(),
    close: (reason) => steering.remote.test.close(reason),
    dispose: () => {
      session.close();
      steering.close();
      dispose();
    },
  };
}

function controlPortFrom(target: Window): Promise<MessagePort> {
  return new Promise((resolve) => {
    const onMessage = (event: MessageEvent) => {
      if (event.source !== target || event.data !== "control" || !event.ports[0]) return;
      removeEventListener("message", onMessage);
      resolve(event.ports[0]);
    };
    addEventListener("message", onMessage);
  });
}

behaviourSuite(
  "a frame of another site",
  async (grant) => {
    const frame = addFrame(pageUrl("partner", "provider", { host: location.origin, grant: JSON.stringify(grant) }));
    const target = windowOf(frame);
    const controlPort = controlPortFrom(target);
    const session = await acceptSession({ target, origin: siteOrigin("partner"), use: desk });
    return steered(session, await controlPort, () => frame.remove());
  },
  { isHost: true },
);

behaviourSuite(
  "a popup of another site",
  async (grant) => {
    const popup = await openPopup(
      pageUrl("partner", "provider", { host: location.origin, grant: JSON.stringify(grant) }),
    );
    const controlPort = controlPortFrom(popup);
    const session = await acceptSession({ target: popup, origin: siteOrigin("partner"), use: desk });
    return steered(session, await controlPort, () => popup.close());
  },
  { isHost: true },
);

behaviourSuite("a worker", async (grant, options = {}) => {
  const worker = new Worker(new URL("./pages/worker.ts", import.meta.url), { type: "module" });
  const data = new MessageChannel();
  const steering = new MessageChannel();
  worker.postMessage({ grant, options }, [data.port2, steering.port2]);
  const session = openSession(data.port1, { use: desk, ...options });
  return steered(session, steering.port1, () => worker.terminate());
});
