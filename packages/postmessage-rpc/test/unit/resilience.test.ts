import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  type AuditEvent,
  type Call,
  type Contract,
  defineContract,
  type Implementation,
  implement,
  method,
  notification,
  openSession,
  RpcError,
  type Session,
  type SessionOptions,
  type StandardSchema,
  stream,
  withBinary,
} from "../../src/index.js";
import { BridgeSession } from "../../src/open-session.js";
import { ManualClock } from "../manual-clock.js";
import { RawPeer } from "../raw-peer.js";

/** Faults that a hostile review found: of code that throws where nobody expects it, of honest peers that were struck, of time and memory. */
let peer: RawPeer;
let session: Session;
let audit: AuditEvent[];
let clock: ManualClock;

function open(provide: Implementation, options: SessionOptions = {}) {
  const { port1, port2 } = new MessageChannel();
  audit = [];
  session = openSession(port2, { provide, clock, onAudit: (event) => audit.push(event), ...options });
  peer = new RawPeer(port1);
}

/** A session that calls, and the raw peer it calls. */
function using<C extends Contract>(use: C, options: SessionOptions<C> = {}): Session<C> {
  const { port1, port2 } = new MessageChannel();
  audit = [];
  const own = openSession(port2, { use, clock, onAudit: (event) => audit.push(event), ...options });
  session = own as unknown as Session;
  peer = new RawPeer(port1);
  return own;
}

beforeEach(() => {
  clock = new ManualClock();
});

afterEach(() => {
  session.close();
  peer.port.close();
});

const endOf = (id: number) =>
  peer.find((message) => message["method"] === "rpc.end" && (message["params"] as { id: unknown }).id === id);

describe("errors that are no JSON", () => {
  const contract = defineContract({
    feed: stream({ scope: null, params: v.string(), item: v.number(), errors: ["X"] }),
    echo: method({ scope: null, params: v.string(), result: v.string() }),
  });
  const provide = implement(contract, {
    feed: (what, call) => {
      const error = call.fail("X", { data: what === "large" ? "x".repeat(300_000) : { n: 1n } });
      if (what === "at once") throw error;
      return (async function* () {
        yield 1;
        throw error;
      })();
    },
    echo: (text) => text,
  });

  it.each(["later", "at once", "large"])(
    "end a stream by their code alone (%s), and disturb nothing else",
    async (what) => {
      open(provide);
      peer.text(
        JSON.stringify([
          { jsonrpc: "2.0", id: 1, method: "feed", params: what },
          { jsonrpc: "2.0", id: 2, method: "echo", params: "x" },
        ]),
      );
      expect(await peer.answer(2)).toMatchObject({ result: "x" });
      expect((await endOf(1))["params"]).toMatchObject({ error: { data: { code: "X" } } });
    },
  );
});

describe("handlers run once", () => {
  it("though one of the messages that waited throws where it should not", async () => {
    const contract = defineContract({ take: method({ scope: null }), odd: method({ scope: null }) });
    let calls = 0;
    const odd = {
      // biome-ignore lint/suspicious/noThenProperty: a thenable whose `then` throws is the attack.
      then: () => {
        throw new Error("odd");
      },
    };
    open(
      implement(contract, {
        take: () => {
          calls++;
        },
        odd: () => odd as unknown as Promise<void>,
      }),
      { limits: { burst: 1, rate: 1_000 } },
    );
    for (const [id, name] of ["take", "odd", "take", "odd", "take"].entries()) peer.request(id, name);
    await peer.answer(0);
    for (let n = 0; n < 10; n++) {
      clock.advance(10);
      await Promise.resolve();
    }
    await peer.answer(4);
    expect(calls).toBe(3);
    expect(peer.code(await peer.answer(1))).toBe("HANDLER_FAILED");
  });
});

describe("binary that cannot be posted", () => {
  const contract = defineContract({
    attach: method({ scope: null, binary: true, result: v.object({}) }),
    echo: method({ scope: null, params: v.string(), result: v.string() }),
  });

  it.each<[string, () => Transferable[]]>([
    ["a view of a buffer", () => [new Uint8Array(1) as unknown as Transferable]],
    [
      "the same buffer twice",
      () => {
        const buffer = new ArrayBuffer(1);
        return [buffer, buffer];
      },
    ],
  ])("is refused here (%s), and its place is free again", async (_title, make) => {
    const own = using(contract, { peerLimits: { inFlight: 1 } });
    await expect(own.remote.attach(undefined, { binary: make() })).rejects.toMatchObject({
      code: "INVALID_PARAMS",
      remote: false,
    });
    const call = own.remote.echo("x");
    const request = await peer.find((message) => message["method"] === "echo");
    peer.say({ jsonrpc: "2.0", id: request["id"], result: "x" });
    expect(await call).toBe("x");
  });

  it.each([
    ["a byte too large", [17_000_000]],
    ["one too many", Array.from({ length: 9 }, () => 1)],
  ])("is refused here when it is %s for the peer", async (_title, sizes) => {
    const own = using(contract);
    const binary = sizes.map((size) => new ArrayBuffer(size));
    await expect(own.remote.attach(undefined, { binary })).rejects.toMatchObject({ code: "TOO_LARGE", remote: false });
  });

  it("as a result is answered INTERNAL_ERROR", async () => {
    const buffer = new ArrayBuffer(1);
    open(implement(contract, { attach: () => withBinary({}, [buffer, buffer]), echo: (text) => text }));
    peer.request(1, "attach");
    expect(peer.code(await peer.answer(1))).toBe("INTERNAL_ERROR");
    expect(audit).toMatchObject([{ decision: "failed", reason: "INTERNAL_ERROR" }]);
  });

  it("comes late, for a call that was cancelled: that is no breach", async () => {
    const own = using(contract);
    const controller = new AbortController();
    const call = own.remote.attach(undefined, { signal: controller.signal });
    const request = await peer.find((message) => message["method"] === "attach");
    controller.abort();
    await expect(call).rejects.toMatchObject({ code: "CANCELLED" });
    const buffer = new ArrayBuffer(1);
    peer.text([JSON.stringify({ jsonrpc: "2.0", id: request["id"], result: {} }), buffer], [buffer]);
    await peer.handled();
    expect(audit.filter(({ direction }) => direction === "in")).toEqual([]);
  });
});

