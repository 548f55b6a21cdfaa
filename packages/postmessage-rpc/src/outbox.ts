import type { Id } from "./wire.js";

/** What a result rests on: if the grant no longer covers it, the result may not leave. */
export interface Guard {
  readonly id: Id;
  readonly scope: string | null;
  readonly params: unknown;
}

interface Entry {
  readonly text: string;
  readonly guard: Guard | null;
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
  #entries: Entry[] = [];
  #characters = 0;
  #scheduled = false;
  #seen = 0;
  #turns = 0;

  constructor(post: (data: unknown, transfer: Transferable[]) => void, mostText: number, mostMessages: number) {
    this.#post = post;
    this.#mostText = mostText;
    this.#mostMessages = mostMessages;
  }

  add(text: string, guard: Guard | null = null, isAnswer = false): void {
    this.#entries.push({ text, guard, isAnswer });
    this.#characters += text.length;
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
    if (entries.length === 0) return;
    this.#entries = [];
    this.#characters = 0;
    this.#seen = 0;
    let start = 0;
    let size = 0;
    for (let index = 0; index < entries.length; index++) {
      const length = (entries[index]?.text.length ?? 0) + 1;
      if (index > start && (size + length + 1 > this.#mostText || index - start >= this.#mostMessages)) {
        this.#postBatch(entries, start, index);
        start = index;
        size = 0;
      }
      size += length;
    }
    this.#postBatch(entries, start, entries.length);
  }

  #postBatch(entries: readonly Entry[], start: number, end: number): void {
    if (end - start === 1) {
      this.#post(entries[start]?.text, []);
      return;
    }
    let text = "[";
    for (let index = start; index < end; index++) text += (index > start ? "," : "") + (entries[index]?.text ?? "");
    this.#post(`${text}]`, []);
  }

  /** Takes out everything that waits and whose guard no longer holds, and says the other thing in place of an answer. */
  withhold(holds: (guard: Guard) => boolean, instead: (guard: Guard) => string): void {
    const kept: Entry[] = [];
    for (const entry of this.#entries) {
      const { guard, isAnswer } = entry;
      if (guard === null || holds(guard)) kept.push(entry);
      else if (isAnswer) kept.push({ text: instead(guard), guard: null, isAnswer });
    }
    this.#entries = kept;
  }

  /** Forgets what waits. */
  clear(): void {
    this.#entries = [];
    this.#characters = 0;
  }
}
