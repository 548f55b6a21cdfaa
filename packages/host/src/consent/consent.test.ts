import type { Clock } from "@partner-panel/postmessage-rpc";
import { describe, expect, test, vi } from "vitest";
import { memoryStorage } from "../../test/memory-storage.js";
import { Consent, type ConsentAnswer, inTurn } from "./consent.js";
import { type ConsentRecord, type ConsentStore, storageConsentStore } from "./consent-store.js";

const clock: Clock = { now: () => 0, wall: () => 1_234, after: () => () => {} };
const never = new AbortController().signal;
let partners = 0;

/** Of a partner that nobody said No to yet, unless one is given. */
function consentOf(
  ask: (scopes: readonly string[], signal: AbortSignal) => ConsentAnswer | Promise<ConsentAnswer>,
  options: { store?: ConsentStore; user?: string | null; id?: string; origin?: string } = {},
) {
  partners += 1;
  const storage = memoryStorage();
  // Nothing to watch where there is no window.
  const {
    store = { ...storageConsentStore(() => storage), watch: () => () => {} },
    user = "ada",
    id = `com.partner${partners}`,
  } = options;
  const partner = { partner: id, origin: options.origin ?? "https://partner.example" };
  return new Consent({ partner, user, store, clock, ask: async (scopes, signal) => ask(scopes, signal) });
}

describe("what the user said yes to", () => {
  test("is asked for once, and only for what is not held", async () => {
    const ask = vi.fn((scopes: readonly string[]) => scopes);
    const consent = consentOf(ask);
    await consent.request(["ticket:read"], never);
    await consent.request(["ticket:read", "ticket:write"], never);
    expect(ask.mock.calls.map(([scopes]) => scopes)).toEqual([["ticket:read"], ["ticket:write"]]);
    expect(consent.scopes).toEqual(["ticket:read", "ticket:write"]);
  });

  test("never holds more than was asked for", async () => {
    const consent = consentOf(() => ["ticket:read", "ticket:delete"]);
    await consent.request(["ticket:read"], never);
    expect(consent.scopes).toEqual(["ticket:read"]);
  });

  test("is remembered for this partner, origin and user alone", async () => {
    const storage = memoryStorage();
    const store = { ...storageConsentStore(() => storage), watch: () => () => {} };
    const of = (id: string, origin: string, user: string | null) => consentOf(() => [], { store, id, origin, user });
    await of("a", "https://a.example", "ada").add(["ticket:read"]);
    const held = async (consent: Consent) => {
      await consent.load();
      return consent.scopes;
    };
    expect(await held(of("a", "https://a.example", "ada"))).toEqual(["ticket:read"]);
    expect(await held(of("a", "https://a.example", "ben"))).toEqual([]);
    expect(await held(of("a", "https://b.example", "ada"))).toEqual([]);
    expect(await held(of("b", "https://a.example", "ada"))).toEqual([]);
    expect(await held(of("a", "https://a.example", null))).toEqual([]);
  });

  test("carries when it was given, and is gone when it is taken back", async () => {
    const records: ConsentRecord[] = [];
    const store: ConsentStore = {
      list: () => records,
      add: (added) => void records.push(...added),
      remove: async (_subject, scopes) => {
        for (const scope of scopes)
          records.splice(
            records.findIndex((record) => record.scope === scope),
            1,
          );
      },
    };
    const consent = consentOf(() => [], { store, id: "com.partner" });
    await consent.add(["ticket:read"]);
    expect(records).toEqual([
      { partner: "com.partner", origin: "https://partner.example", user: "ada", scope: "ticket:read", at: 1_234 },
    ]);
    const removed = consent.remove(["ticket:read"]);
    expect(consent.scopes).toEqual([]);
    await removed;
    expect(records).toEqual([]);
  });

  test("holds for the panel where the store fails", async () => {
    const fail = () => {
      throw new Error("blocked");
    };
    const consent = consentOf((scopes) => scopes, { store: { list: fail, add: fail, remove: fail } });
    await consent.load();
    await consent.request(["ticket:read"], never);
    expect(consent.scopes).toEqual(["ticket:read"]);
    await consent.remove(["ticket:read"]);
    expect(consent.scopes).toEqual([]);
  });
});

