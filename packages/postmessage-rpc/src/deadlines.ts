import type { Clock } from "./clock.js";

/** Something with a time limit: the entry itself waits, so that a call needs no object beside its own. */
export interface Deadline {
  /** Monotonic milliseconds, of the session's clock. */
  due: number;
  expire(): void;
}

/**
 * Many time limits on one timer: a session with thousands of calls in flight arms one, not thousands. The timer is left armed
 * when nothing waits any more, for the next call to use: arming and disarming one for each call costs as much as the call.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #waiting = new Set<Deadline>();
  #disarm: (() => void) | null = null;
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(deadline: Deadline): void {
    this.#waiting.add(deadline);
    if (deadline.due < this.#armedFor) this.#arm(deadline.due);
  }

  /** Moves a deadline that still waits. */
  move(deadline: Deadline, due: number): void {
    if (!this.#waiting.has(deadline)) return;
    deadline.due = due;
    if (due < this.#armedFor) this.#arm(due);
  }

  delete(deadline: Deadline): void {
    this.#waiting.delete(deadline);
  }

  /** The end of the session: no timer is left. */
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
      if (deadline.due > now) next = Math.min(next, deadline.due);
      else if (this.#waiting.delete(deadline)) deadline.expire();
    }
    if (next < this.#armedFor) this.#arm(next);
  }
}
