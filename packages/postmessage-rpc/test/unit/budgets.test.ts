import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type AuditEvent, type Limits, openSession, type Session } from "../../src/index.js";
import { desk } from "../behaviour/contract.js";
import { everyScope, provider, type Seen } from "../behaviour/provider.js";
import { ManualClock } from "../manual-clock.js";
import { RawPeer } from "../raw-peer.js";

let peer: RawPeer;
let session: Session<typeof desk>;
let seen: Seen;
let audit: AuditEvent[];
let clock: ManualClock;

function open(limits: Partial<Limits> = {}) {
  const { port1, port2 } = new MessageChannel();
  const provided = provider();
  seen = provided.seen;
  audit = [];
  const onAudit = (event: AuditEvent) => audit.push(event);
  session = openSession(port2, {
    provide: provided.implementation,
    use: desk,
    grant: everyScope,
    clock,
    limits,
    onAudit,
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

const echo = (id: number, text: string) => ({ jsonrpc: "2.0", id, method: "open.echo", params: { text } });

describe("what can be read", () => {
  it.each<[string, Partial<Limits>, (n: number) => unknown, number]>([
    ["depth", { depth: 6 }, (n) => nested(n), 6],
    ["nodes", { nodes: 40 }, (n) => Array.from({ length: n - 7 }, () => 1), 40],
    ["array", { array: 10 }, (n) => Array.from({ length: n }, () => 1), 10],
    ["string", { string: 20 }, (n) => "x".repeat(n), 20],
    ["keys", { keys: 12 }, (n) => Object.fromEntries(Array.from({ length: n }, (_, key) => [`k${key}`, 1])), 12],
  ])("takes %s at its limit and answers TOO_LARGE just over it", async (_name, limits, make, limit) => {
    open(limits);
    peer.say({ ...echo(1, "x"), params: { text: "x", extra: make(limit) } });
    expect(await peer.answer(1)).toHaveProperty("result");
    peer.say({ ...echo(2, "x"), params: { text: "x", extra: make(limit + 1) } });
    expect(peer.code(await peer.answer(null))).toBe("TOO_LARGE");
    await peer.handled();
    expect(peer.received.some((message) => message["id"] === 2)).toBe(false);
  });

  it("takes text at its limit and answers TOO_LARGE just over it, unread", async () => {
    open({ text: 200 });
    const exact = JSON.stringify(echo(1, ""));
    peer.text(exact + " ".repeat(200 - exact.length));
    expect(await peer.answer(1)).toHaveProperty("result");
    peer.text(`${exact}${" ".repeat(201 - exact.length)}`);
    expect(peer.code(await peer.answer(null))).toBe("TOO_LARGE");
  });

  it.each([
    ["no JSON", "{", "PARSE_ERROR"],
    ["empty batch", "[]", "INVALID_REQUEST"],
    ["no object", "7", "INVALID_REQUEST"],
    ["no version", '{"id":1,"method":"open.echo"}', "INVALID_REQUEST"],
    ["method not a string", '{"jsonrpc":"2.0","id":1,"method":7}', "INVALID_REQUEST"],
    ["id an object", '{"jsonrpc":"2.0","id":{},"method":"open.echo"}', "INVALID_REQUEST"],
    ["result and error", '{"jsonrpc":"2.0","id":1,"result":1,"error":{}}', "INVALID_REQUEST"],
    ["nested 200,000 deep", `${"[".repeat(100_000)}${"]".repeat(100_000)}`, "INVALID_REQUEST"],
  ])("answers %s with id null", async (_title, text, code) => {
    open();
    peer.text(text);
    expect(peer.code(await peer.answer(null))).toBe(code);
    await peer.handled();
  });

  it("answers the readable messages of a batch with an unreadable one in it", async () => {
    open();
    peer.text(JSON.stringify([echo(1, "a"), 7, echo(2, "b")]));
    expect(await peer.answer(1)).toHaveProperty("result");
    expect(await peer.answer(2)).toHaveProperty("result");
    expect(peer.code(await peer.answer(null))).toBe("INVALID_REQUEST");
  });
});

function nested(depth: number): unknown {
  // The message and its params are two levels already.
  let value: unknown = 1;
  for (let level = 2; level < depth; level++) value = [value];
  return value;
}

describe("quarantine", () => {
  it.each<[string, () => unknown]>([
    ["a Map", () => new Map([[1, 2]])],
    ["an object", () => echo(1, "x")],
    ["a number", () => 7],
    ["null", () => null],
    ["a Date", () => new Date(Number.NaN)],
    ["an Error", () => new Error("x")],
    ["a RegExp", () => /x/],
    [
      "a cycle",
      () => {
        const cycle: unknown[] = [];
        cycle.push(cycle);
        return cycle;
      },
    ],
    [
      "doublings of one object",
      () => {
        let x: unknown = {};
        for (let n = 0; n < 24; n++) x = [x, x];
        return x;
      },
    ],
    ["an array of texts", () => [JSON.stringify(echo(1, "x")), "more"]],
    ["a lone text in an array", () => [JSON.stringify(echo(1, "x"))]],
    ["a large buffer", () => new ArrayBuffer(20_000_000)],
  ])("quarantines at once for %s", async (_title, make) => {
    open();
    peer.text(make());
    expect(await session.closed).toMatchObject({ code: "QUARANTINED", by: "here" });
    expect(seen.calls).toEqual([]);
    expect(audit).toMatchObject([{ method: null, decision: "denied", reason: "QUARANTINED" }]);
  });

  it("closes ports and cancels streams that came undeclared", async () => {
    open();
    const { port1, port2 } = new MessageChannel();
    const closed = new Promise((resolve) => port1.addEventListener("close", resolve));
    port1.start();
    let cancelled: () => void = () => {};
    const isCancelled = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    const items = new ReadableStream({ cancel: () => cancelled() });
    peer.text([JSON.stringify(echo(1, "x")), port2, items], [port2, items as unknown as Transferable]);
    expect(await session.closed).toMatchObject({ code: "QUARANTINED" });
    await closed;
    await isCancelled;
    expect(seen.calls).toEqual([]);
  });

  it("takes binary at its limits, and quarantines for a byte or an item more", async () => {
    for (const [bytes, count, isFine] of [
      [1_000, 1, true],
      [1_001, 1, false],
      [10, 2, true],
      [10, 3, false],
    ] as const) {
      open({ binaryBytes: 1_000, binaryCount: 2 });
      const buffers = Array.from({ length: count }, () => new ArrayBuffer(bytes));
      const text = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "file.attach", params: { name: "a" } });
      peer.text([text, ...buffers], buffers);
      if (isFine) expect(await peer.answer(1)).toHaveProperty("result");
      else expect(await session.closed).toMatchObject({ code: "QUARANTINED" });
      session.close();
    }
  });

  it("answers what is in flight QUARANTINED, tells the peer, and hears no more", async () => {
    open();
    peer.request(1, "open.hang");
    await peer.handled();
    peer.text(7);
    peer.request(2, "open.echo", { text: "x" });
    expect(peer.code(await peer.answer(1))).toBe("QUARANTINED");
    expect((await peer.find((message) => message["method"] === "rpc.close"))["params"]).toEqual({
      reason: "QUARANTINED",
    });
    expect(seen.aborted).toEqual(["hang"]);
    expect(peer.received.some((message) => message["id"] === 2)).toBe(false);
  });

  it("takes two strikes in ten seconds, and quarantines at the third", async () => {
    open();
    peer.text("{");
    peer.text("{");
    await peer.handled();
    clock.advance(10_000);
    peer.text("{");
    peer.text("{");
    await peer.handled();
    peer.text("{");
    expect(await session.closed).toMatchObject({ code: "QUARANTINED", reason: "3 strikes" });
  });

  it("counts a batch with many faults as one strike", async () => {
    open();
    peer.text("[7,7,7,7,7]");
    await peer.handled();
    expect(peer.codes().length).toBe(5);
  });
});

describe("in flight", () => {
  it("runs 64 of 1,000 slow calls and answers the rest BUSY", async () => {
    open();
    peer.text(JSON.stringify(Array.from({ length: 1_000 }, (_, id) => ({ jsonrpc: "2.0", id, method: "open.hang" }))));
    await peer.answer(999);
    expect(seen.calls.length).toBe(64);
    expect(peer.codes().length).toBe(936);
    expect(new Set(peer.codes())).toEqual(new Set(["BUSY"]));
  });

  it("frees a place with each answer", async () => {
    open({ inFlight: 1 });
    peer.request(1, "open.hang");
    peer.request(2, "open.echo", { text: "x" });
    expect(peer.code(await peer.answer(2))).toBe("BUSY");
    peer.notify("rpc.cancel", { id: 1 });
    peer.request(3, "open.echo", { text: "x" });
    expect(await peer.answer(3)).toHaveProperty("result");
  });

  it("opens 32 streams and answers the 33rd BUSY", async () => {
    open();
    for (let id = 1; id <= 33; id++) peer.request(id, "ticket.changes", { id: "100000" });
    const end = await peer.find((message) => message["method"] === "rpc.end");
    expect(end["params"]).toMatchObject({ id: 33, error: { data: { code: "BUSY" } } });
    session.close();
    await expect.poll(() => seen.finished).toBe(32);
  });

  it("keeps its own calls within what the peer takes, and queues the rest in order", async () => {
    const { port1, port2 } = new MessageChannel();
    session = openSession(port2, { use: desk, peerLimits: { inFlight: 2 }, limits: { queue: 3 } });
    peer = new RawPeer(port1);
    const calls = ["a", "b", "c", "d", "e", "f"].map((text) =>
      session.remote.open.echo({ text }).then(
        ({ text: answer }) => answer,
        (error: { code: string }) => error.code,
      ),
    );
    expect(await calls[5]).toBe("BUSY");
    for (const [n, text] of ["a", "b", "c", "d", "e"].entries()) {
      const request = await peer.find((message) => (message["params"] as { text?: string } | undefined)?.text === text);
      expect(peer.received.length).toBeLessThanOrEqual(n + 2);
      peer.say({ jsonrpc: "2.0", id: request["id"], result: { text } });
      expect(await calls[n]).toBe(text);
    }
  });

  it("does not send what was cancelled while it waited", async () => {
    const { port1, port2 } = new MessageChannel();
    session = openSession(port2, { use: desk, peerLimits: { inFlight: 1 } });
    peer = new RawPeer(port1);
    const controller = new AbortController();
    const first = session.remote.open.echo({ text: "first" });
    const second = session.remote.open.echo({ text: "second" }, { signal: controller.signal });
    const third = session.remote.open.echo({ text: "third" });
    controller.abort();
    await expect(second).rejects.toMatchObject({ code: "CANCELLED" });
    peer.say({
      jsonrpc: "2.0",
      id: (await peer.find((message) => message["method"] === "open.echo"))["id"],
      result: { text: "1" },
    });
    await first;
    const next = await peer.find((message) => (message["params"] as { text?: string } | undefined)?.text === "third");
    peer.say({ jsonrpc: "2.0", id: next["id"], result: { text: "3" } });
    await third;
    expect(JSON.stringify(peer.raw)).not.toContain("second");
  });
});

describe("rate", () => {
  it("lets what comes too fast wait its turn, without a strike, and handles it in order", async () => {
    open({ burst: 5, rate: 10, queue: 10 });
    for (let id = 1; id <= 8; id++) peer.request(id, "open.echo", { text: String(id) });
    await peer.answer(5);
    expect(peer.received.length).toBe(5);
    clock.advance(100);
    await peer.answer(6);
    expect(peer.received.length).toBe(6);
    clock.advance(1_000);
    await peer.answer(8);
    expect(peer.received.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("takes an honest peer's messages after a stall of 3 s without a strike", async () => {
    open();
    // 500 a second for 3 s, delivered at once.
    for (let n = 0; n < 1_500; n++) peer.request(n, "open.echo", { text: "x" });
    await peer.answer(999);
    clock.advance(2_000);
    await peer.answer(1_499);
    expect(audit.every(({ decision }) => decision === "allowed")).toBe(true);
  });

  it("quarantines a flood", async () => {
    open();
    for (let n = 0; n < 3_000; n++) peer.request(n, "open.echo", { text: "x" });
    expect(await session.closed).toMatchObject({ code: "QUARANTINED" });
  });

  it("answers BUSY and strikes when the queue overflows by one", async () => {
    open({ burst: 1, rate: 1, queue: 2 });
    for (let id = 1; id <= 4; id++) peer.request(id, "open.echo", { text: "x" });
    expect(peer.code(await peer.answer(4))).toBe("BUSY");
    expect(audit.filter(({ reason }) => reason === "BUSY").length).toBe(1);
  });

  it("overflows by characters as well", async () => {
    open({ burst: 1, rate: 1, queueBytes: 150 });
    peer.request(1, "open.echo", { text: "x" });
    peer.request(2, "open.echo", { text: "x" });
    peer.request(3, "open.echo", { text: "x".repeat(100) });
    expect(peer.code(await peer.answer(3))).toBe("BUSY");
  });
});

describe("credit", () => {
  it("sends no item without credit, and sends on when it gets some", async () => {
    open();
    peer.request(1, "ticket.changes", { id: "100" });
    await peer.find((message) => message["method"] === "rpc.next");
    await peer.handled();
    expect(itemCount()).toBe(16);
    peer.notify("rpc.credit", { id: 1, more: 4 });
    await expect.poll(itemCount).toBe(20);
  });

  it("strikes a peer that sends more items than it has credit for, and drops them", async () => {
    open();
    const items = session.remote.ticket.changes({ id: "1" });
    const request = await peer.find((message) => message["method"] === "ticket.changes");
    const sixteen = Array.from({ length: 16 }, (_, n) => ({ n }));
    peer.notify("rpc.next", { id: request["id"], items: sixteen });
    peer.notify("rpc.next", { id: request["id"], items: [{ n: 16 }] });
    await peer.handled();
    expect(audit.filter(({ reason }) => reason === "BUSY").length).toBe(1);
    peer.notify("rpc.end", { id: request["id"] });
    const got: number[] = [];
    for await (const { n } of items) got.push(n);
    expect(got.length).toBe(16);
  });

  it("takes 256 unhandled notifications, strikes for one more, and gives credit back as they are handled", async () => {
    open({ notificationCredit: 4 });
    for (let n = 0; n < 20; n++) {
      peer.notify("ticket.viewed", { id: String(n) });
      await peer.handled();
    }
    expect(seen.calls.length).toBe(20);
    const given = peer.received.filter(({ method }) => method === "rpc.credit");
    expect(given.map(({ params }) => params)).toEqual(Array.from({ length: 20 }, () => ({ id: null, more: 1 })));
  });

  it("sends no more notifications than the peer gave credit for, and the rest when it gives some", async () => {
    const { port1, port2 } = new MessageChannel();
    session = openSession(port2, { use: desk, peerLimits: { notificationCredit: 2 } });
    peer = new RawPeer(port1);
    for (let n = 0; n < 5; n++) session.remote.ticket.viewed({ id: String(n) });
    await peer.handled();
    const viewed = () => peer.received.filter(({ method }) => method === "ticket.viewed").length;
    expect(viewed()).toBe(2);
    peer.notify("rpc.credit", { id: null, more: 2 });
    await peer.handled();
    expect(viewed()).toBe(4);
  });

  const itemCount = () =>
    peer.received
      .filter(({ method }) => method === "rpc.next")
      .reduce((count, { params }) => count + (params as { items: unknown[] }).items.length, 0);
});

describe("time", () => {
  it("answers TIMEOUT when the handler takes too long, and aborts it", async () => {
    open();
    peer.request(1, "open.hang");
    await peer.handled();
    clock.advance(29_999);
    expect(seen.aborted).toEqual([]);
    clock.advance(1);
    expect(peer.code(await peer.answer(1))).toBe("TIMEOUT");
    expect(seen.aborted).toEqual(["hang"]);
  });

  it("settles a call the peer never answers, tells the peer, and ignores its late answer", async () => {
    open();
    const call = session.remote.open.echo({ text: "x" });
    const request = await peer.find((message) => message["method"] === "open.echo");
    clock.advance(30_000);
    await expect(call).rejects.toMatchObject({ code: "TIMEOUT", retryable: true, remote: false });
    expect((await peer.find((message) => message["method"] === "rpc.cancel"))["params"]).toEqual({ id: request["id"] });
    peer.say({ jsonrpc: "2.0", id: request["id"], result: { text: "late" } });
    await peer.handled();
    session.close();
    expect(clock.waiting).toBe(0);
  });

  it("starts the time anew with progress, up to five minutes in all", async () => {
    open();
    const call = session.remote.open.slow({ steps: 1 });
    const settled = call.then(
      () => "resolved",
      (error: { code: string }) => error.code,
    );
    const request = await peer.find((message) => message["method"] === "open.slow");
    for (let n = 0; n < 14; n++) {
      clock.advance(20_000);
      peer.notify("rpc.progress", { id: request["id"], value: n });
      await peer.handled();
    }
    clock.advance(19_999);
    peer.notify("rpc.progress", { id: request["id"] });
    await peer.handled();
    clock.advance(1);
    expect(await settled).toBe("TIMEOUT");
  });

  it("leaves no timer behind", async () => {
    open();
    peer.request(1, "open.hang");
    await peer.handled();
    session.close();
    expect(clock.waiting).toBe(0);
  });
});
