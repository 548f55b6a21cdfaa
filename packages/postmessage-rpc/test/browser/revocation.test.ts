import * as v from "valibot";
import { expect, it } from "vitest";
import { server } from "vitest/browser";
import {
  type Call,
  defineContract,
  type Grant,
  implement,
  method,
  openSession,
  type Session,
} from "../../src/index.js";
import { RawPeer } from "../raw-peer.js";

const many = 5_000;
const counted = defineContract({
  "count.up": method({ scope: "count:up", params: v.object({ n: v.number() }), result: v.object({ n: v.number() }) }),
});
const held: Grant = [{ scope: "count:up" }];
/** So far raised that no budget stops a handler: only the end of the session or of its grant can. */
const limits = { inFlight: many, rate: 1e9, burst: 1e9, queue: many };

/** A peer that has said everything before the first word is heard, and a session whose handler does `first` when it runs. */
function flooded(first: (session: Session, call: Call<never>) => void) {
  const { port1, port2 } = new MessageChannel();
  const peer = new RawPeer(port1);
  for (let n = 0; n < many; n++) peer.request(n, "count.up", { n });
  let ran = 0;
  const session: Session = openSession(port2, {
    grant: held,
    limits,
    provide: implement(counted, {
      "count.up": ({ n }, call) => {
        ran++;
        if (ran === 1) first(session, call);
        return { n };
      },
    }),
  });
  return { peer, session, ran: () => ran };
}

/** Resolves once as many messages as were queued before have come through another port; the control shows that this is long enough. */
function drained(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve) => {
    let left = many;
    port2.addEventListener("message", () => {
      if (--left === 0) resolve();
    });
    port2.start();
    for (let n = 0; n < many; n++) port1.postMessage("after");
  });
}

it("control: runs every one of 5,000 queued requests while the session is open and the scope held", async () => {
  const { peer, session, ran } = flooded(() => undefined);
  await expect.poll(() => peer.received.length, { timeout: 10_000 }).toBe(many);
  expect(ran()).toBe(many);
  session.close();
});

it("runs no handler after close, with 5,000 requests queued", async () => {
  const { session, ran } = flooded((open) => open.close("enough"));
  expect(await session.closed).toMatchObject({ code: "CLOSED", by: "here" });
  await drained();
  expect(ran()).toBe(1);
});

it("runs no handler if it is closed before the first of 5,000 is heard", async () => {
  const { session, ran } = flooded(() => undefined);
  session.close("enough");
  await drained();
  expect(ran()).toBe(0);
});

it("runs no handler after revocation, with 5,000 requests queued, and lets no result of before leave", async () => {
  const { peer, session, ran } = flooded((open) => open.updateGrant([]));
  await expect.poll(() => peer.codes().length, { timeout: 10_000 }).toBe(many);
  expect(ran()).toBe(1);
  expect(new Set(peer.codes())).toEqual(new Set(["SCOPE_REVOKED", "SCOPE_DENIED"]));
  expect(peer.received.filter((message) => "result" in message)).toEqual([]);
  session.close();
});

const isFirefox = server.browser === "firefox";

it(`control: a port closed at the first of 5,000 queued messages ${isFirefox ? "delivers the others nevertheless" : "delivers no other here"}`, async () => {
  const { port1, port2 } = new MessageChannel();
  for (let n = 0; n < many; n++) port1.postMessage(n);
  let heard = 0;
  port2.addEventListener("message", () => {
    heard++;
    port2.close();
  });
  port2.start();
  await expect.poll(() => heard).toBeGreaterThan(0);
  await drained();
  if (isFirefox) expect(heard).toBeGreaterThan(1_000);
  else expect(heard).toBe(1);
});
