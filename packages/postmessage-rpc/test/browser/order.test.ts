import { afterEach, describe, expect, it } from "vitest";
import { openSession } from "../../src/index.js";
import { RawPeer } from "../raw-peer.js";
import { control } from "./control.js";
import { addFrame, pageUrl, siteOrigin, windowOf } from "./site.js";

let dispose = () => {};
afterEach(() => dispose());

const givenTo: Record<string, () => Promise<(ports: MessagePort[]) => void>> = {
  "a worker": async () => {
    const worker = new Worker(new URL("./pages/worker.ts", import.meta.url), { type: "module" });
    dispose = () => worker.terminate();
    return (ports) => worker.postMessage({ grant: [{ scope: "ticket:read" }] }, ports);
  },
  "a frame of another site": async () => {
    const frame = addFrame(pageUrl("partner", "worker"));
    dispose = () => frame.remove();
    await new Promise((resolve) => frame.addEventListener("load", resolve));
    return (ports) => windowOf(frame).postMessage({ grant: [{ scope: "ticket:read" }] }, siteOrigin("partner"), ports);
  },
};

/** Runs it while a message of another port is being dispatched. */
function whileDispatching(run: () => void): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    port2.addEventListener("message", () => {
      run();
      resolve();
    });
    port2.start();
    port1.postMessage("now");
  });
}

describe.each(Object.keys(givenTo))("a port that is handed over to %s", (name) => {
  it.each([
    ["in a task of its own", async (run: () => void) => run()],
    ["while a message is dispatched", whileDispatching],
  ])("%s loses nothing, and hears in order what was said before and after", async (_when, when) => {
    const handOver = await givenTo[name]?.();
    const data = new MessageChannel();
    const steering = new MessageChannel();
    const peer = new RawPeer(data.port1);
    const say = (from: number, to: number) => {
      for (let n = from; n < to; n++) peer.notify("ticket.viewed", { id: String(n) });
    };
    say(0, 100);
    await when(() => {
      say(100, 110);
      handOver?.([data.port2, steering.port2]);
      say(110, 120);
    });
    say(120, 200);
    const far = openSession(steering.port1, { use: control });
    const calls = Array.from({ length: 200 }, (_, n) => `viewed ${n}`);
    await expect
      .poll(async () => ((await far.remote.test.seen()) as { calls: string[] }).calls, { timeout: 10_000 })
      .toEqual(calls);
    far.close();
    data.port1.close();
  });
});
