/** The one source of time, so that tests need not wait: everything in this package that waits, waits through it. */
export interface Clock {
  /** Monotonic milliseconds: for durations and deadlines. It does not follow the wall clock when that is set. */
  now(): number;
  /** Milliseconds since the epoch: for `expiresAt` and audit events. */
  wall(): number;
  /** Calls `run` after that many milliseconds; the returned function takes it back. */
  after(milliseconds: number, run: () => void): () => void;
}

export const systemClock: Clock = Object.freeze({
  now: () => performance.now(),
  wall: () => Date.now(),
  after: (milliseconds: number, run: () => void) => {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
});
