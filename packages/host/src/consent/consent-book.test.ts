import type { Clock } from "@partner-panel/postmessage-rpc";
import { afterEach, expect, test, vi } from "vitest";
import { memoryStorage } from "../../test/memory-storage.js";
import type { ConsentChange } from "./consent-book.js";
import { type OpenBook, onRecords, openBook } from "./consent-shelf.js";
import { type ConsentRecord, type ConsentStore, storageConsentStore } from "./consent-store.js";
import { forgetNobody } from "./nobody.js";

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
});

test("with no user a yes is for the page alone, until somebody signs in or out", () => {
  const storage = memoryStorage();
  const store: ConsentStore = { ...storageConsentStore(() => storage), watch: () => () => {} };
  const opens = (user: string | null, partner = ada.partner) =>
    openBook(store, { ...ada, partner, user }, () => {}, clock);
  const first = opens(null);
  void first.book.add(["ticket:read"]);
  first.close();
  expect(storage.length).toBe(0);
  expect(opens(null).book.scopes).toEqual(["ticket:read"]);
  expect(opens(null, "com.other").book.scopes).toEqual([]);
  const somebody = opens("ada");
  expect(somebody.book.scopes).toEqual([]);
  somebody.close();
  const after = opens(null);
  expect(after.book.scopes).toEqual([]);
  void after.book.add(["ticket:read"]);
  expect(opens(null).book.scopes).toEqual(["ticket:read"]);
  forgetNobody();
  expect(opens(null).book.scopes).toEqual([]);
  expect(storage.length).toBe(0);
});

test("what is being taken back stays so for who opens the book before the store has done it", async () => {
  const { store, records, settle, watchers } = slowStore();
  records.set("ticket:read", { ...ada, scope: "ticket:read", at: 1 });
  const one = openBook(store, ada, () => {}, clock);
  void one.book.load();
  await settle();
  expect(one.book.scopes).toEqual(["ticket:read"]);
  const removed = one.book.remove(["ticket:read"]);
  one.close();
  expect(watchers.size).toBe(0);
  const again = open(store);
  // The store still has it when it is read.
  const loaded = again.load();
  await settle();
  await Promise.all([removed, loaded]);
  expect(again.scopes).toEqual([]);
  expect(records.size).toBe(0);
});

test("what the store could not do holds for the page, also when nobody reads the book for a while; all else is read anew", async () => {
  const { store, records, settle, breaks } = slowStore();
  for (const scope of ["ticket:read", "ticket:list"]) records.set(scope, { ...ada, scope, at: 1 });
  const one = openBook(store, ada, () => {}, clock);
  void one.book.load();
  await settle();
  breaks(true);
  const removed = expect(one.book.remove(["ticket:read"])).rejects.toThrow("away");
  const added = expect(one.book.add(["ticket:write"])).rejects.toThrow("away");
  one.close();
  await settle();
  await Promise.all([removed, added]);
  const again = openBook(store, ada, () => {}, clock);
  void again.book.load();
  await settle();
  expect(again.book.scopes).toEqual(["ticket:write"]);
  breaks(false);
  void again.book.load();
  await settle();
  expect(again.book.scopes).toEqual(["ticket:write", "ticket:list"]);
  const undone = [again.book.remove(["ticket:read"]), again.book.add(["ticket:write"])];
  again.close();
  await settle();
  await Promise.all(undone);
  // Nothing is left that the store does not have, so a book of its own begins.
  const anew = open(store);
  expect(anew).not.toBe(again.book);
  void anew.load();
  await settle();
  expect(anew.scopes).toEqual(["ticket:list", "ticket:write"]);
});

test("of two readings the one begun later counts, whichever ends first; who waits for the other waits for it", async () => {
  const { store, records, changed, settle, answerNewest } = slowStore();
  const book = open(store);
  records.set("ticket:read", { ...ada, scope: "ticket:read", at: 1 });
  let held: readonly string[] | null = null;
  const loaded = book.load().then(() => {
    held = book.scopes;
  });
  records.clear();
  records.set("ticket:list", { ...ada, scope: "ticket:list", at: 1 });
  changed(); // another tab took it back
  answerNewest();
  await settle();
  await loaded;
  expect(held).toEqual(["ticket:list"]);
  expect(book.scopes).toEqual(["ticket:list"]);
});

test("a reading that another overtook ends with that one", async () => {
  const { store, records, changed, settle } = slowStore();
  const book = open(store);
  const held = book.load().then(() => book.scopes);
  records.set("ticket:read", { ...ada, scope: "ticket:read", at: 1 });
  changed();
  await settle();
  expect(await held).toEqual(["ticket:read"]);
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
