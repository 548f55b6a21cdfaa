/**
 * Remembers what may be used once: assertions and DPoP proofs. One process can do with {@link memoryReplayStore}; where
 * several share the work, they must share the store too, or each would accept the same assertion once.
 */
export interface ReplayStore {
  /**
   * Remembers `key` for `ttlSeconds`, and tells whether it was new. Must be atomic: of any number of calls with one key,
   * in any number of processes, exactly one gets `true`. Find-then-save is not enough.
   *
   * @throws {RangeError} `ttlSeconds` is not above 0 and finite: such a key would be forgotten at once, or never.
   */
  add(key: string, ttlSeconds: number): Promise<boolean>;
  /** Whether `key` is remembered now. */
  has(key: string): Promise<boolean>;
}

/** @throws {RangeError} See `add` of {@link ReplayStore}. */
export function checkTtl(ttlSeconds: number): void {
  if (!(Number.isFinite(ttlSeconds) && ttlSeconds > 0)) {
    throw new RangeError(`A key is kept for a time in seconds, above 0, not for ${ttlSeconds}.`);
  }
}

/**
 * A replay store for one process. It forgets on a restart: an assertion seen in the last minute could then be used again,
 * by whoever has both the assertion and its key.
 *
 * Time is monotonic, so that setting the clock back does not bring a used key back to life.
 *
 * @param options.maxEntries Keys held at one time, 100,000 if left out. Only requests with a valid signature of a
 *   trusted issuer get this far. When full, `add` rejects: forgetting early would be a hole, refusing is none.
 */
export function memoryReplayStore({ maxEntries = 100_000 }: { maxEntries?: number } = {}): ReplayStore {
  const expiries = new Map<string, number>();
  let nextSweep = 0;

  const held = (key: string, now: number) => (expiries.get(key) ?? 0) > now;

  const sweep = (now: number) => {
    // At most once a second, and only when something is added: no timer that would keep a process alive.
    if (now < nextSweep && expiries.size < maxEntries) return;
    nextSweep = now + 1000;
    for (const [key, expiry] of expiries) if (expiry <= now) expiries.delete(key);
  };

  return {
    async add(key, ttlSeconds) {
      checkTtl(ttlSeconds);
      const now = performance.now();
      if (held(key, now)) return false;
      sweep(now);
      if (expiries.size >= maxEntries) throw new RangeError(`The replay store is full (${maxEntries} keys).`);
      expiries.set(key, now + ttlSeconds * 1000);
      return true;
    },
    async has(key) {
      return held(key, performance.now());
    },
  };
}
