/** A value that the other side tells anew from time to time, and those who want to know. */
export class Watched<T> {
  #value: T;
  readonly #listeners = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  /** Sets what nobody could have listened for yet. */
  begin(value: T): void {
    this.#value = value;
  }

  tell(value: T): void {
    this.#value = value;
    for (const listener of this.#listeners) {
      // In a task step of its own: what one listener throws is reported like any uncaught error, and stops no other.
      queueMicrotask(() => {
        if (this.#listeners.has(listener)) listener(value);
      });
    }
  }

  /** Calls `listener` with each new value, not with the present one; the returned function takes it back. */
  watch(listener: (value: T) => void): () => void {
    // Wrapped, so that the same function may be given twice and taken back once.
    const own = (value: T): void => listener(value);
    this.#listeners.add(own);
    return () => void this.#listeners.delete(own);
  }

  end(): void {
    this.#listeners.clear();
  }
}
