import type { Clock } from "../src/index.js";

/** A clock that stands still until it is told: limits in time are tested without waiting. */
export class ManualClock implements Clock {
  #now = 1_000;
  wallOffset = 1_700_000_000_000;
  readonly #timers = new Set<{ due: number; run: () => void }>();

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.wallOffset + this.#now;
  }

  after(milliseconds: number, run: () => void): () => void {
    const timer = { due: this.#now + milliseconds, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves time on, running what falls due in its order. */
  advance(milliseconds: number): void {
    const end = this.#now + milliseconds;
    for (;;) {
      const next = [...this.#timers].filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0];
      if (!next) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.due);
      next.run();
    }
    this.#now = end;
  }

  get waiting(): number {
    return this.#timers.size;
  }
}
