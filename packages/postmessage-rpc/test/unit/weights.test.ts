import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import {
  type AuditEvent,
  defineContract,
  implement,
  type Limits,
  method,
  openSession,
  type Remote,
  type RpcError,
  stream,
} from "../../src/index.js";
import { defaultLimits, limitsWith } from "../../src/limits.js";
import {
  errorText,
  faultWords,
  kindOf,
  notificationText,
  readText,
  requestText,
  resultText,
  weightOf,
} from "../../src/wire.js";
import { RawPeer } from "../raw-peer.js";

/** What one side weighs before it sends, and what the other refuses to read: the two must agree, or an honest peer is struck. */

/** Limits whose edges lie close together, and far enough from the words of the protocol itself. */
const limits: fc.Arbitrary<Readonly<Limits>> = fc
  .record({
    depth: fc.integer({ min: 4, max: 9 }),
    nodes: fc.integer({ min: 16, max: 70 }),
    array: fc.integer({ min: 1, max: 30 }),
    string: fc.integer({ min: 20, max: 50 }),
    keys: fc.integer({ min: 4, max: 30 }),
  })
  .map(limitsWith);

const nested = (levels: number, asObjects: boolean): unknown => {
  let value: unknown = asObjects ? {} : [];
  for (let level = 1; level < levels; level++) value = asObjects ? { a: value } : [value];
  return value;
};

const withKeys = (count: number): object => Object.fromEntries(Array.from({ length: count }, (_, n) => [`k${n}`, n]));

/** JSON that lies about the edges of those limits, in each of their directions and in several at once. */
const value: fc.Arbitrary<unknown> = fc.oneof(
  fc.jsonValue({ maxDepth: 6 }),
  fc.tuple(fc.integer({ min: 1, max: 10 }), fc.boolean()).map(([levels, asObjects]) => nested(levels, asObjects)),
  fc.integer({ min: 0, max: 75 }).map((length) => Array.from({ length }, () => 0)),
  fc.integer({ min: 0, max: 55 }).map((length) => "x".repeat(length)),
  fc.integer({ min: 0, max: 35 }).map(withKeys),
  fc.integer({ min: 0, max: 55 }).map((length) => ({ ["k".repeat(length)]: 1 })),
  fc
    .tuple(fc.integer({ min: 0, max: 12 }), fc.integer({ min: 0, max: 12 }))
    .map(([rows, columns]) => Array.from({ length: rows }, () => Array.from({ length: columns }, () => null))),
);

function fault(text: string, at: Readonly<Limits>): string | null {
  const values = readText(text, at);
  if (typeof values === "string") return values;
  for (const each of values) {
    const kind = kindOf(each, at);
    if (kind in faultWords) return kind;
  }
  return null;
}

const weighs = (text: string, of: unknown, at: Readonly<Limits>, levels?: number) =>
  weightOf(text, of, at, levels) <= at.nodes;

const someError = (data: unknown) => ({ code: -32_000, message: "m", data: { code: "X", data } });

