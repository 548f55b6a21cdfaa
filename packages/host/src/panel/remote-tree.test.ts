import {
  type Clock,
  defineContract,
  implement,
  method,
  notification,
  openSession,
  stream,
} from "@partner-panel/postmessage-rpc";
import * as v from "valibot";
import { afterEach, expect, test } from "vitest";
import { RemoteTree } from "./remote-tree.js";

const text = v.object({ text: v.string() });
const track = defineContract({
  "issue.echo": method({ scope: null, params: text, result: text }),
  "issue.count": stream({ scope: null, params: v.object({ to: v.number() }), item: v.number() }),
  "issue.seen": notification({ scope: null, params: text }),
});

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

/** A real session, over a real port, with somebody who provides the contract. */
function session() {
  const seen: string[] = [];
  const { port1, port2 } = new MessageChannel();
  const provided = implement(track, {
    "issue.echo": (params) => params,
    "issue.count": async function* ({ to }) {
      for (let count = 1; count <= to; count += 1) yield count;
    },
    "issue.seen": ({ text }) => void seen.push(text),
  });
  const far = openSession(port2, { provide: provided });
  const near = openSession(port1, { use: track });
  ends.push(
    () => near.close(),
    () => far.close(),
  );
  return { remote: near.remote, seen, near };
}

/** Time that passes when told to. */
function handClock(): Clock & { pass(milliseconds: number): void } {
  let now = 0;
  const waiting = new Map<object, { at: number; run: () => void }>();
  return {
    now: () => now,
    wall: () => now,
    after(milliseconds, run) {
      const key = {};
      waiting.set(key, { at: now + milliseconds, run });
      return () => waiting.delete(key);
    },
    pass(milliseconds) {
      now += milliseconds;
      for (const [key, { at, run }] of [...waiting]) if (at <= now && waiting.delete(key)) run();
    },
  };
}

test("is a frozen tree without prototype, built from the contract alone", () => {
  const { remote } = new RemoteTree(track);
  expect(Object.getPrototypeOf(remote)).toBe(null);
  expect(Object.isFrozen(remote.issue)).toBe(true);
  expect(Object.keys(remote.issue)).toEqual(["echo", "count", "seen"]);
  expect("then" in remote).toBe(false);
});

test("what was called before there is a session goes to it, methods, streams and notifications", async () => {
  const tree = new RemoteTree(track);
  const echo = tree.remote.issue.echo({ text: "early" });
  tree.remote.issue.seen({ text: "told early" });
  const counted: number[] = [];
  const counting = (async () => {
    for await (const count of tree.remote.issue.count({ to: 3 })) counted.push(count);
  })();
  const { remote, seen } = session();
  tree.attach(remote);
  expect(await echo).toEqual({ text: "early" });
  await counting;
  expect(counted).toEqual([1, 2, 3]);
  await expect.poll(() => seen).toEqual(["told early"]);
});

test("calls go to the session there is, and wait between two", async () => {
  const tree = new RemoteTree(track);
  tree.attach(session().remote);
  expect(await tree.remote.issue.echo({ text: "first" })).toEqual({ text: "first" });
  tree.detach();
  const between = tree.remote.issue.echo({ text: "between" });
  tree.attach(session().remote);
  expect(await between).toEqual({ text: "between" });
});

test("32 calls wait, and the 33rd is BUSY", async () => {
  const tree = new RemoteTree(track);
  const calls = Array.from({ length: 33 }, () => tree.remote.issue.echo({ text: "x" }));
  await expect(calls[32]).rejects.toMatchObject({ code: "BUSY" });
  tree.refuse("gone");
  for (const call of calls.slice(0, 32)) await expect(call).rejects.toMatchObject({ code: "SESSION_CLOSED" });
});

test("256 KiB of params wait, and one character more is BUSY", async () => {
  const tree = new RemoteTree(track);
  const around = JSON.stringify({ text: "" }).length;
  const fits = tree.remote.issue.echo({ text: "x".repeat(262_144 - around) });
  await expect(tree.remote.issue.echo({ text: "" })).rejects.toMatchObject({ code: "BUSY" });
  tree.refuse("gone");
  await expect(fits).rejects.toMatchObject({ code: "SESSION_CLOSED" });
  const again = tree.remote.issue.echo({ text: "room again" });
  tree.attach(session().remote);
  expect(await again).toEqual({ text: "room again" });
});

test("waiting ends with the call's own limit and its signal", async () => {
  const clock = handClock();
  const tree = new RemoteTree(track, undefined, clock);
  const late = tree.remote.issue.echo({ text: "late" }, { timeout: 500 });
  const usual = tree.remote.issue.echo({ text: "usual" });
  clock.pass(500);
  await expect(late).rejects.toMatchObject({ code: "TIMEOUT" });
  clock.pass(29_500);
  await expect(usual).rejects.toMatchObject({ code: "TIMEOUT" });
  const abort = new AbortController();
  const cancelled = tree.remote.issue.echo({ text: "x" }, { signal: abort.signal });
  abort.abort();
  await expect(cancelled).rejects.toMatchObject({ code: "CANCELLED" });
});

test("each call that no session has seen is told once it is refused, and no other", async () => {
  const refused: unknown[] = [];
  const clock = handClock();
  const tree = new RemoteTree(track, (...told) => refused.push(told), clock);
  const taken = tree.remote.issue.echo({ text: "taken" });
  tree.attach(session().remote);
  await taken;
  tree.detach();
  const late = tree.remote.issue.echo({ text: "late" }, { timeout: 500 });
  clock.pass(500);
  await expect(late).rejects.toMatchObject({ code: "TIMEOUT" });
  tree.remote.issue.seen({ text: "never sent" });
  tree.refuse("gone");
  expect(refused).toEqual([
    ["issue.echo", "TIMEOUT", 500],
    ["issue.seen", "SESSION_CLOSED", 0],
  ]);
});
