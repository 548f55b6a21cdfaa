import type { Clock } from "@partner-panel/postmessage-rpc";
import { afterEach, expect, test, vi } from "vitest";
import { memoryStorage } from "../test/memory-storage.js";
import type { ConsentChange } from "./consent-book.js";
import { type OpenBook, onRecords, openBook } from "./consent-shelf.js";
import { type ConsentRecord, type ConsentStore, storageConsentStore } from "./consent-store.js";

const ada = { partner: "com.partner", origin: "https://partner.example", user: "ada" };
const opened: OpenBook[] = [];
afterEach(() => {
  for (const { close } of opened.splice(0)) close();
});

function open(store: ConsentStore, onChange: (change: ConsentChange) => void = () => {}, user: string | null = "ada") {
  const one = openBook(store, { ...ada, user }, onChange, clock);
  opened.push(one);
  return one.book;
}

let now = 0;
const clock: Clock = { now: () => now, wall: () => 1_000 + now, after: () => () => {} };

/** A store whose answers come when the test says so, and which tells of changes made elsewhere. */
function slowStore() {
  const records = new Map<string, ConsentRecord>();
  const watchers = new Set<() => void>();
  const waiting: (() => void)[] = [];
  const later = <T>(run: () => T) =>
    new Promise<T>((resolve, reject) =>
      waiting.push(() => {
        try {
          resolve(run());
        } catch (error) {
          reject(error);
        }
      }),
    );
  let isBroken = false;
  const works = () => {
    if (isBroken) throw new Error("away");
  };
  const store: ConsentStore = {
    // Read at once and answered later, as a server does.
    list: () => {
      const read = [...records.values()];
      return later(() => {
        works();
        return read;
      });
    },
    add: (added) =>
      later(() => {
        works();
        for (const record of added) records.set(record.scope, record);
      }),
    remove: (_subject, scopes) =>
      later(() => {
        works();
        for (const scope of scopes) records.delete(scope);
      }),
    watch: (run) => {
      watchers.add(run);
      return () => watchers.delete(run);
    },
  };
  return {
    store,
    records,
    watchers,
    breaks: (is: boolean) => {
      isBroken = is;
    },
    changed: () => {
      for (const run of watchers) run();
    },
    /** Lets the store answer what it was asked, until nothing more is asked. */
    async settle() {
      for (let idle = 0; idle < 10; idle += 1) {
        const run = waiting.shift();
        if (run) idle = 0;
        run?.();
        await Promise.resolve();
      }
    },
    /** Answers one question, the newest first. */
    answerNewest: () => waiting.pop()?.(),
  };
}

test("all who open it have the same book, and each is told while the change holds", () => {
  const storage = memoryStorage();
  const store: ConsentStore = { ...storageConsentStore(() => storage), watch: () => () => {} };
  const seen: unknown[] = [];
  const first = open(store, (change) => seen.push(["first", change, second.scopes]));
  const second = open(store, (change) => seen.push(["second", change, first.scopes]));
  void first.add(["ticket:read"]);
  const change = { added: ["ticket:read"], removed: [] };
  expect(seen).toEqual([
    ["first", change, ["ticket:read"]],
    ["second", change, ["ticket:read"]],
  ]);
  seen.length = 0;
  void second.remove(["ticket:read", "ticket:write"]);
  expect(first.scopes).toEqual([]);
  expect(seen).toHaveLength(2);
  const nobody = open(store, () => {}, null);
  void nobody.add(["ticket:read"]);
  expect(open(store, () => {}, null).scopes).toEqual([]);
  expect(first.scopes).toEqual([]);
});

