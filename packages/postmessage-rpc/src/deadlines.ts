import type { Clock } from "./clock.js";

/** Something with a time limit. */
export interface Deadline {
  /** Monotonic milliseconds, of the session's clock; Infinity where there is no limit. */
  due: number;
  /** The limit has passed: whoever keeps the entry takes it out. */
  expire(): void;
}

/** A timer of a browser that is set for longer fires at once. */
const longestTimer = 2_147_483_647;

/**
 * Many time limits on one timer: a session with thousands of calls in flight arms one, not thousands. Nothing is kept here but
 * when to look again: the entries are those of the tables that wait anyway. So the timer may fire for a call that is long
 * answered, which costs one look in 30 s, where arming and disarming one for each call costs as much as the call.
 */
export class Deadlines {
  readonly #clock: Clock;
  readonly #tables: Iterable<Deadline>[] = [];
  #disarm: (() => void) | null = null;
  #armedFor = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @param table gives its entries anew each time it is iterated. */
  watch(table: Iterable<Deadline>): void {
    this.#tables.push(table);
  }

  /** Looks at all entries at that time, or sooner. */
  lookAt(due: number): void {
    if (due >= this.#armedFor) return;
    this.#disarm?.();
    this.#armedFor = due;
    const wait = Math.min(Math.max(0, due - this.#clock.now()), longestTimer);
    this.#disarm = this.#clock.after(wait, () => this.#look());
  }

  /** The end of the session: no timer is left. */
  clear(): void {
    this.#disarm?.();
    this.#disarm = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
    this.#tables.length = 0;
  }

  #look(): void {
    this.#disarm = null;
    this.#armedFor = Number.POSITIVE_INFINITY;
    const now = this.#clock.now();
    let next = Number.POSITIVE_INFINITY;
    for (const table of this.#tables) {
      for (const deadline of [...table]) {
        if (deadline.due > now) next = Math.min(next, deadline.due);
        else deadline.expire();
      }
    }
    this.lookAt(next);
  }
}
