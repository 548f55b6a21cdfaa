/**
 * An AbortController that is made when somebody asks for its signal: most handlers never do, and making one costs as much as all
 * else that a call costs its responder.
 */
export class LateAbort {
  #controller: AbortController | null = null;
  #reason: unknown = null;

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#reason !== null) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  /** @param reason not null. The first one stands. */
  abort(reason: unknown): void {
    this.#reason ??= reason;
    this.#controller?.abort(this.#reason);
  }
}
