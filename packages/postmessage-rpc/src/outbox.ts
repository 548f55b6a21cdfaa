import type { Id } from "./wire.js";

/** What a result rests on: if the grant no longer covers it, the result may not leave. */
export interface Guard {
  readonly id: Id;
  readonly scope: string | null;
  readonly params: unknown;
  readonly isStream: boolean;
}

/** Text that may leave only while its guard holds. */
export interface Guarded {
  readonly text: string;
  readonly guard: Guard;
  /** Whether the call still owes its answer, once the guard no longer holds. */
  readonly isAnswer: boolean;
}

/** How many microtask turns a flush waits for more to be said, so that answers of handlers that await a little leave together. */
const mostTurns = 16;

/** Characters that leave without waiting for the end of the task: the peer reads them while this side goes on saying more. */
const enoughText = 65_536;

/** A turn of a promise costs a fraction of `queueMicrotask`, which goes through the browser's bindings. */
const inNextTurn = Promise.resolve();

/**
 * Collects what is said in one task and posts it as one batch. Text is made when it is added, not when it leaves, so that what
 * the sender changes afterwards does not change what was said.
 */
export class Outbox {
  readonly #post: (data: unknown, transfer: Transferable[]) => void;
  readonly #mostText: number;
  readonly #mostMessages: number;
  #entries: (string | Guarded)[] = [];
  #characters = 0;
  #scheduled = false;
  #seen = 0;
  #turns = 0;

  constructor(post: (data: unknown, transfer: Transferable[]) => void, mostText: number, mostMessages: number) {
    this.#post = post;
    this.#mostText = mostText;
    this.#mostMessages = mostMessages;
  }

  add(entry: string | Guarded): void {
    this.#entries.push(entry);
    this.#characters += textOf(entry).length;
    if (this.#characters >= enoughText) return this.flush();
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#seen = 0;
    this.#turns = 0;
    void inNextTurn.then(this.#turn);
  }

  /** Binary leaves at once and alone, after all that was said before it. */
  addBinary(text: string, binary: readonly Transferable[]): void {
    this.flush();
    this.#post([text, ...binary], [...binary]);
  }

  readonly #turn = (): void => {
    if (this.#entries.length > this.#seen && this.#turns < mostTurns) {
      this.#seen = this.#entries.length;
      this.#turns++;
      void inNextTurn.then(this.#turn);
      return;
    }
    this.#scheduled = false;
    this.flush();
  };

  flush(): void {
    const entries = this.#entries;
    this.clear();
    this.#seen = 0;
    let batch: string[] = [];
    let size = 0;
    // Joined, not added up: a text of thousands of parts would be put together only as it is posted, at several times the cost.
    const post = () => this.#post(batch.length > 1 ? `[${batch.join()}]` : batch[0], []);
    for (const entry of entries) {
      const text = textOf(entry);
      // One more for the comma or bracket after each, and the bracket before.
      if (batch.length > 0 && (size + text.length + 2 > this.#mostText || batch.length >= this.#mostMessages)) {
        post();
        batch = [];
        size = 0;
      }
      batch.push(text);
      size += text.length + 1;
    }
    if (batch.length > 0) post();
  }

  /** Takes out everything that waits and whose guard no longer holds, and says the other thing in place of an answer. */
  withhold(holds: (guard: Guard) => boolean, instead: (guard: Guard) => string): void {
    this.#entries = this.#entries.flatMap((entry) => {
      if (typeof entry === "string" || holds(entry.guard)) return [entry];
      return entry.isAnswer ? [instead(entry.guard)] : [];
    });
  }

  /** Forgets what waits. */
  clear(): void {
    this.#entries = [];
    this.#characters = 0;
  }
}

function textOf(entry: string | Guarded): string {
  return typeof entry === "string" ? entry : entry.text;
}