test("follows the store: what goes elsewhere goes here, what comes there comes here", async () => {
  const { store, records, changed, settle } = slowStore();
  const changes: ConsentChange[] = [];
  const book = open(store, (change) => changes.push(change));
  records.set("ticket:read", { ...ada, scope: "ticket:read", at: 1 });
  changed();
  await settle();
  records.clear();
  records.set("ticket:write", { ...ada, scope: "ticket:write", at: 1 });
  changed();
  await settle();
  expect(changes).toEqual([
    { added: ["ticket:read"], removed: [] },
    { added: ["ticket:write"], removed: ["ticket:read"] },
  ]);
  expect(book.scopes).toEqual(["ticket:write"]);
});

test("a list that was read before something was taken back cannot bring it back", async () => {
  const { store, records, changed, settle, answerNewest } = slowStore();
  const book = open(store);
  records.set("ticket:read", { ...ada, scope: "ticket:read", at: 1 });
  changed();
  await settle();
  changed(); // reads it still
  void book.remove(["ticket:read"]);
  expect(book.scopes).toEqual([]);
  answerNewest(); // removed from the store; the older list is still on its way
  await settle();
  expect(book.scopes).toEqual([]);
  expect(records.size).toBe(0);
});

test("what could not be removed stays withheld, and what could not be added stays held", async () => {
  const { store, records, changed, settle, breaks } = slowStore();
  records.set("ticket:read", { ...ada, scope: "ticket:read", at: 1 });
  const book = open(store);
  changed();
  await settle();
  breaks(true);
  const removed = expect(book.remove(["ticket:read"])).rejects.toThrow("away");
  const added = expect(book.add(["ticket:write"])).rejects.toThrow("away");
  await settle();
  await Promise.all([removed, added]);
  breaks(false);
  changed();
  await settle();
  expect(book.scopes).toEqual(["ticket:write"]);
  expect([...records.keys()]).toEqual(["ticket:read"]);
  const allowed = book.add(["ticket:read"]);
  await settle();
  await allowed;
  expect(book.scopes).toEqual(["ticket:write", "ticket:read"]);
});

test("a store that cannot be read any more changes nothing", async () => {
  const { store, records, changed, settle, breaks } = slowStore();
  records.set("ticket:read", { ...ada, scope: "ticket:read", at: 1 });
  const book = open(store);
  changed();
  await settle();
  breaks(true);
  changed();
  await settle();
  expect(book.scopes).toEqual(["ticket:read"]);
});

test("uses are noted at most once a minute for each scope, and only of what is held", async () => {
  const used = vi.fn();
  const book = open({ list: () => [], add: () => {}, remove: () => {}, used });
  book.used("ticket:read");
  void book.add(["ticket:read", "ticket:write"]);
  for (const [at, scope] of [
    [0, "ticket:read"],
    [59_999, "ticket:read"],
    [59_999, "ticket:write"],
    [60_000, "ticket:read"],
  ] as const) {
    now = at;
    book.used(scope);
  }
  await vi.waitFor(() => expect(used).toHaveBeenCalledTimes(3));
  expect(used.mock.calls.map(([, scope, at]) => [scope, at])).toEqual([
    ["ticket:read", 1_000],
    ["ticket:write", 60_999],
    ["ticket:read", 61_000],
  ]);
  now = 0;
});

test("whoever lists records is told when the store has them, and nothing is watched when nobody is there", async () => {
  const { store, settle, watchers, records } = slowStore();
  const told: number[] = [];
  const stop = onRecords(store, () => told.push(records.size));
  const one = openBook(store, ada, () => {}, clock);
  const other = openBook(store, { ...ada, user: "ben" }, () => {}, clock);
  expect(watchers.size).toBe(1);
  void one.book.add(["ticket:read"]);
  expect(told).toEqual([]);
  await settle();
  expect(told).toEqual([1]);
  one.close();
  stop();
  expect(watchers.size).toBe(1);
  other.close();
  expect(watchers.size).toBe(0);
});

test("a store that cannot be watched can still be used", () => {
  const watch = () => {
    throw new Error("not here");
  };
  const book = open({ list: () => [], add: () => {}, remove: () => {}, watch });
  void book.add(["ticket:read"]);
  expect(book.scopes).toEqual(["ticket:read"]);
});
