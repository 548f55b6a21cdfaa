import type { RpcError } from "./errors.js";

interface Reader {
  readonly resolve: (result: IteratorResult<unknown>) => void;
  readonly reject: (error: RpcError) => void;
}

/**
 * The reading end of a stream: items wait here until they are read, and reading gives the sender credit for more. With `latest`
 * only the newest waits.
 */
export class ItemQueue implements AsyncIterableIterator<unknown> {
  readonly #latest: boolean;
  readonly #onRead: (count: number) => void;
  readonly #onReturn: () => void;
  #items: unknown[] = [];
  #readers: Reader[] = [];
  #end: { readonly error: RpcError | null } | null = null;

  /** @param onRead told how many items were read or dropped. @param onReturn told once, if the reader stops first. */
  constructor(latest: boolean, onRead: (count: number) => void, onReturn: () => void) {
    this.#latest = latest;
    this.#onRead = onRead;
    this.#onReturn = onReturn;
  }

  push(item: unknown): void {
    if (this.#end !== null) return;
    const reader = this.#readers.shift();
    if (reader) {
      this.#onRead(1);
      reader.resolve({ done: false, value: item });
    } else if (this.#latest && this.#items.length > 0) {
      this.#items[0] = item;
      this.#onRead(1);
    } else {
      this.#items.push(item);
    }
  }

  /** The sender's end: what waits is still read, then the error is thrown, or the stream is done. */
  end(error: RpcError | null): void {
    if (this.#end !== null) return;
    this.#end = { error };
    const readers = this.#readers;
    this.#readers = [];
    for (const reader of readers) this.#settle(reader);
  }

  /** An end that drops what waits: for a revoked scope and for a cancelled read. */
  abort(error: RpcError): void {
    this.#items = [];
    this.end(error);
  }

  #settle({ resolve, reject }: Reader): void {
    const error = this.#end?.error ?? null;
    // The error is thrown once; after it, as after every end, the iterator is done.
    this.#end = { error: null };
    if (error) reject(error);
    else resolve({ done: true, value: undefined });
  }

  next(): Promise<IteratorResult<unknown>> {
    if (this.#items.length > 0) {
      const value = this.#items.shift();
      this.#onRead(1);
      return Promise.resolve({ done: false, value });
    }
    return new Promise((resolve, reject) => {
      if (this.#end !== null) this.#settle({ resolve, reject });
      else this.#readers.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<unknown>> {
    if (this.#end === null) {
      this.#items = [];
      this.end(null);
      this.#onReturn();
    }
    this.#items = [];
    this.#end = { error: null };
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
