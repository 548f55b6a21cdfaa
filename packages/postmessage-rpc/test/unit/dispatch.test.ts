import * as v from "valibot";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  type AuditEvent,
  defineContract,
  type Grant,
  implement,
  method,
  openSession,
  type Session,
  type SessionOptions,
  stream,
} from "../../src/index.js";
import { desk } from "../behaviour/contract.js";
import { everyScope, provider, type Seen } from "../behaviour/provider.js";
import { ManualClock } from "../manual-clock.js";
import { RawPeer } from "../raw-peer.js";

let peer: RawPeer;
let session: Session;
let seen: Seen;
let audit: AuditEvent[];
let clock: ManualClock;

function open(grant: Grant = everyScope, options: SessionOptions = {}) {
  const { port1, port2 } = new MessageChannel();
  const provided = provider();
  seen = provided.seen;
  audit = [];
  session = openSession(port2, {
    provide: provided.implementation,
    grant,
    clock,
    onAudit: (event) => audit.push(event),
    ...options,
  });
  peer = new RawPeer(port1);
}

beforeEach(() => {
  clock = new ManualClock();
});

afterEach(() => {
  session.close();
  peer.port.close();
});

describe("own methods", () => {
  it.each([
    "constructor",
    "toString",
    "__proto__",
    "then",
    "",
    "hasOwnProperty",
    "ticket",
    "ticket.get.call",
    "panel.ready",
  ])("does not find %j, with an answer byte for byte like any other unknown name's", async (name) => {
    open();
    peer.request(1, name, { id: "7" });
    peer.request(1000, "no.such", { id: "7" });
    const [answer, control] = [await peer.answer(1), await peer.answer(1000)];
    expect(JSON.stringify({ ...answer, id: 0 })).toBe(JSON.stringify({ ...control, id: 0 }));
    expect(peer.code(answer)).toBe("METHOD_NOT_FOUND");
    expect(seen.calls).toEqual([]);
    expect(audit[0]).toMatchObject({ method: null, decision: "denied", reason: "METHOD_NOT_FOUND" });
  });

  it("control: a dispatcher that walks the peer's path (comlink, penpal) lets it make code and change prototypes", async () => {
    const { port1, port2 } = new MessageChannel();
    const desk: object = { ticket: { get: (id: string) => ({ id }) } };
    const results: unknown[] = [];
    const heard = new Promise<void>((resolve) => {
      port2.addEventListener("message", ({ data: { path, args, value } }) => {
        const last = path.pop() as string;
        const parent = (path as string[]).reduce((from, name) => from[name] as never, desk as Record<string, unknown>);
        if (value === undefined) results.push((parent[last] as (...given: unknown[]) => unknown)(...args));
        else parent[last] = value;
        if (value !== undefined) resolve();
      });
    });
    port2.start();
    port1.postMessage({ path: ["ticket", "get"], args: ["7"] });
    port1.postMessage({ path: ["constructor", "constructor"], args: ["return 6 * 7"] });
    port1.postMessage({ path: ["__proto__", "polluted"], value: true });
    await heard;
    expect(results[0]).toEqual({ id: "7" });
    expect((results[1] as () => number)()).toBe(42);
    expect("polluted" in {}).toBe(true);
    Reflect.deleteProperty(Object.prototype, "polluted");
    port1.close();
  });

  it("answers a declared method nobody implements like an undeclared one", async () => {
    const { port1, port2 } = new MessageChannel();
    session = openSession(port2, { use: desk, grant: everyScope });
    peer = new RawPeer(port1);
    peer.request(1, "ticket.get", { id: "7" });
    expect(peer.code(await peer.answer(1))).toBe("METHOD_NOT_FOUND");
  });

  it("leaves prototypes as they were, whatever params say", async () => {
    const before = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
    const loose = defineContract({
      take: method({ scope: null, params: v.looseObject({}), result: v.looseObject({}) }),
    });
    const { port1, port2 } = new MessageChannel();
    let prototype: unknown;
    session = openSession(port2, {
      provide: implement(loose, {
        take: (params) => {
          prototype = Object.getPrototypeOf(params);
          return {};
        },
      }),
    });
    peer = new RawPeer(port1);
    peer.text(
      '{"jsonrpc":"2.0","id":1,"method":"take","params":{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}}',
    );
    await peer.answer(1);
    expect(prototype).toBe(Object.prototype);
    expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype))).toBe(before);
    expect("polluted" in {}).toBe(false);
  });
});