describe("what the user's code does in between", () => {
  it("revoking while a result is audited keeps the result in", async () => {
    const contract = defineContract({ take: method({ scope: "a:b", result: v.string() }) });
    open(implement(contract, { take: () => "secret" }), {
      grant: [{ scope: "a:b" }],
      onAudit: ({ decision }) => decision === "allowed" && session.updateGrant([]),
    });
    peer.request(1, "take");
    expect(peer.code(await peer.answer(1))).toBe("SCOPE_REVOKED");
    expect(JSON.stringify(peer.raw)).not.toContain("secret");
  });

  it("revoking while a result is written answers once, SCOPE_REVOKED", async () => {
    const contract = defineContract({ take: method({ scope: "a:b", result: v.any() }) });
    const revoking = {
      toJSON: () => {
        session.updateGrant([]);
        return "secret";
      },
    };
    open(implement(contract, { take: () => revoking }), { grant: [{ scope: "a:b" }] });
    peer.request(1, "take");
    expect(peer.code(await peer.answer(1))).toBe("SCOPE_REVOKED");
    await peer.handled();
    expect(peer.received.filter(({ id }) => id === 1).length).toBe(1);
    expect(JSON.stringify(peer.raw)).not.toContain("secret");
  });

  it("changing the params does not change what `where` saw", async () => {
    const contract = defineContract({
      take: method({ scope: "a:b", params: v.object({ id: v.number() }), result: v.string() }),
    });
    let finish = (_: string) => {};
    const take = (params: { id: number }) => {
      params.id = 7;
      return new Promise<string>((resolve) => {
        finish = resolve;
      });
    };
    open(implement(contract, { take }), { grant: [{ scope: "a:b" }] });
    peer.request(1, "take", { id: 8 });
    await peer.handled();
    session.updateGrant([{ scope: "a:b", where: { id: 7 } }]);
    finish("of 8");
    expect(peer.code(await peer.answer(1))).toBe("SCOPE_REVOKED");
    expect(JSON.stringify(peer.raw)).not.toContain("of 8");
  });

  it("items of a scope that expired while they waited do not leave", async () => {
    const contract = defineContract({ feed: stream({ scope: "a:b", item: v.string(), latest: true }) });
    const feed = async function* () {
      for (let n = 0; n < 17; n++) yield n < 16 ? "shown" : "secret";
      await new Promise(() => {});
    };
    open(implement(contract, { feed }), { grant: [{ scope: "a:b", expiresAt: clock.wall() + 100 }] });
    peer.request(1, "feed");
    await peer.find((message) => message["method"] === "rpc.next");
    for (let n = 0; n < 50; n++) await peer.handled();
    clock.advance(200);
    peer.notify("rpc.credit", { id: 1, more: 10 });
    expect((await endOf(1))["params"]).toMatchObject({ error: { data: { code: "SCOPE_REVOKED" } } });
    expect(JSON.stringify(peer.raw)).not.toContain("secret");
  });

  it.each([Number.NaN, "2020-01-01T00:00:00Z"])("an expiry that is no time is refused: %s", (expiresAt) => {
    const contract = defineContract({ take: method({ scope: "a:b" }) });
    open(implement(contract, { take: () => {} }));
    expect(() => session.updateGrant([{ scope: "a:b", expiresAt: expiresAt as number }])).toThrow(TypeError);
  });

  it("an error of another session keeps its text", async () => {
    const contract = defineContract({
      take: method({ scope: null, errors: ["MINE"] }),
      mine: method({ scope: null, errors: ["MINE"] }),
    });
    open(
      implement(contract, {
        take: () => {
          throw new RpcError("INTERNAL_ERROR", { message: "secret", data: "secret" });
        },
        mine: () => {
          throw new RpcError("MINE", { message: "told" });
        },
      }),
    );
    peer.request(1, "take");
    peer.request(2, "mine");
    expect(peer.code(await peer.answer(1))).toBe("INTERNAL_ERROR");
    expect((await peer.answer(2))["error"]).toMatchObject({ message: "told", data: { code: "MINE" } });
    expect(JSON.stringify(peer.raw)).not.toContain("secret");
  });
});

