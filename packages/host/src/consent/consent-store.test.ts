import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryStorage } from "../../test/memory-storage.js";
import { type ConsentRecord, storageConsentStore } from "./consent-store.js";

const ada = { partner: "com.partner", origin: "https://partner.example", user: "ada" };

test("a name cannot pass for two in the store's keys", () => {
  const storage = memoryStorage();
  const store = storageConsentStore(() => storage);
  store.add([{ partner: 'a","b', origin: "o", user: "u", scope: "s", at: 1 }]);
  expect(store.list({ partner: "a", origin: "b", user: "o" })).toEqual([]);
  expect(store.list({ partner: 'a","b', origin: "o", user: "u" })).toHaveLength(1);
});

test("whatever else stands in the storage is not read, and not touched", () => {
  const storage = memoryStorage();
  const store = storageConsentStore(() => storage);
  const others = [
    "unrelated",
    '["partner-panel.consent"',
    '["partner-panel.consent","a"]',
    '["partner-panel.consent",1,2,3,4]',
  ];
  for (const key of others) storage.setItem(key, "1");
  expect(store.listAll("u")).toEqual([]);
  store.remove({ partner: "a", origin: "b", user: "c" }, ["d"]);
  expect(storage.length).toBe(others.length);
});

test("lists exactly what was added and not removed, to the user it is of, whatever the names", () => {
  const name = fc.oneof(fc.constantFrom("a", "b", '"', "\\", '","'), fc.string({ maxLength: 6 }));
  const record = fc.record({ partner: name, origin: name, user: name, scope: name, at: fc.nat() });
  const action = fc.record({ record, isAdding: fc.boolean() });
  fc.assert(
    fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
      const storage = memoryStorage();
      const store = storageConsentStore(() => storage);
      const expected = new Map<string, ConsentRecord>();
      for (const { record, isAdding } of actions) {
        const { partner, origin, user, scope } = record;
        const key = JSON.stringify([partner, origin, user, scope]);
        if (isAdding) expected.set(key, record);
        else expected.delete(key);
        if (isAdding) store.add([record]);
        else store.remove(record, [scope]);
      }
      for (const { record } of actions) {
        const mine = [...expected.values()].filter(({ user }) => user === record.user);
        expect(store.listAll(record.user)).toEqual(expect.arrayContaining(mine));
        expect(store.listAll(record.user)).toHaveLength(mine.length);
        const ofPartner = mine.filter(({ partner, origin }) => partner === record.partner && origin === record.origin);
        expect(store.list(record)).toHaveLength(ofPartner.length);
      }
    }),
  );
});

test("a last use stands beside its record, goes with it, and brings none back", () => {
  const storage = memoryStorage();
  const store = storageConsentStore(() => storage);
  store.add([{ ...ada, scope: "ticket:read", at: 1 }]);
  store.used(ada, "ticket:read", 2);
  expect(store.list(ada)).toEqual([{ ...ada, scope: "ticket:read", at: 1, lastUsed: 2 }]);
  store.remove(ada, ["ticket:read"]);
  expect(storage.length).toBe(0);
  store.used(ada, "ticket:read", 3);
  expect(store.list(ada)).toEqual([]);
  expect(storage.length).toBe(0);
});
