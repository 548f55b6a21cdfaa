/** Who wants to know when an agent's session with Desk ends: what goes on for as long as the session does. */
export class Endings {
  readonly #listeners = new Map<string, Set<() => void>>();

  tell(sid: string): void {
    for (const listener of [...(this.#listeners.get(sid) ?? [])]) listener();
  }

  /** Calls `listener` when that session ends, until the returned function is called. */
  listen(sid: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(sid) ?? new Set();
    this.#listeners.set(sid, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(sid);
    };
  }
}
