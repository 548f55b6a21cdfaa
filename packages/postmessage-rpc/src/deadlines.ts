import type { Clock } from "./clock.js";

export interface Deadline {
  due: number;
  readonly run: () => void;
}

/**
 * Many time limits on one timer: a session with thousands of calls in flight arms one, not thousands, and one with none arms
 * none.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #waiting = new Set<Deadline>();
  #disarm: (() => void) | null = null;
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(milliseconds: number, run: () => void): Deadline {
    const deadline = { due: this.#clock.now() + milliseconds, run };
    this.#waiting.add(deadline);
    if (deadline.due < this.#armedFor) this.#arm(deadline.due);
    return deadline;
  }

  /** Moves a deadline that still waits. */
  move(deadline: Deadline, due: number): void {
    if (!this.#waiting.has(deadline)) return;
    deadline.due = due;
    if (due < this.#armedFor) this.#arm(due);
  }

  /** Takes a deadline back. The timer is left for the next one to use, unless nothing waits any more. */
  delete(deadline: Deadline): void {
    if (this.#waiting.delete(deadline) && this.#waiting.size === 0) this.clear();
  }

  clear(): void {
    this.#waiting.clear();
    this.#disarm?.();
    this.#disarm = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
  }

  #arm(due: number): void {
    this.#disarm?.();
    this.#armedFor = due;
    this.#disarm = this.#clock.after(Math.max(0, due - this.#clock.now()), () => this.#fire());
  }

  #fire(): void {
    this.#disarm = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const deadline of [...this.#waiting]) {
      if (deadline.due > now) {
        next = Math.min(next, deadline.due);
      } else if (this.#waiting.delete(deadline)) {
        deadline.run();
      }
    }
    if (next < this.#armedFor) this.#arm(next);
  }
}