describe("what is weighed and let through is read by the other side", () => {
  it.each<[string, (of: unknown) => readonly [text: string, weighed: unknown]]>([
    ["params of a request", (of) => [requestText(7, "take", of), of]],
    ["params of a notification", (of) => [notificationText("take", of), of]],
    ["a result", (of) => [resultText(7, of), of]],
    ["an error", (of) => [errorText(7, someError(of)), someError(of)]],
  ])("%s", (_title, make) => {
    fc.assert(
      fc.property(value, limits, (of, at) => {
        const [text, weighed] = make(of);
        if (weighs(text, weighed, at)) expect(fault(text, at)).toBe(null);
      }),
      { numRuns: 2_000 },
    );
  });

  it("items, together in one chunk as far as their weights add up to what one message may hold", () => {
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 12 }), limits, (all, at) => {
        let weight = 0;
        const items: unknown[] = [];
        for (const item of all) {
          const own = weightOf(JSON.stringify(item), item, at, 3);
          if (weight + own > at.nodes || items.length >= at.array) continue;
          weight += own;
          items.push(item);
        }
        if (items.length > 0) expect(fault(notificationText("rpc.next", { id: 7, items }), at)).toBe(null);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("what the other side reads is let through, but for the few values that are counted generously", () => {
  it.each<[string, (of: unknown) => string, number]>([
    ["params of a request", (of) => requestText(7, "take", of), 1],
    ["a result", (of) => resultText(7, of), 1],
    ["one item", (of) => notificationText("rpc.next", { id: 7, items: [of] }), 3],
  ])("%s", (_title, make, levels) => {
    fc.assert(
      fc.property(value, limits, (of, at) => {
        const text = make(of);
        const few = { ...at, nodes: at.nodes - 4 };
        if (fault(text, few) === null) {
          expect(weighs(levels === 3 ? JSON.stringify(of) : text, of, at, levels)).toBe(true);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("an enumerable member of Object.prototype", () => {
  it("is neither weighed nor counted", () => {
    const own = { a: 1, b: [{}] };
    const few = limitsWith({ nodes: 11, keys: 4 });
    const text = requestText(7, "take", own);
    const names = ["x", "y", "z"];
    for (const name of names) {
      Object.defineProperty(Object.prototype, name, {
        value: [[[]]],
        enumerable: true,
        configurable: true,
        writable: true,
      });
    }
    const weighed = weightOf(text, own, few);
    const read = fault(text, few);
    for (const name of names) Reflect.deleteProperty(Object.prototype, name);
    expect([weighed, read]).toEqual([11, null]);
  });
});

describe("two halves with the same limits", () => {
  const contract = defineContract({
    echo: method({ scope: null, params: v.any(), result: v.any() }),
    report: method({ scope: null, params: v.any() }),
    fail: method({ scope: null, params: v.any(), errors: ["X"] }),
    feed: stream({ scope: null, params: v.any(), item: v.any() }),
    failing: stream({ scope: null, params: v.any(), item: v.any(), errors: ["X"] }),
  });

  type Desk = Remote<typeof contract>;

  /** All that the serving half sends of one value, and what either side complains of meanwhile. */
  async function complaints(
    given: unknown,
    at: Partial<Limits>,
    use: (remote: Desk) => Promise<unknown>,
  ): Promise<(string | null)[]> {
    const { port1, port2 } = new MessageChannel();
    const faults: (string | null)[] = [];
    const onAudit = ({ direction, method: name, reason }: AuditEvent) => {
      if (direction === "in" && name === null) faults.push(reason);
    };
    const right = openSession(port2, {
      limits: at,
      peerLimits: at,
      onAudit,
      provide: implement(contract, {
        echo: () => given,
        report: (_, { progress }) => progress(given),
        fail: (_, call) => {
          throw call.fail("X", { message: "m", data: given });
        },
        feed: async function* () {
          for (let n = 0; n < 3; n++) yield given;
        },
        failing: async function* (_, call) {
          yield 1;
          throw call.fail("X", { message: "m", data: given });
        },
      }),
    });
    const left = openSession(port1, { use: contract, limits: at, peerLimits: at, onAudit });
    // What never comes, for it was refused on the way, must not hold the test up.
    const used = use(left.remote).then(() => true);
    const settled = await Promise.race([
      used,
      left
        .ping()
        .then(() => left.ping())
        .then(
          () => false,
          () => false,
        ),
    ]);
    await left.ping().catch(() => undefined);
    left.close();
    right.close();
    return settled ? faults : [...faults, "not settled"];
  }

  const quietly = (promise: Promise<unknown>) => promise.catch(() => undefined);

  it.each<[string, (remote: Desk, given: unknown) => Promise<unknown>]>([
    ["a call and its result", (remote, given) => quietly(remote.echo(given))],
    ["a call's progress", (remote) => quietly(remote.report(0))],
    ["a call's error", (remote) => quietly(remote.fail(0))],
    ["a stream's items", (remote) => quietly(drain(remote.feed(0)))],
    ["a stream's error", (remote) => quietly(drain(remote.failing(0)))],
  ])("never strike each other: %s", async (_title, use) => {
    await fc.assert(
      fc.asyncProperty(value, limits, async (given, at) => {
        const { depth, nodes, array, string, keys } = at;
        const faults = await complaints(given, { depth, nodes, array, string, keys }, (remote) => use(remote, given));
        expect(faults).toEqual([]);
      }),
      { numRuns: 100 },
    );
  });

  async function drain(items: AsyncIterable<unknown>): Promise<number> {
    let count = 0;
    for await (const _item of items) count++;
    return count;
  }
});

describe("what says itself how it is written", () => {
  const contract = defineContract({
    take: method({ scope: null, params: v.any(), result: v.any() }),
    feed: stream({ scope: null, item: v.any() }),
  });
  /** As the lists of several libraries do: a class with hardly a member of its own, whose `toJSON` gives what it holds. */
  const listOf = (length: number) => ({ toJSON: () => Array.from({ length }, (_, n) => n) });

  function pair() {
    const { port1, port2 } = new MessageChannel();
    const faults: (string | null)[] = [];
    const onAudit = ({ direction, method: name, reason }: AuditEvent) => {
      if (direction === "in" && name === null) faults.push(reason);
    };
    const right = openSession(port2, {
      onAudit,
      provide: implement(contract, {
        take: () => ({ list: listOf(20_000) }),
        feed: async function* () {
          yield { list: listOf(20_000) };
        },
      }),
    });
    const left = openSession(port1, { use: contract, onAudit });
    const close = () => {
      left.close();
      right.close();
    };
    return { left, faults, close };
  }

  it.each<[string, (remote: Remote<typeof contract>) => Promise<unknown>]>([
    ["params", (remote) => remote.take({ list: listOf(20_000) })],
    ["a result", (remote) => remote.take(1)],
    ["an item", (remote) => remote.feed().next()],
  ])("is weighed as it is written: %s", async (_title, use) => {
    const { left, faults, close } = pair();
    const refused = use(left.remote).then(
      () => "taken",
      (error: unknown) => (error as RpcError).code,
    );
    await left.ping();
    await left.ping();
    expect(faults).toEqual([]);
    expect(await refused).toBe("TOO_LARGE");
    close();
  });
});

describe("what a session says of itself", () => {
  function pair() {
    const { port1, port2 } = new MessageChannel();
    const faults: (string | null)[] = [];
    const contract = defineContract({ read: method({ scope: "a:read" }) });
    const host = openSession(port1, { grant: [], provide: implement(contract, { read: () => {} }) });
    const partner = openSession(port2, {
      use: contract,
      onAudit: ({ direction, reason }) => direction === "in" && faults.push(reason),
    });
    return { host, partner, faults };
  }

  it.each<[string, unknown]>([
    ["a limit that lists too many values", { id: Array.from({ length: 10_001 }, (_, n) => n) }],
    ["a limit on too long a word", { id: "x".repeat(100_001) }],
    ["limits on too many names", Object.fromEntries(Array.from({ length: 257 }, (_, n) => [`k${n}`, n]))],
  ])("tells a grant only as far as the peer takes it: %s", async (_title, where) => {
    const { host, partner, faults } = pair();
    host.updateGrant([{ scope: "a:read", where: where as Record<string, number> }]);
    await host.ping();
    expect(faults).toEqual([]);
    expect(partner.grant).toEqual([{ scope: "a:read" }]);
    host.close();
  });

  it("tells why it closes in no more words than the peer reads", async () => {
    const { port1, port2 } = new MessageChannel();
    const peer = new RawPeer(port1);
    openSession(port2).close("x".repeat(300_000));
    const said = JSON.stringify(await peer.find((message) => message["method"] === "rpc.close"));
    expect(fault(said, defaultLimits)).toBe(null);
    port1.close();
  });
});
