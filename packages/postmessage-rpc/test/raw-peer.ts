/** A peer that speaks the wire by hand, as an attacker or another implementation would. */
export class RawPeer {
  readonly port: MessagePort;
  /** Everything received, flattened out of its batches. */
  readonly received: Record<string, unknown>[] = [];
  /** Every port message as it came. */
  readonly raw: unknown[] = [];
  #pings = 0;

  constructor(port: MessagePort) {
    this.port = port;
    port.addEventListener("message", (event: MessageEvent) => {
      this.raw.push(event.data);
      const text: unknown = Array.isArray(event.data) ? event.data[0] : event.data;
      if (typeof text !== "string") return;
      const parsed: unknown = JSON.parse(text);
      this.received.push(...((Array.isArray(parsed) ? parsed : [parsed]) as Record<string, unknown>[]));
    });
    port.start();
  }

  text(text: unknown, transfer: Transferable[] = []): void {
    this.port.postMessage(text, transfer);
  }

  say(message: object): void {
    this.text(JSON.stringify(message));
  }

  request(id: unknown, method: string, params?: unknown): void {
    this.say({ jsonrpc: "2.0", id, method, params });
  }

  notify(method: string, params?: unknown): void {
    this.say({ jsonrpc: "2.0", method, params });
  }

  /** Resolves once everything said so far was handled: the wire is ordered, so the answer to a ping comes after it. */
  async handled(): Promise<void> {
    const id = `raw-ping-${++this.#pings}`;
    this.request(id, "rpc.ping");
    await this.answer(id);
  }

  /** The answer to this id, once it comes. */
  answer(id: unknown): Promise<Record<string, unknown>> {
    return this.find((message) => message["id"] === id && !("method" in message));
  }

  find(wanted: (message: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
    return new Promise((resolve) => {
      const look = () => {
        const found = this.received.find(wanted);
        if (!found) return false;
        this.port.removeEventListener("message", look);
        resolve(found);
        return true;
      };
      if (!look()) this.port.addEventListener("message", look);
    });
  }

  code(message: Record<string, unknown>): unknown {
    return (message["error"] as { data?: { code?: unknown } } | undefined)?.data?.code;
  }

  codes(): unknown[] {
    return this.received.filter((message) => "error" in message).map((message) => this.code(message));
  }
}
