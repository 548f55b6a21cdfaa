import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { SignInPort } from "./sign-in-port.js";
import { TokenKeeper } from "./token-keeper.js";

/** A clock as a browser's timers are: one that is to wait for 2^31 ms or more waits for nothing. */
function browserClock() {
  let now = 0;
  let next: { at: number; run: () => void } | undefined;
  return {
    now: () => now,
    wall: () => now,
    after: (delay: number, run: () => void) => {
      const timer = { at: now + (delay < 2 ** 31 ? Math.max(1, delay) : 1), run };
      next = timer;
      return () => {
        if (next === timer) next = undefined;
      };
    },
    /** Goes on to the next timer; false: there is none by then. */
    step(until: number): boolean {
      const timer = next;
      if (!timer || timer.at > until) return false;
      next = undefined;
      now = timer.at;
      timer.run();
      return true;
    },
  };
}

const seconds = fc.oneof(
  fc.constantFrom(0, 1e-9, 5, 300, 2 ** 31 / 1_000, 2 ** 31 / 750, 1e12, Number.MAX_VALUE),
  fc.double({ min: 0, max: 60, noNaN: true }),
  fc.double({ min: 60, max: 1e8, noNaN: true }),
);

it("renews a token of whatever life in time, and never on and on", async () => {
  await fc.assert(
    fc.asyncProperty(seconds, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), async (life, random) => {
      const clock = browserClock();
      const asked: number[] = [];
      const port = { clock, random: () => random, isHidden: () => false, onAwake: () => () => {} };
      const end = new AbortController();
      const obtain = async () => {
        asked.push(clock.now());
        return { text: "t", life, account: null };
      };
      const listener = { onStart: () => {}, onToken: () => {}, onFailure: () => {} };
      const keeper = new TokenKeeper(obtain, { ...port, signal: end.signal } as unknown as SignInPort, listener);
      await keeper.valid();
      // Until it has been renewed three times, or for 100 days.
      for (let steps = 0; asked.length < 4 && clock.step(100 * 86_400_000); steps += 1) {
        expect(steps).toBeLessThan(200);
        await new Promise(setImmediate);
      }
      end.abort();
      expect(clock.step(Number.POSITIVE_INFINITY)).toBe(false);
      const pauses = asked.slice(1).map((at, index) => at - (asked[index] ?? 0));
      const due = Math.max(5_000, life * 1_000 * (0.75 + 0.05 * random));
      if (due < 33 * 86_400_000) expect(pauses).toHaveLength(3);
      for (const pause of pauses) expect(Math.abs(pause - due)).toBeLessThanOrEqual(due * 1e-9 + 1);
    }),
  );
});