describe("a No", () => {
  test("is counted, and after the third one nobody is asked", async () => {
    const ask = vi.fn(() => "denied" as const);
    const consent = consentOf(ask, { id: "com.begging" });
    for (let times = 0; times < 5; times += 1) await consent.request(["ticket:write"], never);
    expect(ask).toHaveBeenCalledTimes(3);
    expect(consent.isSilent).toBe(true);
    expect(consentOf(ask, { id: "com.begging" }).isSilent).toBe(true);
    expect(consentOf(ask, { id: "com.begging", user: "ben" }).isSilent).toBe(false);
  });

  test("no answer, and none of the scopes, count for nothing", async () => {
    const answers: ConsentAnswer[] = ["unanswered", [], "unanswered", [], "denied", "denied"];
    const consent = consentOf(() => answers.shift() ?? "denied");
    for (let times = 0; times < 6; times += 1) await consent.request(["ticket:write"], never);
    expect(consent.isSilent).toBe(false);
  });
});

test("a hundred requests while a question is open are one question; what was not in it is asked after it", async () => {
  let settle: (answer: ConsentAnswer) => void = () => {};
  const ask = vi.fn((_scopes: readonly string[]) => new Promise<ConsentAnswer>((resolve) => (settle = resolve)));
  const consent = consentOf(ask);
  const requests = Array.from({ length: 100 }, () => consent.request(["ticket:write"], never));
  const other = consent.request(["file:write", "ticket:write"], never);
  await Promise.resolve();
  expect(ask).toHaveBeenCalledTimes(1);
  settle("denied");
  await Promise.all(requests);
  await vi.waitFor(() => expect(ask).toHaveBeenCalledTimes(2));
  expect(ask.mock.calls[1]?.[0]).toEqual(["file:write"]);
  settle(["file:write"]);
  await other;
  expect(consent.scopes).toEqual(["file:write"]);
});

test("a question stays for those who still wait when the one who began it goes, and goes with the last of them", async () => {
  const open: { scopes: readonly string[]; signal: AbortSignal; settle: (answer: ConsentAnswer) => void }[] = [];
  const consent = consentOf(
    (scopes, signal) =>
      new Promise<ConsentAnswer>((settle) => {
        open.push({ scopes, signal, settle });
        signal.addEventListener("abort", () => settle("unanswered"));
      }),
  );
  const [one, two, three] = [new AbortController(), new AbortController(), new AbortController()];
  const first = consent.request(["ticket:read"], one.signal);
  const second = consent.request(["ticket:read"], two.signal);
  one.abort();
  await first;
  expect(open.map(({ signal }) => signal.aborted)).toEqual([false]);
  open[0]?.settle(["ticket:read"]);
  await second;
  expect(consent.scopes).toEqual(["ticket:read"]);

  const third = consent.request(["ticket:write"], two.signal);
  const fourth = consent.request(["ticket:write"], three.signal);
  two.abort();
  three.abort();
  await Promise.all([third, fourth]);
  expect(open[1]?.signal.aborted).toBe(true);
  // Whoever asks now is asked for anew.
  const fifth = consent.request(["ticket:write"], never);
  open[2]?.settle(["ticket:write"]);
  await fifth;
  expect(open).toHaveLength(3);
  expect(consent.scopes).toEqual(["ticket:read", "ticket:write"]);
});

test("a question that could not be put is put again to the next who asks", async () => {
  const ask = vi.fn((scopes: readonly string[]) => Promise.resolve(scopes));
  ask.mockImplementationOnce(() => {
    throw new Error("no words");
  });
  const consent = new Consent({
    partner: { partner: "com.wordless", origin: "https://partner.example" },
    user: null,
    store: { list: () => [], add: () => {}, remove: () => {} },
    ask,
  });
  await expect(consent.request(["ticket:read"], never)).rejects.toThrow("no words");
  await consent.request(["ticket:read"], never);
  expect(consent.scopes).toEqual(["ticket:read"]);
});

