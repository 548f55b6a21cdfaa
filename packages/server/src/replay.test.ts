import { afterEach, describe, expect, it, vi } from "vitest";
import { memoryReplayStore } from "./replay.js";

afterEach(() => {
  vi.useRealTimers();
});

describe("memoryReplayStore", () => {
  it("adds a key once, until its time is over", async () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const store = memoryReplayStore();
    expect(await store.has("a")).toBe(false);
    expect(await store.add("a", 10)).toBe(true);
    expect(await store.add("b", 10)).toBe(true);
    vi.advanceTimersByTime(9_999);
    expect([await store.has("a"), await store.add("a", 10)]).toEqual([true, false]);
    vi.advanceTimersByTime(1);
    expect([await store.has("a"), await store.add("a", 10)]).toEqual([false, true]);
  });

  it("gives one yes to a hundred that ask at once", async () => {
    const store = memoryReplayStore();
    const answers = await Promise.all(Array.from({ length: 100 }, () => store.add("jti", 60)));
    expect(answers.filter(Boolean)).toHaveLength(1);
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
