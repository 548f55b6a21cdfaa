/** What a result rests on: if the grant no longer covers it, the result may not leave. */
export interface Guard {
  readonly scope: string | null;
  readonly params: unknown;
}

interface Entry {
  text: string;
  readonly guard: Guard | null;
  /** What to say instead, once the guard no longer holds. Null: nothing. */
  readonly otherwise: (() => string | null) | null;
}

/** How many microtask turns a flush waits for more to be said, so that answers of handlers that await a little leave together. */
const mostTurns = 16;

/**
 * Collects what is said in one task and posts it as one batch. Text is made when it is added, not when it leaves, so that what
 * the sender changes afterwards does not change what was said.
 */
export class Outbox {
  readonly #post: (data: unknown, transfer: Transferable[]) => void;
  readonly #mostText: number;
  readonly #mostMessages: number;
  #entries: Entry[] = [];
  #scheduled = false;
  #seen = 0;
  #turns = 0;

  constructor(post: (data: unknown, transfer: Transferable[]) => void, mostText: number, mostMessages: number) {
    this.#post = post;
    this.#mostText = mostText;
    this.#mostMessages = mostMessages;
  }

  add(text: string, guard: Guard | null = null, otherwise: (() => string | null) | null = null): void {
    this.#entries.push({ text, guard, otherwise });
    if (this.#scheduled) return;
    this.#scheduled = true;
    this.#seen = 0;
    this.#turns = 0;
    queueMicrotask(this.#turn);
  }

  /** Binary leaves at once and alone, after all that was said before it. */
  addBinary(text: string, binary: readonly Transferable[]): void {
    this.flush();
    this.#post([text, ...binary], [...binary]);
  }

  readonly #turn = (): void => {
    if (!this.#scheduled) return;
    if (this.#entries.length > this.#seen && this.#turns < mostTurns) {
      this.#seen = this.#entries.length;
      this.#turns++;
      queueMicrotask(this.#turn);
      return;
    }
    this.flush();
  };

  flush(): void {
    this.#scheduled = false;
    const entries = this.#entries;
    if (entries.length === 0) return;
    this.#entries = [];
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

  /** Takes out every waiting result whose guard no longer holds, and says the other thing in its place. */
  withhold(holds: (guard: Guard) => boolean): void {
    const kept: Entry[] = [];
    for (const entry of this.#entries) {
      if (entry.guard === null || holds(entry.guard)) {
        kept.push(entry);
        continue;
      }
      const text = entry.otherwise?.() ?? null;
      if (text !== null) kept.push({ text, guard: null, otherwise: null });
    }
    this.#entries = kept;
  }

  /** Forgets what waits. */
  clear(): void {
    this.#entries = [];
    this.#scheduled = false;
  }
}