describe("scope", () => {
  it.each(["ticket:read-all", "Ticket:Read", "ticket:read\u200b", "ticket:", "*", "ticket:*"])(
    "a grant of %j does not give ticket:read",
    async (scope) => {
      open([{ scope }]);
      peer.request(1, "ticket.get", { id: "7" });
      const answer = await peer.answer(1);
      expect(answer["error"]).toMatchObject({ code: -32010, data: { code: "SCOPE_DENIED", scope: "ticket:read" } });
      expect(seen.calls).toEqual([]);
      expect(audit).toMatchObject([
        { method: "ticket.get", scope: "ticket:read", decision: "denied", reason: "SCOPE_DENIED" },
      ]);
    },
  );

  it.each([
    ["[7]", ["7"]],
    ["a number", 7],
    ["trailing space", "7 "],
    ["another id", "8"],
  ])("where id is 7 denies or refuses %s", async (_title, id) => {
    open([{ scope: "ticket:read", where: { id: "7" } }]);
    peer.request(1, "ticket.get", { id });
    expect(["SCOPE_DENIED", "INVALID_PARAMS"]).toContain(peer.code(await peer.answer(1)));
    expect(seen.calls).toEqual([]);
    peer.request(2, "ticket.get", { id: "7" });
    expect(await peer.answer(2)).toMatchObject({ result: { id: "7" } });
  });

  it("denies where the limited param is absent or inherited", async () => {
    const loose = defineContract({ take: method({ scope: "a:b", params: v.looseObject({}) }) });
    const { port1, port2 } = new MessageChannel();
    let calls = 0;
    const count = () => {
      calls++;
    };
    session = openSession(port2, {
      provide: implement(loose, { take: count }),
      grant: [{ scope: "a:b", where: { toString: "x", id: 7 } }],
    });
    peer = new RawPeer(port1);
    peer.request(1, "take", {});
    peer.request(2, "take", { toString: "x", id: [7, 8] });
    peer.request(3, "take", { toString: "x", id: 7 });
    expect((await peer.answer(1))["error"]).toMatchObject({ data: { code: "SCOPE_DENIED", limit: "toString" } });
    expect((await peer.answer(2))["error"]).toMatchObject({ data: { code: "SCOPE_DENIED", limit: "id" } });
    expect(await peer.answer(3)).toMatchObject({ result: null });
    expect(calls).toBe(1);
  });

  it("has expired by the monotonic clock although the wall clock was set back", async () => {
    clock.wallOffset = 0;
    open([{ scope: "ticket:read", expiresAt: clock.wall() + 1_000 }]);
    peer.request(1, "ticket.get", { id: "7" });
    expect(await peer.answer(1)).toHaveProperty("result");
    clock.advance(1_000);
    clock.wallOffset = -10_000;
    peer.request(2, "ticket.get", { id: "7" });
    expect(peer.code(await peer.answer(2))).toBe("SCOPE_DENIED");
  });

  it("stays expired although the wall clock was set back and the same grant is given anew, here or in another session", async () => {
    const grant = [{ scope: "ticket:read", expiresAt: clock.wall() + 1_000 }];
    open(grant);
    clock.advance(1_000);
    clock.wallOffset -= 60_000;
    session.updateGrant([]);
    session.updateGrant(grant);
    peer.request(1, "ticket.get", { id: "7" });
    expect(peer.code(await peer.answer(1))).toBe("SCOPE_DENIED");
    session.close();
    open(grant);
    peer.request(1, "ticket.get", { id: "7" });
    expect(peer.code(await peer.answer(1))).toBe("SCOPE_DENIED");
  });

  it("has expired by the wall clock although the monotonic one stood still", async () => {
    open([{ scope: "ticket:read", expiresAt: clock.wall() + 1_000 }]);
    clock.wallOffset += 1_000;
    peer.request(1, "ticket.get", { id: "7" });
    expect(peer.code(await peer.answer(1))).toBe("SCOPE_DENIED");
  });

  it("checks the grant again after an asynchronous validation", async () => {
    let admit = () => {};
    const slow = v.pipeAsync(
      v.object({}),
      v.checkAsync(
        () =>
          new Promise<boolean>((resolve) => {
            admit = () => resolve(true);
          }),
      ),
    );
    const contract = defineContract({ take: method({ scope: "a:b", params: slow }) });
    const { port1, port2 } = new MessageChannel();
    let calls = 0;
    session = openSession(port2, {
      provide: implement(contract, {
        take: () => {
          calls++;
        },
      }),
      grant: [{ scope: "a:b" }],
    });
    peer = new RawPeer(port1);
    peer.request(1, "take", {});
    await peer.handled();
    session.updateGrant([]);
    admit();
    expect(peer.code(await peer.answer(1))).toBe("SCOPE_REVOKED");
    expect(calls).toBe(0);
  });
});

