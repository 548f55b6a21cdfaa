import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type Database, openDatabase } from "./database.js";
import { openReplayStore } from "./replay-store.js";

let directory: string;
let database: Database;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "partner-panel-replay-"));
  database = await openDatabase(join(directory, "replay.db"), []);
});
afterAll(async () => {
  database.close();
  await rm(directory, { recursive: true, force: true });
});
afterEach(() => {
  vi.useRealTimers();
});

const rows = async () => Number((await database.execute("SELECT count(*) AS n FROM replay")).rows[0]?.["n"]);

describe("openReplayStore", () => {
  test("holds a key as long as it is told to, in every store over the database, and then keeps nothing of it", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const [one, two] = [await openReplayStore(database), await openReplayStore(database)];
    expect(await Promise.all([one.add("a", 10), two.add("a", 10)])).toContain(true);
    vi.setSystemTime(Date.now() + 9_999);
    expect([await one.has("a"), await two.add("a", 10)]).toEqual([true, false]);
    vi.setSystemTime(Date.now() + 1);
    expect([await two.has("a"), await one.add("b", 10)]).toEqual([false, true]);
    expect(await rows(), "but for what is held").toBe(1);
    expect(await two.add("a", 10)).toBe(true);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("a time of %d seconds is none", async (ttl) => {
    const store = await openReplayStore(database);
    await expect(store.add("odd", ttl)).rejects.toThrow(RangeError);
    expect(await store.has("odd")).toBe(false);
  });

  test("of many at once exactly one is the first", async () => {
    const stores = await Promise.all([1, 2, 3].map(() => openReplayStore(database)));
    const added = await Promise.all(Array.from({ length: 30 }, (_, index) => stores[index % 3]?.add("raced", 60)));
    expect(added.filter(Boolean)).toHaveLength(1);
  });
});
