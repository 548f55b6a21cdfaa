import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Postgres, startPostgres } from "../test/postgres.js";
import { postgresReplayStore } from "./postgres.js";
import { memoryReplayStore, type ReplayStore } from "./replay.js";

afterEach(() => {
  vi.useRealTimers();
});

/** What every replay store owes those who rest on it. `open` gives a further access to the same store, as of another process. */
function behavesAsReplayStore(open: () => ReplayStore): void {
  let one: ReplayStore;
  let two: ReplayStore;
  const key = () => `assertion https://desk.example ${randomUUID()}`;

  beforeAll(() => {
    one = open();
    two = open();
  });

  it("adds a key once, and tells whether it holds one", async () => {
    const jti = key();
    expect([await one.has(jti), await one.add(jti, 60), await one.has(jti), await two.has(jti)]).toEqual([
      false,
      true,
      true,
      true,
    ]);
    expect([await one.add(jti, 60), await two.add(jti, 60), await one.add(key(), 60)]).toEqual([false, false, true]);
  });

  it("forgets a key when its time is over, not before, and then adds it once again", { timeout: 20_000 }, async () => {
    const [short, long] = [key(), key()];
    await one.add(long, 600);
    await one.add(short, 0.2);
    await expect.poll(() => one.has(short), { interval: 20, timeout: 15_000 }).toBe(false);
    expect(await one.has(long)).toBe(true);
    const answers = await Promise.all([one, two, one, two].map((store) => store.add(short, 60)));
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect([await one.has(short), await one.add(long, 60)]).toEqual([true, false]);
  });

  it("a refused add does not lengthen the time of a key", { timeout: 20_000 }, async () => {
    const jti = key();
    // Long enough for a second try within it, on a busy machine too.
    await one.add(jti, 2);
    expect(await one.add(jti, 600)).toBe(false);
    await expect.poll(() => one.has(jti), { interval: 50, timeout: 15_000 }).toBe(false);
  });

  it.each([Number.NaN, undefined, 0, -1, Number.POSITIVE_INFINITY, "60"])("keeps nothing for %s s", async (ttl) => {
    const jti = key();
    await expect(one.add(jti, ttl as number)).rejects.toThrow(RangeError);
    expect([await one.has(jti), await one.add(jti, 60)]).toEqual([false, true]);
  });

  it("gives one yes to a hundred that ask at once, whichever way they come", async () => {
    for (let round = 0; round < 5; round += 1) {
      const jti = key();
      const answers = await Promise.all(Array.from({ length: 100 }, (_, n) => (n % 2 ? one : two).add(jti, 60)));
      expect(answers.filter(Boolean)).toHaveLength(1);
    }
  });

  it.each([
    ["empty", ""],
    ["with what SQL means something by", "'; DROP TABLE partner_panel_replay; --"],
    ["with a NUL, which PostgreSQL's text cannot hold", "a\u0000b"],
    ["of emoji", "🗝️".repeat(64)],
    ["of 10,000 characters", "x".repeat(10_000)],
  ])("takes a key %s, and tells it from others", async (_, odd) => {
    const jti = `${key()} ${odd}`;
    expect([await one.add(jti, 60), await two.add(jti, 60), await two.add(`${jti}.`, 60)]).toEqual([true, false, true]);
  });
}

describe("memoryReplayStore", () => {
  const shared = memoryReplayStore();
  behavesAsReplayStore(() => shared);

  it("keeps time by the second", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const store = memoryReplayStore();
    await store.add("a", 10);
    vi.advanceTimersByTime(9_999);
    expect([await store.has("a"), await store.add("a", 10)]).toEqual([true, false]);
    vi.advanceTimersByTime(1);
    expect([await store.has("a"), await store.add("a", 10)]).toEqual([false, true]);
  });

  it("does not forget when the clock is set back or forth", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const store = memoryReplayStore();
    await store.add("a", 10);
    for (const date of ["2001-01-01", "2101-01-01"]) {
      vi.setSystemTime(new Date(date));
      expect(await store.add("a", 10)).toBe(false);
    }
  });

  it("rejects when full, and has room again for what expired", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const store = memoryReplayStore({ maxEntries: 2 });
    await store.add("a", 1);
    await store.add("b", 100);
    await expect(store.add("c", 1)).rejects.toThrow(RangeError);
    expect(await store.has("a")).toBe(true);
    vi.advanceTimersByTime(1_000);
    expect(await store.add("c", 1)).toBe(true);
    expect(await store.has("b")).toBe(true);
  });
});

describe("postgresReplayStore", () => {
  let postgres: Postgres;

  beforeAll(async () => {
    postgres = await startPostgres();
    const store = postgresReplayStore(postgres.pool);
    // As when several processes start at once.
    await Promise.all(Array.from({ length: 8 }, () => store.prepare()));
    await store.prepare();
  }, 60_000);

  afterAll(() => postgres?.stop());

  behavesAsReplayStore(() => postgresReplayStore(postgres.pool));

  it("sweeps what expired as it goes, so that the table does not grow, and nothing else", async () => {
    const store = postgresReplayStore(postgres.pool, { table: "swept" });
    await store.prepare();
    await store.add("stays", 600);
    for (let n = 0; n < 25; n += 1) {
      await store.add(`goes ${n}`, 60);
      await postgres.pool.query(
        "UPDATE swept SET expires_at = clock_timestamp() - interval '1 s' WHERE expires_at < clock_timestamp() + interval '100 s'",
      );
    }
    await store.add("stays too", 600);
    const { rows } = await postgres.pool.query("SELECT count(*)::int AS count FROM swept");
    expect(rows).toEqual([{ count: 2 }]);
    expect([await store.has("stays"), await store.has("stays too")]).toEqual([true, true]);
  });

  it("finds what expired by an index, made once", async () => {
    const { rows } = await postgres.pool.query("SELECT indexdef FROM pg_indexes WHERE tablename = $1", [
      "partner_panel_replay",
    ]);
    expect(rows.map(({ indexdef }) => /\((.*)\)/.exec(indexdef)?.[1]).sort()).toEqual(["expires_at", "key"]);
  });

  it("keeps no key that could be read", async () => {
    const store = postgresReplayStore(postgres.pool);
    await store.add("canary-jti", 60);
    const { rows } = await postgres.pool.query("SELECT * FROM partner_panel_replay");
    expect(JSON.stringify(rows.map(({ key }) => String(key)))).not.toContain("canary");
  });

  it("rejects when the database does not answer, rather than say yes", async () => {
    const nowhere = postgresReplayStore(postgres.pool, { table: "not_there" });
    await expect(nowhere.add("a", 60)).rejects.toThrow("not_there");
    await expect(nowhere.has("a")).rejects.toThrow("not_there");
  });
});

describe("the suite notices a store that looks first and then saves", () => {
  it("for it says yes twice", async () => {
    const held = new Set<string>();
    const racing = async (key: string) => {
      const isNew = !held.has(key);
      await Promise.resolve();
      held.add(key);
      return isNew;
    };
    const answers = await Promise.all([racing("jti"), racing("jti")]);
    expect(answers).toEqual([true, true]);
  });
});