describe("a peer that gives itself credit", () => {
  const contract = defineContract({
    feed: stream({ scope: null, item: v.number() }),
    newest: stream({ scope: null, item: v.number(), latest: true }),
  });
  const endless = async function* () {
    for (let n = 0; ; n++) yield n;
  };

  it.each(["feed", "newest"])("does not keep this side from hearing its cancel (%s)", async (name) => {
    open(implement(contract, { feed: endless, newest: endless }));
    peer.request(1, name);
    peer.notify("rpc.credit", { id: 1, more: Number.MAX_SAFE_INTEGER });
    peer.notify("rpc.cancel", { id: 1 });
    expect((await endOf(1))["params"]).toMatchObject({ error: { data: { code: "CANCELLED" } } });
  });

  it("has no more than it told that it takes", async () => {
    open(implement(contract, { feed: endless, newest: endless }));
    peer.request(1, "feed");
    peer.notify("rpc.credit", { id: 1, more: 1_000_000 });
    await peer.handled();
    await peer.handled();
    const items = peer.received
      .filter(({ method: name }) => name === "rpc.next")
      .flatMap(({ params }) => (params as { items: unknown[] }).items);
    expect(items.length).toBeLessThanOrEqual(32);
  });
});

describe("notifications", () => {
  const contract = defineContract({ note: notification({ scope: "a:b" }) });

  it("are aborted with their scope, and with the session", async () => {
    const reasons: string[] = [];
    const note = (_: undefined, call: { signal: AbortSignal }) =>
      new Promise<void>(() => {
        call.signal.addEventListener("abort", () => reasons.push((call.signal.reason as RpcError).code));
      });
    open(implement(contract, { note }), { grant: [{ scope: "a:b" }] });
    peer.notify("note");
    await peer.handled();
    session.updateGrant([]);
    session.updateGrant([{ scope: "a:b" }]);
    peer.notify("note");
    await peer.handled();
    session.close();
    expect(reasons).toEqual(["SCOPE_REVOKED", "SESSION_CLOSED"]);
    expect(audit.map(({ method: name, reason }) => [name, reason])).toEqual([
      ["note", "SCOPE_REVOKED"],
      ["note", "SESSION_CLOSED"],
    ]);
  });

  it("that hang give their credit back after the time limit", async () => {
    open(implement(contract, { note: () => new Promise<void>(() => {}) }), {
      grant: [{ scope: "a:b" }],
      limits: { notificationCredit: 1 },
    });
    peer.notify("note");
    await peer.handled();
    clock.advance(30_000);
    expect((await peer.find((message) => message["method"] === "rpc.credit"))["params"]).toEqual({ id: null, more: 1 });
  });
});