test("questions of all panels of a page come one after the other, also after one that failed", async () => {
  const order: string[] = [];
  const question = (name: string, fails = false) =>
    inTurn(async () => {
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
      if (fails) throw new Error(name);
    });
  const first = question("first", true);
  const second = question("second");
  await expect(first).rejects.toThrow("first");
  await second;
  expect(order).toEqual(["first begins", "first ends", "second begins", "second ends"]);
});

test("whoever asks while the yes comes from elsewhere has it, and the question goes", async () => {
  const storage = memoryStorage();
  const store = { ...storageConsentStore(() => storage), watch: () => () => {} };
  const signals: AbortSignal[] = [];
  const ask = (_scopes: readonly string[], signal: AbortSignal) =>
    new Promise<ConsentAnswer>((resolve) => {
      signals.push(signal);
      signal.addEventListener("abort", () => resolve("unanswered"));
    });
  const first = consentOf(ask, { store, id: "com.shared" });
  const second = consentOf(ask, { store, id: "com.shared" });
  const asked = first.request(["ticket:read"], never);
  await second.add(["ticket:read"]);
  await asked;
  expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  expect(first.scopes).toEqual(["ticket:read"]);
});

test("a No answers every open question about the same, as one No; another question stays", async () => {
  const settles: ((answer: ConsentAnswer) => void)[] = [];
  const withdrawn: (readonly string[])[] = [];
  const ask = (scopes: readonly string[], signal: AbortSignal) =>
    new Promise<ConsentAnswer>((resolve) => {
      settles.push(resolve);
      signal.addEventListener("abort", () => {
        withdrawn.push(scopes);
        resolve("unanswered");
      });
    });
  const panels = Array.from({ length: 4 }, () => consentOf(ask, { id: "com.many", user: null }));
  const [one, two, three, other] = panels as [Consent, Consent, Consent, Consent];
  const settled = Promise.all([one, two, three].map((panel) => panel.request(["ticket:read"], never)));
  const apart = other.request(["ticket:write"], never);
  settles[0]?.("denied");
  await settled;
  expect(withdrawn).toEqual([["ticket:read"], ["ticket:read"]]);
  settles[3]?.(["ticket:write"]);
  await apart;
  expect(other.scopes).toEqual(["ticket:write"]);
  expect(one.isSilent).toBe(false);
});

test("the third No takes away every question of that partner that is still open", async () => {
  const answers: ConsentAnswer[] = ["denied", "denied", "denied"];
  const consent = consentOf(() => answers.shift() ?? "unanswered", { id: "com.third", user: "cy" });
  let isWithdrawn = false;
  const waiting = consentOf(
    (_scopes, signal) =>
      new Promise<ConsentAnswer>((resolve) =>
        signal.addEventListener("abort", () => {
          isWithdrawn = true;
          resolve("unanswered");
        }),
      ),
    { id: "com.third", user: "cy" },
  );
  const left = waiting.request(["ticket:read"], never);
  await consent.request(["a:b"], never);
  await consent.request(["a:b"], never);
  expect(isWithdrawn).toBe(false);
  await consent.request(["a:b"], never);
  await left;
  expect(isWithdrawn).toBe(true);
});

test("each decision is told once, with how long the user took", async () => {
  const decisions: unknown[] = [];
  let time = 0;
  const answers: ConsentAnswer[] = [["ticket:read"], "denied", "denied", "denied"];
  const consent = new Consent({
    partner: { partner: "com.decisions", origin: "https://partner.example" },
    user: null,
    store: { list: () => [], add: () => {}, remove: () => {} },
    clock: { now: () => time, wall: () => 0, after: () => () => {} },
    ask: async () => {
      time += 700;
      return answers.shift() ?? "unanswered";
    },
    onDecision: (...decision) => decisions.push(decision),
  });
  await consent.request(["ticket:read", "ticket:write"], never);
  for (let times = 0; times < 4; times += 1) await consent.request(["ticket:write"], never);
  await consent.add(["ticket:write"]);
  expect(decisions).toEqual([
    ["refused", ["ticket:write"], 700],
    ["granted", ["ticket:read"], 700],
    ["refused", ["ticket:write"], 700],
    ["refused", ["ticket:write"], 700],
    ["refused", ["ticket:write"], 700],
    ["silent", ["ticket:write"], 0],
    ["granted", ["ticket:write"], 0],
  ]);
});
