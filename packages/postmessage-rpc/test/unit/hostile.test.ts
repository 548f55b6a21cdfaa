import fc from "fast-check";
import { expect, it } from "vitest";
import { type AuditEvent, defaultLimits, openSession } from "../../src/index.js";
import { kindOf, readText } from "../../src/wire.js";
import { desk } from "../behaviour/contract.js";
import { provider } from "../behaviour/provider.js";
import { ManualClock } from "../manual-clock.js";
import { RawPeer } from "../raw-peer.js";

const names = fc.constantFrom(
  "ticket.get",
  "ticket.update",
  "ticket.changes",
  "ticket.viewed",
  "open.echo",
  "open.hang",
  "open.throws",
  "rpc.cancel",
  "rpc.credit",
  "rpc.progress",
  "rpc.next",
  "rpc.end",
  "rpc.grant",
  "rpc.ready",
  "rpc.ping",
  "constructor",
  "__proto__",
  "then",
  "toString",
  "",
);
const ids = fc.oneof(fc.integer({ min: 0, max: 5 }), fc.constantFrom("a", null, {}, 1e308));
const anything = fc.jsonValue({ maxDepth: 4 });
const params = fc.oneof(
  fc.record(
    { id: fc.oneof(fc.constantFrom("1", "7"), ids, anything), priority: fc.string(), text: fc.string() },
    { requiredKeys: [] },
  ),
  fc.record(
    {
      id: ids,
      more: fc.oneof(fc.integer(), anything),
      items: fc.oneof(fc.array(anything), anything),
      scopes: anything,
    },
    { requiredKeys: [] },
  ),
  anything,
);
const message = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record(
      { jsonrpc: fc.constant("2.0"), id: ids, method: names, params },
      { requiredKeys: ["jsonrpc", "method"] },
    ),
  },
  {
    weight: 2,
    arbitrary: fc.record(
      { jsonrpc: fc.constant("2.0"), id: ids, result: anything, error: anything },
      { requiredKeys: ["jsonrpc"] },
    ),
  },
  { weight: 1, arbitrary: anything },
);
/** Any text a peer could post: messages, batches, and what is neither. */
const text = fc.oneof(
  { weight: 6, arbitrary: message.map((value) => JSON.stringify(value)) },
  { weight: 2, arbitrary: fc.array(message, { maxLength: 8 }).map((batch) => JSON.stringify(batch)) },
  { weight: 1, arbitrary: fc.string() },
);
/** Anything the structured clone algorithm takes. */
const clone = fc.oneof(
  anything,
  fc.date(),
  fc.uint8Array().map(({ buffer }) => buffer),
  fc.array(fc.tuple(anything, anything)).map((entries) => new Map(entries)),
  fc.string().map((words) => new Error(words)),
  fc.tuple(fc.string(), anything),
);

/** Of each message in this text what it is, or why it cannot be taken. */
function kindsOf(text: string): string[] {
  const values = readText(text, defaultLimits);
  return typeof values === "string" ? [values] : values.map((value) => kindOf(value, defaultLimits));
}

it("reads any text without throwing, in bounded time", () => {
  fc.assert(
    fc.property(text, (any) => {
      for (const kind of kindsOf(any)) expect(kind).toMatch(/^([a-z]+|[A-Z_]+)$/);
    }),
    { numRuns: 2_000 },
  );
});

const hostileTexts = [
  ["nested arrays", `{"jsonrpc":"2.0","id":1,"method":"open.echo","params":${"[".repeat(130_000)}`],
  ["nested objects", `${'{"a":'.repeat(43_000)}1${"}".repeat(43_000)}`],
  [
    "many keys",
    JSON.stringify({
      jsonrpc: "2.0",
      id: 1,
      method: "open.echo",
      params: Object.fromEntries(Array.from({ length: 20_000 }, (_, n) => [n, 1])),
    }),
  ],
  [
    "a long string",
    JSON.stringify({ jsonrpc: "2.0", id: 1, method: "open.echo", params: { text: "x".repeat(150_000) } }),
  ],
  ["a batch of nothing", `[${"0,".repeat(9_000)}0]`],
] as const;

it.each(hostileTexts)("refuses %s within the limits in under 50 ms", (_title, hostile) => {
  expect(hostile.length).toBeLessThanOrEqual(defaultLimits.text);
  // The best of a few: what counts is the work, not what else the machine does meanwhile.
  const times = Array.from({ length: 5 }, () => {
    const started = performance.now();
    kindsOf(hostile);
    return performance.now() - started;
  });
  expect(Math.min(...times)).toBeLessThan(50);
  for (const kind of kindsOf(hostile)) expect(kind).toMatch(/^(PARSE_ERROR|INVALID_REQUEST|TOO_LARGE)$/);
});

it("holds its promises against any sequence of messages", async () => {
  const before = Object.getOwnPropertyNames(Object.prototype).join();
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof({ weight: 12, arbitrary: text }, { weight: 1, arbitrary: clone }), { maxLength: 30 }),
      fc.boolean(),
      fc.nat(30),
      async (posts, mayWrite, revokeAt) => {
        const { port1, port2 } = new MessageChannel();
        const { seen, implementation } = provider();
        const audit: AuditEvent[] = [];
        const clock = new ManualClock();
        const session = openSession(port2, {
          provide: implementation,
          use: desk,
          grant: mayWrite
            ? [{ scope: "ticket:read", where: { id: ["7"] } }, { scope: "ticket:write" }]
            : [{ scope: "ticket:read", where: { id: ["7"] } }],
          clock,
          onAudit: (event) => audit.push(event),
        });
        const peer = new RawPeer(port1);
        const own = [
          session.remote.open.echo({ text: "x" }),
          session.remote.open.slow({ steps: 1 }),
          session.remote.ticket.changes({ id: "1" }).next(),
        ].map((promise) =>
          Promise.resolve(promise).then(
            () => "settled",
            () => "settled",
          ),
        );
        for (const [n, post] of posts.entries()) {
          if (n === revokeAt) session.updateGrant([]);
          peer.text(post);
        }
        peer.request("last", "rpc.ping");
        await Promise.race([session.closed, peer.answer("last")]);
        session.close();
        // Every promise settles; nothing is left that could fire.
        expect(await Promise.all(own)).toEqual(["settled", "settled", "settled"]);
        expect(clock.waiting).toBe(0);
        // Handlers run only where the grant held: never another ticket, never a write that was not granted.
        for (const call of seen.calls) {
          if (call.startsWith("update")) expect(mayWrite).toBe(true);
          if (/^(get|changes|viewed)/.test(call)) expect(call.endsWith(" 7")).toBe(true);
        }
        expect(JSON.stringify(peer.raw)).not.toContain("do-not-leak");
        expect(audit.map(({ seq }) => seq)).toEqual(audit.map((_, index) => index + 1));
        peer.port.close();
      },
    ),
    { numRuns: 300 },
  );
  expect(Object.getOwnPropertyNames(Object.prototype).join()).toBe(before);
}, 60_000);