describe("an honest sender", () => {
  const contract = defineContract({
    take: method({ scope: null, params: v.any(), result: v.any() }),
    feed: stream({ scope: null, item: v.any() }),
    slow: method({ scope: null, result: v.string() }),
  });
  const nested = (depth: number): unknown => (depth === 0 ? 1 : [nested(depth - 1)]);

  it.each<[string, unknown]>([
    ["too many values", Array.from({ length: 10_001 }, () => 1)],
    ["too long a string", "x".repeat(100_001)],
    ["too deep", nested(40)],
    ["too many keys", Object.fromEntries(Array.from({ length: 257 }, (_, n) => [n, 1]))],
  ])("is told here what the peer would not take: %s", async (_title, value) => {
    const own = using(contract);
    await expect(own.remote.take(value)).rejects.toMatchObject({ code: "TOO_LARGE", remote: false });
    session.close();
    open(implement(contract, { take: () => value, feed: async function* () {}, slow: () => "" }));
    peer.request(1, "take", 1);
    expect(peer.code(await peer.answer(1))).toBe("TOO_LARGE");
  });

  it("splits a chunk that would hold too many values", async () => {
    const items = Array.from({ length: 16 }, () => Array.from({ length: 1_000 }, () => 1));
    const provide = implement(contract, {
      take: () => 1,
      slow: () => "",
      feed: async function* () {
        yield* items;
      },
    });
    const { port1, port2 } = new MessageChannel();
    const right = openSession(port2, { provide });
    const left = openSession(port1, { use: contract });
    let count = 0;
    for await (const _item of left.remote.feed()) count++;
    expect(count).toBe(16);
    right.close();
    peer = new RawPeer(new MessageChannel().port1);
    session = left as unknown as Session;
  });

  it("keeps its place taken until a cancelled call is answered", async () => {
    const own = using(contract, { peerLimits: { inFlight: 2 } });
    for (let n = 0; n < 5; n++) {
      const controller = new AbortController();
      const call = own.remote.take(n, { signal: controller.signal });
      controller.abort();
      await expect(call).rejects.toMatchObject({ code: "CANCELLED" });
    }
    await peer.handled();
    const sent = () => peer.received.filter(({ method: name }) => name === "take");
    expect(sent().length).toBe(2);
    for (const { id } of sent())
      peer.say({ jsonrpc: "2.0", id, error: { code: -32024, message: "", data: { code: "CANCELLED" } } });
    void own.remote.take("after").catch(() => {});
    await peer.find((message) => message["params"] === "after");
  });

  it("reports progress at a pace that the peer takes", async () => {
    const slow = async (_: undefined, call: { progress(value?: unknown): void }) => {
      for (let n = 0; n < 6_000; n++) {
        call.progress(n === 0 ? 1n : n);
        if (n % 10 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      return "done";
    };
    const { port1, port2 } = new MessageChannel();
    const right = openSession(port2, {
      provide: implement(contract, { take: () => 1, feed: async function* () {}, slow }),
    });
    const left = openSession(port1, { use: contract });
    const values: unknown[] = [];
    expect(await left.remote.slow(undefined, { onProgress: (value) => values.push(value) })).toBe("done");
    expect(values.length).toBeGreaterThan(1);
    expect(values.length).toBeLessThan(600);
    right.close();
    peer = new RawPeer(new MessageChannel().port1);
    session = left as unknown as Session;
  });

  it("lets calls go on though its streams wait for a place", async () => {
    const own = using(contract, { peerLimits: { streams: 1 } });
    for (let n = 0; n < 2; n++)
      void own.remote
        .feed()
        .next()
        .catch(() => {});
    const call = own.remote.take(1);
    const request = await peer.find((message) => message["method"] === "take");
    peer.say({ jsonrpc: "2.0", id: request["id"], result: 2 });
    expect(await call).toBe(2);
    expect(peer.received.filter(({ method: name }) => name === "feed").length).toBe(1);
  });

  it("may have 64 calls of 60 KB on their way, whatever its rate was before", async () => {
    const { port1, port2 } = new MessageChannel();
    const events: AuditEvent[] = [];
    const right = openSession(port2, {
      provide: implement(contract, { take: () => 1, feed: async function* () {}, slow: () => "" }),
      limits: { burst: 1, rate: 10_000 },
      onAudit: (event) => events.push(event),
    });
    const left = openSession(port1, { use: contract, peerLimits: { burst: 1, rate: 10_000 } });
    const text = "x".repeat(60_000);
    const answers = await Promise.all(Array.from({ length: 64 }, () => left.remote.take(text)));
    expect(answers.length).toBe(64);
    expect(events.every(({ decision }) => decision === "allowed")).toBe(true);
    right.close();
    peer = new RawPeer(new MessageChannel().port1);
    session = left as unknown as Session;
  });
});

describe("memory and time of this side", () => {
  const contract = defineContract({
    take: method({ scope: null, result: v.any() }),
    feed: stream({ scope: null, item: v.any() }),
  });

  it("pays for one answer to a call; any other counts against the peer's rate", async () => {
    const own = using(contract, { limits: { burst: 3, rate: 1, queue: 5 } });
    const call = own.remote.take();
    call.catch(() => {});
    void own.remote
      .feed()
      .next()
      .catch(() => {});
    const request = await peer.find((message) => message["method"] === "feed");
    for (let n = 0; n < 50; n++) peer.say({ jsonrpc: "2.0", id: request["id"], result: n });
    expect(await session.closed).toMatchObject({ code: "QUARANTINED" });
    await expect(call).rejects.toMatchObject({ code: "SESSION_CLOSED" });
  });

  it("validates the first answer to a call and no other", async () => {
    let validations = 0;
    let pass = () => {};
    const slow = v.pipeAsync(
      v.any(),
      v.checkAsync(() => {
        validations++;
        return new Promise<boolean>((resolve) => {
          pass = () => resolve(true);
        });
      }),
    );
    const own = using(defineContract({ take: method({ scope: null, result: slow }) }));
    const call = own.remote.take();
    const request = await peer.find((message) => message["method"] === "take");
    for (let n = 0; n < 20; n++) peer.say({ jsonrpc: "2.0", id: request["id"], result: n });
    await peer.handled();
    pass();
    expect(await call).toBe(0);
    expect(validations).toBe(1);
  });

  it("releases what a refused clone brought in little time, and streams within a Map", async () => {
    open(implement(contract, { take: () => 1, feed: async function* () {} }));
    const leaf = Object.fromEntries(Array.from({ length: 9_000 }, (_, n) => [n, n]));
    let cancelled = false;
    const items = new ReadableStream({
      cancel: () => {
        cancelled = true;
      },
    });
    const clone = [new Map([["stream", items]]), ...Array.from({ length: 9_990 }, () => leaf)];
    const started = performance.now();
    peer.text(clone, [items as unknown as Transferable]);
    expect(await session.closed).toMatchObject({ code: "QUARANTINED" });
    expect(performance.now() - started).toBeLessThan(5_000);
    await vi.waitFor(() => expect(cancelled).toBe(true));
  });

  it("quarantines ports that come beside a text", async () => {
    open(implement(contract, { take: () => 1, feed: async function* () {} }));
    const { port1, port2 } = new MessageChannel();
    const closed = new Promise((resolve) => port1.addEventListener("close", resolve));
    port1.start();
    peer.text(JSON.stringify({ jsonrpc: "2.0", id: 1, method: "take" }), [port2]);
    expect(await session.closed).toMatchObject({ code: "QUARANTINED" });
    await closed;
  });

  it("waits for the longest time limit without spinning", () => {
    const own = using(contract);
    const after = vi.spyOn(clock, "after");
    void own.remote.take(undefined, { timeout: Number.MAX_SAFE_INTEGER }).catch(() => {});
    for (const [milliseconds] of after.mock.calls) expect(milliseconds).toBeLessThanOrEqual(2_147_483_647);
  });

  it("does not let handlers that ignore their cancel pile up", async () => {
    let running = 0;
    const hang = defineContract({ hang: method({ scope: null }) });
    open(
      implement(hang, {
        hang: () => {
          running++;
          return new Promise<void>(() => {});
        },
      }),
      { limits: { inFlight: 4 } },
    );
    for (let id = 0; id < 100; id++) {
      peer.request(id, "hang");
      peer.notify("rpc.cancel", { id });
    }
    await peer.answer(99);
    expect(running).toBeLessThanOrEqual(20);
  });

  it.each([0, -1, 2.5, Number.POSITIVE_INFINITY, Number.NaN])("takes no limit of %s", (streamCredit) => {
    open(implement(contract, { take: () => 1, feed: async function* () {} }));
    expect(() => openSession(new MessageChannel().port1, { limits: { streamCredit } })).toThrow(RangeError);
  });
});

describe("contracts that differ", () => {
  it("end a stream that the peer has as a method, and a method that it has as a stream", async () => {
    const mine = defineContract({ a: stream({ scope: null, item: v.any() }), b: method({ scope: null }) });
    const its = defineContract({ a: method({ scope: null }), b: stream({ scope: null, item: v.any() }) });
    const { port1, port2 } = new MessageChannel();
    const right = openSession(port2, { provide: implement(its, { a: () => {}, b: async function* () {} }) });
    const left = openSession(port1, { use: mine });
    await expect(left.remote.a().next()).rejects.toMatchObject({ code: "INTERNAL_ERROR" });
    await expect(left.remote.b()).rejects.toMatchObject({ code: "INTERNAL_ERROR" });
    right.close();
    peer = new RawPeer(new MessageChannel().port1);
    session = left as unknown as Session;
  });
});

describe("a session that provides nothing", () => {
  const desk = defineContract({ read: method({ scope: "a:read" }) });

  it("answers every name byte for byte as a session that does, and audits it", async () => {
    using(desk);
    peer.request(1, "read");
    peer.request(2, "constructor");
    const answers = [await peer.answer(1), await peer.answer(2)];
    expect(audit.map(({ method: name, decision, reason }) => [name, decision, reason])).toEqual([
      [null, "denied", "METHOD_NOT_FOUND"],
      [null, "denied", "METHOD_NOT_FOUND"],
    ]);
    session.close();
    open(implement(desk, { read: () => undefined }));
    peer.request(1, "unknown");
    peer.request(2, "constructor");
    expect(answers).toEqual([await peer.answer(1), await peer.answer(2)]);
  });

  it("gives credit for notifications back, so that a peer is not held up by what nobody hears", async () => {
    using(desk, { limits: { notificationCredit: 8 } });
    for (let n = 0; n < 2; n++) peer.notify("nobody.hears");
    await peer.handled();
    expect(peer.received).toContainEqual({ jsonrpc: "2.0", method: "rpc.credit", params: { id: null, more: 2 } });
  });
});

describe("what this side refuses by itself", () => {
  it("audits a call that never left", async () => {
    const { remote } = using(defineContract({ put: method({ scope: "a:write", params: v.string() }) }), {
      peerLimits: { text: 100 },
    });
    await expect(remote.put("x".repeat(100))).rejects.toMatchObject({ code: "TOO_LARGE", remote: false });
    expect(audit).toMatchObject([
      { direction: "out", method: "put", scope: "a:write", decision: "failed", reason: "TOO_LARGE" },
    ]);
  });

  it("tells as much of a grant as the peer takes", async () => {
    const contract = defineContract({ read: method({ scope: "a:read" }) });
    open(implement(contract, { read: () => undefined }), { grant: [], peerLimits: { text: 120 } });
    const told = () => peer.received.filter(({ method: name }) => name === "rpc.grant").map(({ params }) => params);
    session.updateGrant([{ scope: "a:read", where: { id: "x".repeat(100) } }]);
    await peer.handled();
    expect(told()).toEqual([{ scopes: [{ scope: "a:read" }] }]);
    expect(session.grant).toMatchObject([{ where: { id: "x".repeat(100) } }]);
    session.updateGrant(Array.from({ length: 100 }, (_, n) => ({ scope: `a:${n}` })));
    await peer.handled();
    expect(told()).toHaveLength(1);
    expect(() => session.updateGrant(Array.from({ length: 1_001 }, (_, n) => ({ scope: `a:${n}` })))).toThrow(
      RangeError,
    );
  });
});

describe("items before a failure", () => {
  const contract = defineContract({ feed: stream({ scope: null, item: v.number(), errors: ["X"] }) });

  it("are told before it", async () => {
    open(
      implement(contract, {
        feed: async function* (_, call) {
          yield 1;
          yield 2;
          throw call.fail("X");
        },
      }),
    );
    peer.request(1, "feed");
    expect((await endOf(1))["params"]).toMatchObject({ error: { data: { code: "X" } } });
    expect(peer.received.map(({ params }) => (params as { items?: unknown }).items)).toEqual([[1, 2], undefined]);
  });
});

describe("a declared error", () => {
  const contract = defineContract({
    take: method({ scope: "a:b", errors: ["X"] }),
    feed: stream({ scope: "a:b", item: v.number(), errors: ["X"] }),
  });
  const failure = (call: Call<"X">) => call.fail("X", { message: "secret", data: "secret" });

  it.each(["take", "feed"])("of a scope that expired meanwhile does not leave (%s)", async (name) => {
    let finish = () => {};
    const until = new Promise<void>((resolve) => {
      finish = resolve;
    });
    open(
      implement(contract, {
        take: async (_, call) => {
          await until;
          throw failure(call);
        },
        feed: async function* (_, call) {
          yield 1;
          await until;
          throw failure(call);
        },
      }),
      { grant: [{ scope: "a:b", expiresAt: clock.wall() + 100 }] },
    );
    peer.request(1, name);
    await peer.handled();
    clock.advance(200);
    finish();
    await peer.handled();
    await peer.handled();
    const end = name === "take" ? await peer.answer(1) : ((await endOf(1))["params"] as Record<string, unknown>);
    expect(peer.code(end)).toBe("SCOPE_REVOKED");
    expect(JSON.stringify(peer.raw)).not.toContain("secret");
  });

  it.each(["take", "feed"])("that waits to leave is withheld with its scope (%s)", async (name) => {
    open(
      implement(contract, {
        take: (_, call) => {
          throw failure(call);
        },
        feed: (_, call) => {
          throw failure(call);
        },
      }),
      { grant: [{ scope: "a:b" }], onAudit: ({ reason }) => reason === "X" && session.updateGrant([]) },
    );
    peer.request(1, name);
    await peer.handled();
    expect(JSON.stringify(peer.raw)).not.toContain("secret");
    expect(JSON.stringify(peer.raw)).toContain("SCOPE_REVOKED");
  });
});

describe("progress", () => {
  it("whose writing revokes its scope does not leave", async () => {
    const contract = defineContract({ take: method({ scope: "a:b" }) });
    open(
      implement(contract, {
        take: (_, { progress }) => {
          progress({
            toJSON: () => {
              session.updateGrant([]);
              return "secret";
            },
          });
        },
      }),
      { grant: [{ scope: "a:b" }] },
    );
    peer.request(1, "take");
    await peer.answer(1);
    await peer.handled();
    expect(JSON.stringify(peer.raw)).not.toContain("secret");
  });
});

describe("a reader whose items are checked asynchronously", () => {
  it("gets none once the scope is revoked", async () => {
    let pass = () => {};
    const gate = new Promise<void>((resolve) => {
      pass = resolve;
    });
    const slow = v.pipeAsync(
      v.string(),
      v.checkAsync(async () => {
        await gate;
        return true;
      }),
    );
    const own = using(defineContract({ feed: stream({ scope: "a:b", item: slow }) }));
    const next = own.remote.feed().next();
    next.catch(() => undefined);
    const { id } = await peer.find((message) => message["method"] === "feed");
    peer.notify("rpc.next", { id, items: ["secret"] });
    peer.notify("rpc.end", { id, error: { code: -32011, message: "", data: { code: "SCOPE_REVOKED", scope: "a:b" } } });
    await peer.handled();
    pass();
    await expect(next).rejects.toMatchObject({ code: "SCOPE_REVOKED" });
  });
});

describe("a schema that answers oddly", () => {
  const odd = (answer: unknown, isAsync: boolean) =>
    ({
      "~standard": {
        version: 1,
        vendor: "odd",
        validate: () => (isAsync ? Promise.resolve(answer) : answer) as { value: unknown },
      },
    }) satisfies StandardSchema<unknown, unknown>;
  const throwing = (name: string) =>
    Object.defineProperty({ value: 1, issues: undefined } as object, name, {
      get: () => {
        throw new Error("odd");
      },
      enumerable: true,
    });
  const shapes: [string, unknown][] = [
    ["null", null],
    ["an issue that is null", { issues: [null] }],
    ["an issue without words", { issues: [{}] }],
    ["a path through null", { issues: [{ message: "x", path: [null] }] }],
    ["issues that throw", throwing("issues")],
    ["a value that throws", throwing("value")],
    ["a value with a member that throws", { value: throwing("id") }],
  ];
  const all = shapes.flatMap(([title, answer]) =>
    [false, true].map((isAsync) => [title, isAsync ? "later" : "at once", answer, isAsync] as const),
  );
  let reported: unknown[];
  const onUnhandled = (reason: unknown) => reported.push(reason);
  beforeEach(() => {
    reported = [];
    process.on("unhandledRejection", onUnhandled);
  });
  afterEach(() => {
    process.off("unhandledRejection", onUnhandled);
    vi.restoreAllMocks();
  });

  it.each(all)("of the params (%s, %s) leaves no call unanswered", async (_title, _when, answer, isAsync) => {
    vi.spyOn(console, "error").mockImplementation((error) => reported.push(error));
    const contract = defineContract({
      take: method({ scope: "a:b", params: odd(answer, isAsync), result: v.number() }),
    });
    open(implement(contract, { take: () => 1 }), { grant: [{ scope: "a:b" }] });
    peer.request(1, "take", {});
    await peer.handled();
    await peer.handled();
    expect(reported).toEqual([]);
    expect(peer.received.filter(({ id }) => id === 1)).toHaveLength(1);
  });

  it.each(all)("of the result (%s, %s) leaves no call unanswered", async (_title, _when, answer, isAsync) => {
    vi.spyOn(console, "error").mockImplementation((error) => reported.push(error));
    const contract = defineContract({ take: method({ scope: "a:b", result: odd(answer, isAsync) }) });
    open(implement(contract, { take: async () => 1 }), { grant: [{ scope: "a:b" }] });
    peer.request(1, "take", {});
    await peer.handled();
    await peer.handled();
    expect(reported).toEqual([]);
    expect(peer.received.filter(({ id }) => id === 1)).toHaveLength(1);
  });

  it.each(all)("of what comes back (%s, %s) leaves no promise open", async (_title, _when, answer, isAsync) => {
    vi.spyOn(console, "error").mockImplementation((error) => reported.push(error));
    const own = using(
      defineContract({
        take: method({ scope: null, result: odd(answer, isAsync) }),
        feed: stream({ scope: null, item: odd(answer, isAsync) }),
      }),
    );
    const settled = { take: 0, feed: 0 };
    const count = (name: "take" | "feed") => () => settled[name]++;
    own.remote.take().then(count("take"), count("take"));
    own.remote.feed().next().then(count("feed"), count("feed"));
    const take = await peer.find((message) => message["method"] === "take");
    const feed = await peer.find((message) => message["method"] === "feed");
    peer.say({ jsonrpc: "2.0", id: take["id"], result: 1 });
    peer.notify("rpc.next", { id: feed["id"], items: [1] });
    peer.notify("rpc.end", { id: feed["id"] });
    await peer.handled();
    await peer.handled();
    expect(reported).toEqual([]);
    expect(settled).toEqual({ take: 1, feed: 1 });
  });
});

describe("two copies of the package on a page", () => {
  it("keep a stream's declared error, whichever made the contract", async () => {
    vi.resetModules();
    const other = (await import("../../src/index.js")) as typeof import("../../src/index.js");
    expect(other.RpcError).not.toBe(RpcError);
    const contract = other.defineContract({ feed: other.stream({ scope: null, item: v.number(), errors: ["X"] }) });
    open(
      implement(
        contract as never,
        {
          feed: async function* (_: undefined, call: Call<"X">) {
            yield 1;
            throw call.fail("X", { message: "told" });
          },
        } as never,
      ) as Implementation,
    );
    peer.request(1, "feed");
    expect((await endOf(1))["params"]).toMatchObject({ error: { message: "told", data: { code: "X" } } });
  });
});

describe("what a handler is given", () => {
  const contract = defineContract({ take: method({ scope: null, result: v.array(v.string()) }) });
  it.each<[string, (call: Call) => object]>([
    ["taken apart", ({ signal, progress, fail, grant, binary }) => ({ signal, progress, fail, grant, binary })],
    ["taken apart, with a rest", ({ signal, ...rest }) => ({ signal, ...rest })],
    ["spread, with its signal", (call) => ({ ...call, signal: call.signal, user: "u" })],
  ])("is all there when it is %s", async (_title, take) => {
    open(implement(contract, { take: (_, call) => Object.keys(take(call)).sort() }));
    peer.request(1, "take");
    expect((await peer.answer(1))["result"]).toEqual(
      expect.arrayContaining(["binary", "fail", "grant", "progress", "signal"]),
    );
  });
});

describe("params whose writing", () => {
  const contract = defineContract({ take: method({ scope: null, params: v.any() }) });
  it("ends the session: the call is refused, and no timer is left", async () => {
    const own = using(contract);
    const settled = vi.fn();
    own.remote
      .take({
        toJSON: () => {
          own.close();
          return 1;
        },
      })
      .then(settled, settled);
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toHaveBeenCalledWith(expect.objectContaining({ code: "SESSION_CLOSED" }));
    expect(clock.waiting).toBe(0);
  });
  it("aborts its signal: the call is cancelled", async () => {
    const own = using(contract);
    const controller = new AbortController();
    const settled = vi.fn();
    own.remote
      .take(
        {
          toJSON: () => {
            controller.abort();
            return 1;
          },
        },
        { signal: controller.signal },
      )
      .then(settled, settled);
    await new Promise((resolve) => setImmediate(resolve));
    expect(settled).toHaveBeenCalledWith(expect.objectContaining({ code: "CANCELLED" }));
  });
});

describe("the end of a session", () => {
  it("comes once, though a listener closes it as it is quarantined", async () => {
    const { port1, port2 } = new MessageChannel();
    let ends = 0;
    session = new BridgeSession(
      port2,
      { onAudit: ({ reason }) => reason === "QUARANTINED" && session.close() },
      { onEnd: () => ends++ },
    );
    peer = new RawPeer(port1);
    peer.text({});
    await session.closed;
    expect(ends).toBe(1);
  });
  it("a grant that is refused changes nothing", () => {
    const own = using(defineContract({ take: method({ scope: "a:b" }) }));
    void own;
    const { port1 } = new MessageChannel();
    const partner = new BridgeSession(port1, {}, { told: [{ scope: "a:b" }] });
    expect(() => partner.updateGrant([{ scope: "a:b", expiresAt: Number.NaN }])).toThrow(TypeError);
    expect(partner.grant).toEqual([{ scope: "a:b" }]);
    partner.close();
  });
});

describe("an honest sender, to a side whose turn to hear it does not come", () => {
  const contract = defineContract({
    note: notification({ scope: null, params: v.string() }),
    attach: method({ scope: null, binary: true }),
    take: method({ scope: null, params: v.string() }),
    feed: stream({ scope: null, params: v.string(), item: v.string() }),
  });
  type Desk = Session<typeof contract>["remote"];
  const quietly = (promise: Promise<unknown>) => void promise.catch(() => undefined);
  const times = (count: number, run: () => void) => {
    for (let n = 0; n < count; n++) run();
  };
  const text = "x".repeat(60_000);

  it.each<[string, (remote: Desk) => void]>([
    ["with notifications", (remote) => times(60, () => remote.note(text))],
    [
      "with buffers",
      (remote) => times(60, () => quietly(remote.attach(undefined, { binary: [new ArrayBuffer(60_000)] }))),
    ],
    ["with calls", (remote) => times(60, () => quietly(remote.take(text)))],
    ["with streams", (remote) => times(30, () => quietly(remote.feed(text).next()))],
    [
      "with calls and notifications",
      (remote) =>
        times(30, () => {
          quietly(remote.take(text));
          remote.note(text);
        }),
    ],
  ])("keeps within what it told that it takes: %s", async (_title, use) => {
    const { port1, port2 } = new MessageChannel();
    const provide = implement(contract, {
      note: () => {},
      attach: () => {},
      take: () => {},
      feed: async function* () {},
    });
    audit = [];
    const limits = { burst: 1, rate: 1 };
    session = openSession(port2, { provide, clock, limits, onAudit: (event) => audit.push(event) });
    const left = openSession(port1, { use: contract, peerLimits: limits });
    use(left.remote);
    // The word that the peer is leaving waits for no turn, and comes after all else.
    left.close();
    await session.closed;
    expect(audit.filter(({ decision }) => decision === "denied")).toEqual([]);
    peer = new RawPeer(port1);
  });

  it("opens one stream after the other, although their params together are more than may wait there", async () => {
    const { port1, port2 } = new MessageChannel();
    const feed = async function* () {
      yield "first";
      // It goes on for days.
      await new Promise(() => {});
    };
    const provide = implement(contract, { note: () => {}, attach: () => {}, take: () => {}, feed });
    session = openSession(port2, { provide });
    const left = openSession(port1, { use: contract });
    const firsts = Array.from({ length: 30 }, () => left.remote.feed("x".repeat(90_000)).next());
    expect((await Promise.all(firsts)).map(({ value }) => value as unknown)).toEqual(firsts.map(() => "first"));
    left.close();
    peer = new RawPeer(port1);
  });

  it("sends items as far as it has credit, and they take no room from what it says besides", async () => {
    const { port1, port2 } = new MessageChannel();
    const feed = async function* () {
      for (let n = 0; n < 16; n++) yield text;
      await new Promise(() => {});
    };
    const provide = implement(contract, { note: () => {}, attach: () => {}, take: () => {}, feed });
    audit = [];
    const limits = { burst: 4, rate: 1, queueBytes: 100_000 };
    const own = openSession(port2, { use: contract, provide, clock, limits, onAudit: (event) => audit.push(event) });
    session = own as unknown as Session;
    const left = openSession(port1, { use: contract, provide, peerLimits: limits });
    const read: unknown[] = [];
    const items = own.remote.feed("");
    const reading = (async () => {
      for await (const item of items) if (read.push(item) === 16) break;
    })();
    // Nearly all the room that there is: beside the items, not in place of them.
    left.remote.note(text);
    while (read.length < 16) {
      clock.advance(1_000);
      await new Promise((resolve) => setTimeout(resolve));
    }
    await reading;
    expect(audit.filter(({ decision }) => decision === "denied")).toEqual([]);
    left.close();
    peer = new RawPeer(port1);
  });

  it("is not crowded out by answers that were asked for", async () => {
    const own = using(contract, { limits: { burst: 1, rate: 1, queueBytes: 10_000 } });
    times(10, () => quietly(own.remote.take("")));
    const first = await peer.find((message) => message["method"] === "take");
    const id = first["id"] as number;
    for (let n = 0; n < 2; n++) peer.request(`r${n}`, "unknown");
    for (let n = 0; n < 10; n++) peer.say({ jsonrpc: "2.0", id: id + n, result: "x".repeat(5_000) });
    peer.request("r2", "unknown");
    peer.notify("rpc.close", { reason: "" });
    await session.closed;
    expect(audit.filter(({ reason }) => reason === "BUSY")).toEqual([]);
  });
});

describe("a queue of calls that cannot be posted", () => {
  it("is gone through one by one, however long", async () => {
    const own = using(defineContract({ attach: method({ scope: null, binary: true }) }), {
      limits: { queue: 20_000 },
      peerLimits: { inFlight: 1 },
    });
    const first = own.remote.attach();
    const buffer = new ArrayBuffer(1);
    let refused = 0;
    const refuse = () => refused++;
    for (let n = 0; n < 10_000; n++) own.remote.attach(undefined, { binary: [buffer, buffer] }).catch(refuse);
    const { id } = await peer.find((message) => message["method"] === "attach");
    peer.say({ jsonrpc: "2.0", id, result: null });
    await first;
    await peer.handled();
    expect(refused).toBe(10_000);
  });
});

describe("what came beside a call that is revoked before its params are checked", () => {
  it("is released", async () => {
    let pass = () => {};
    const gate = new Promise<void>((resolve) => {
      pass = resolve;
    });
    const slow = v.pipeAsync(
      v.any(),
      v.checkAsync(async () => {
        await gate;
        return true;
      }),
    );
    const contract = defineContract({ attach: method({ scope: "a:b", binary: true, params: slow }) });
    open(implement(contract, { attach: () => undefined }), { grant: [{ scope: "a:b" }] });
    let isCancelled = false;
    const items = new ReadableStream({
      cancel: () => {
        isCancelled = true;
      },
    });
    const text = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "attach" });
    peer.text([text, items], [items as unknown as Transferable]);
    await peer.handled();
    session.updateGrant([]);
    pass();
    await peer.answer(1);
    await vi.waitFor(() => expect(isCancelled).toBe(true));
  });
});