describe("revocation", () => {
  it("answers a call in flight SCOPE_REVOKED, aborts it and discards its result", async () => {
    const contract = defineContract({ take: method({ scope: "a:b", result: v.string() }) });
    const { port1, port2 } = new MessageChannel();
    let finish = (_: string) => {};
    let aborted = false;
    const take = (_params: undefined, call: { signal: AbortSignal }) => {
      call.signal.addEventListener("abort", () => {
        aborted = true;
      });
      return new Promise<string>((resolve) => {
        finish = resolve;
      });
    };
    session = openSession(port2, { provide: implement(contract, { take }), grant: [{ scope: "a:b" }] });
    peer = new RawPeer(port1);
    peer.request(1, "take");
    await peer.handled();
    session.updateGrant([]);
    expect(aborted).toBe(true);
    finish("secret");
    expect((await peer.answer(1))["error"]).toMatchObject({ data: { code: "SCOPE_REVOKED", scope: "a:b" } });
    await peer.handled();
    expect(JSON.stringify(peer.raw)).not.toContain("secret");
  });

  it("drops a result that waits in the outbox", async () => {
    const contract = defineContract({
      take: method({ scope: "a:b", result: v.string() }),
      revoke: method({ scope: null }),
    });
    const { port1, port2 } = new MessageChannel();
    const handlers = { take: () => "secret", revoke: () => session.updateGrant([]) };
    session = openSession(port2, { provide: implement(contract, handlers), grant: [{ scope: "a:b" }] });
    peer = new RawPeer(port1);
    // One batch: the result of the first waits for the microtask flush while the second revokes.
    peer.text(
      JSON.stringify([
        { jsonrpc: "2.0", id: 1, method: "take" },
        { jsonrpc: "2.0", id: 2, method: "revoke" },
      ]),
    );
    expect(peer.code(await peer.answer(1))).toBe("SCOPE_REVOKED");
    expect(JSON.stringify(peer.raw)).not.toContain("secret");
  });

  it("lets items that wait in the outbox go with their scope", async () => {
    const contract = defineContract({
      feed: stream({ scope: "a:b", item: v.string() }),
      revoke: method({ scope: null }),
    });
    const { port1, port2 } = new MessageChannel();
    let revokeSoon = () => {};
    session = openSession(port2, {
      provide: implement(contract, {
        feed: async function* () {
          yield "first";
          revokeSoon();
          yield "secret";
          await new Promise(() => {});
        },
        revoke: () => {},
      }),
      grant: [{ scope: "a:b" }],
    });
    revokeSoon = () => session.updateGrant([]);
    peer = new RawPeer(port1);
    peer.request(1, "feed");
    const end = await peer.find((message) => message["method"] === "rpc.end");
    expect(end["params"]).toMatchObject({ id: 1, error: { data: { code: "SCOPE_REVOKED" } } });
    await peer.handled();
    expect(JSON.stringify(peer.raw)).not.toContain("secret");
  });

  it("runs none of 100 calls that were queued before it", async () => {
    open(everyScope);
    for (let id = 1; id <= 100; id++) peer.request(id, "ticket.get", { id: "7" });
    session.updateGrant([]);
    for (let id = 1; id <= 100; id++) expect(peer.code(await peer.answer(id))).toBe("SCOPE_DENIED");
    expect(seen.calls).toEqual([]);
  });
});

