/*
 * The wire by hand, as an attacker would speak it: nothing here comes from the project's packages, and nothing here
 * checks whom it talks to.
 */

/** What came back to one call: an answer, or nothing at all within the time. */
export type Answer = { result: unknown } | { error: { code?: unknown; data?: { code?: unknown } } } | { silence: true };

export interface Welcome {
  readonly port: MessagePort;
  readonly said: Record<string, unknown>;
}

/** Milliseconds to wait for an answer to one call. */
const patience = 2_500;

/** Says a perfect hello to `target` again and again; resolves with the welcome, or null after `limit` milliseconds. */
export function sayHello(target: Window, limit: number): Promise<Welcome | null> {
  const nonce = [...crypto.getRandomValues(new Uint8Array(32))]
    .map((byte) => byte.toString(16).padStart(2, "0"))
    .join("");
  return new Promise((resolve) => {
    const say = () => target.postMessage({ "partner-panel": "hello", versions: ["1.0.0"], nonce }, "*");
    const done = (welcome: Welcome | null) => {
      clearInterval(again);
      clearTimeout(late);
      removeEventListener("message", hear);
      resolve(welcome);
    };
    // Whatever comes with a port is taken, from whomever.
    const hear = (event: MessageEvent) => {
      const [port] = event.ports;
      if (port) done({ port, said: event.data as Record<string, unknown> });
    };
    const again = setInterval(say, 150);
    const late = setTimeout(() => done(null), limit);
    addEventListener("message", hear);
    say();
  });
}

/** One port, spoken to in JSON-RPC text. */
export class Wire {
  readonly port: MessagePort;
  /** Each message heard that answers no call of this page's. */
  readonly heard: { method?: unknown; params?: unknown }[] = [];
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #lastId = 0;

  constructor(port: MessagePort) {
    this.port = port;
    port.onmessage = ({ data }) => {
      if (typeof data !== "string") return;
      for (const message of [JSON.parse(data)].flat()) this.#hear(message);
    };
    this.notify("rpc.ready", { limits: {} });
  }

  notify(method: string, params: unknown): void {
    this.port.postMessage(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  /** `limit`: milliseconds to wait for the answer; Infinity where a person is asked. */
  call(method: string, params: unknown, limit = patience): Promise<Answer> {
    return this.callText(method, JSON.stringify(params), limit);
  }

  /** As `call`, with params as the text that travels: for what JSON.stringify would not write. */
  callText(method: string, params: string, limit = patience): Promise<Answer> {
    const id = ++this.#lastId;
    this.port.postMessage(`{"jsonrpc":"2.0","id":${id},"method":${JSON.stringify(method)},"params":${params}}`);
    return new Promise((resolve) => {
      const late = Number.isFinite(limit) ? setTimeout(() => resolve({ silence: true }), limit) : undefined;
      this.#waiting.set(id, (answer) => {
        clearTimeout(late);
        resolve(answer);
      });
    });
  }

  /** Opens a stream and gives its first items, or what ended it. */
  async stream(method: string, params: unknown): Promise<Answer> {
    const before = this.heard.length;
    const answer = this.call(method, params);
    const id = this.#lastId;
    const ended = await Promise.race([answer, this.#until(() => this.#ofStream(id, before))]);
    return ended ?? { silence: true };
  }

  /** Waits until a notification of this name was heard; false if it was not within the time. */
  async hears(method: string): Promise<boolean> {
    return (await this.#until(() => this.heard.find((message) => message.method === method))) !== undefined;
  }

  #ofStream(id: number, from: number): Answer | undefined {
    for (const { method, params } of this.heard.slice(from)) {
      const { id: of, items, error } = (params ?? {}) as { id?: unknown; items?: unknown; error?: object };
      if (of !== id) continue;
      if (method === "rpc.next") return { result: items };
      if (method === "rpc.end") return error ? { error } : { silence: true };
    }
    return undefined;
  }

  async #until<T>(find: () => T | undefined): Promise<T | undefined> {
    for (const end = Date.now() + patience; Date.now() < end; await new Promise((next) => setTimeout(next, 20))) {
      const found = find();
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #hear(message: { id?: number; method?: unknown }): void {
    // As any partner: who gives no sign of life is ended within half a minute.
    if (message.method === "rpc.ping") {
      this.port.postMessage(JSON.stringify({ jsonrpc: "2.0", id: message.id, result: null }));
      return;
    }
    const settle = message.id === undefined ? undefined : this.#waiting.get(message.id);
    if (settle && message.method === undefined) settle(message as unknown as Answer);
    else this.heard.push(message);
  }
}