describe("after the end", () => {
  it("handles nothing that comes behind rpc.close, in its batch or later", async () => {
    open();
    const close = { jsonrpc: "2.0", method: "rpc.close", params: { reason: "bye" } };
    const get = { jsonrpc: "2.0", id: 1, method: "ticket.get", params: { id: "7" } };
    peer.text(JSON.stringify([close, get]));
    peer.say({ ...get, id: 2 });
    expect(await session.closed).toMatchObject({ code: "CLOSED", by: "peer", reason: "bye" });
    await new Promise((resolve) => setTimeout(resolve));
    expect(seen.calls).toEqual([]);
    expect(peer.received).toEqual([]);
  });
});

describe("results", () => {
  it("lets no field leave that the schema does not name", async () => {
    open();
    peer.request(1, "ticket.get", { id: "7" });
    expect((await peer.answer(1))["result"]).toEqual({ id: "7", priority: "high" });
    expect(JSON.stringify(peer.raw)).not.toContain("do-not-leak");
  });

  it("says so where a result's schema transforms, rather than fail at the caller", async () => {
    const transforming = v.pipe(
      v.string(),
      v.transform((text) => text.length),
    );
    const contract = defineContract({ take: method({ scope: null, result: transforming as never }) });
    const { port1, port2 } = new MessageChannel();
    session = openSession(port2, { provide: implement(contract, { take: (() => "four") as never }) });
    peer = new RawPeer(port1);
    peer.request(1, "take");
    const answer = await peer.answer(1);
    expect(peer.code(answer)).toBe("INTERNAL_ERROR");
    expect(JSON.stringify(answer)).toContain("transforms");
  });

  it("keeps stack, cause and text of what a handler threw to itself", async () => {
    open();
    peer.request(1, "open.throws", { what: "accident" });
    const answer = await peer.answer(1);
    expect(answer["error"]).toEqual({ code: -32000, message: "The handler failed", data: { code: "HANDLER_FAILED" } });
  });
});

describe("ids", () => {
  it("refuses a reused id without an id, and lets the first call go on", async () => {
    open();
    peer.request(1, "open.hang");
    peer.request(1, "open.echo", { text: "x" });
    const refusal = await peer.answer(null);
    expect(peer.code(refusal)).toBe("INVALID_REQUEST");
    expect(seen.calls).toEqual(["hang"]);
    peer.notify("rpc.cancel", { id: 1 });
    expect(peer.code(await peer.answer(1))).toBe("CANCELLED");
  });

  it("ignores answers to unknown, foreign and settled ids; the first settlement stands", async () => {
    const { port1, port2 } = new MessageChannel();
    audit = [];
    const own = openSession(port2, { use: desk, onAudit: (event) => event.direction === "in" && audit.push(event) });
    session = own;
    peer = new RawPeer(port1);
    const call = own.remote.open.echo({ text: "x" });
    const request = await peer.find((message) => message["method"] === "open.echo");
    peer.say({ jsonrpc: "2.0", id: 999, result: { text: "foreign" } });
    peer.say({ jsonrpc: "2.0", id: String(request["id"]), result: { text: "foreign" } });
    peer.say({ jsonrpc: "2.0", id: request["id"], result: { text: "first" } });
    peer.say({ jsonrpc: "2.0", id: request["id"], result: { text: "second" } });
    expect(await call).toEqual({ text: "first" });
    await peer.handled();
    expect(audit).toEqual([]);
  });
});
