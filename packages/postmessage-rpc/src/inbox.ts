import type { Clock } from "./clock.js";
import { wireError } from "./errors.js";
import type { Limits } from "./limits.js";
import { errorText, type Inbound, type ReadFault, readText } from "./wire.js";

/** What the inbox needs of its session. */
export interface InboxContext {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly isClosed: () => boolean;
  /** Handles one message. False: it may not be in a message with binary. */
  readonly handle: (message: Inbound, binary: readonly Transferable[]) => void;
  /** Answers to this side's own requests are paid for by the request: they do not count against the peer's rate. */
  readonly isAwaited: (message: Inbound) => boolean;
  readonly isBinaryDeclared: (message: Inbound) => boolean;
  readonly say: (text: string) => void;
  readonly fault: (reason: ReadFault | "BUSY") => void;
  readonly quarantine: (reason: string) => void;
}

interface Waiting {
  readonly message: Inbound;
  readonly characters: number;
  readonly binary: readonly Transferable[];
}

const words: Record<ReadFault, string> = {
  PARSE_ERROR: "Not JSON",
  INVALID_REQUEST: "Not a JSON-RPC 2.0 message",
  TOO_LARGE: "Over a limit of this side",
};

/**
 * The gates before a message is anybody's: its kind, size, text, envelope and rate; and the strikes of a peer that breaks them.
 * Messages are handled in the order they came: what comes faster than the rate waits, and everything after it waits behind it.
 */
export class Inbox {
  readonly #context: InboxContext;
  #tokens: number;
  #refilled: number;
  #queue: Waiting[] = [];
  #queuedCharacters = 0;
  #cancelDrain: (() => void) | null = null;
  #strikes: number[] = [];
  #struck = false;

  constructor(context: InboxContext) {
    this.#context = context;
    this.#tokens = context.limits.burst;
    this.#refilled = context.clock.now();
  }

  receive(event: MessageEvent): void {
    if (this.#context.isClosed()) return;
    this.#struck = false;
    this.#refill();
    const data: unknown = event.data;
    if (typeof data === "string") {
      this.#text(data, []);
    } else if (isBinaryMessage(data, this.#context.limits)) {
      const [text, ...binary] = data;
      this.#text(text, binary);
    } else {
      discard(data, event.ports);
      this.#context.quarantine("a message that is neither text nor declared binary");
    }
  }

  #text(text: string, binary: readonly Transferable[]): void {
    const reading = readText(text, this.#context.limits);
    if (!reading.ok) {
      this.#unreadable(reading.fault);
      discard(binary, []);
      return;
    }
    if (binary.length > 0) {
      const message = reading.messages.length === 1 ? reading.messages[0] : undefined;
      if (message === undefined || typeof message === "string" || !this.#context.isBinaryDeclared(message)) {
        discard(binary, []);
        this.#context.quarantine("binary where the contract declares none");
        return;
      }
    }
    const characters = Math.ceil(text.length / reading.messages.length);
    for (const message of reading.messages) {
      if (this.#context.isClosed()) return;
      if (typeof message === "string") this.#unreadable(message);
      else this.#admit({ message, characters, binary });
    }
  }

  #unreadable(fault: ReadFault): void {
    this.#context.say(errorText(null, wireError(fault, words[fault])));
    this.#context.fault(fault);
    this.strike();
  }

  #admit(waiting: Waiting): void {
    const { message } = waiting;
    // The peer is leaving: nothing that waits will run, so there is no order to keep.
    if (message.kind === "notification" && message.method === "rpc.close") return this.#context.handle(message, []);
    const awaited = this.#context.isAwaited(message);
    if (this.#queue.length === 0 && (awaited || this.#takeToken()))
      return this.#context.handle(message, waiting.binary);
    const { queue, queueBytes } = this.#context.limits;
    const full = this.#queue.length >= queue || this.#queuedCharacters + waiting.characters > queueBytes;
    if (full && !awaited) return this.#overflow(waiting);
    this.#queue.push(waiting);
    this.#queuedCharacters += waiting.characters;
    this.#scheduleDrain();
  }

  #overflow({ message, binary }: Waiting): void {
    discard(binary, []);
    if (message.kind === "request")
      this.#context.say(errorText(message.id, wireError("BUSY", "Too many messages wait")));
    this.#context.fault("BUSY");
    this.strike();
  }

  /** Once a port message, not once a message: the clock is read from for each call already. */
  #refill(): void {
    const { clock, limits } = this.#context;
    const now = clock.now();
    this.#tokens = Math.min(limits.burst, this.#tokens + ((now - this.#refilled) * limits.rate) / 1_000);
    this.#refilled = now;
  }

  #takeToken(): boolean {
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }

  #scheduleDrain(): void {
    if (this.#cancelDrain !== null) return;
    // Not sooner than a timer of a browser fires anyway: a few messages a turn rather than a turn a message.
    const wait = Math.max(4, Math.ceil(((1 - this.#tokens) * 1_000) / this.#context.limits.rate));
    this.#cancelDrain = this.#context.clock.after(wait, () => {
      this.#cancelDrain = null;
      this.#drain();
    });
  }

  #drain(): void {
    this.#refill();
    let count = 0;
    while (count < this.#queue.length) {
      const waiting = this.#queue[count];
      if (waiting === undefined || this.#context.isClosed()) return;
      if (!this.#context.isAwaited(waiting.message) && !this.#takeToken()) break;
      this.#queuedCharacters -= waiting.characters;
      count++;
      this.#struck = false;
      this.#context.handle(waiting.message, waiting.binary);
    }
    this.#queue.splice(0, count);
    if (this.#queue.length > 0) this.#scheduleDrain();
  }

  /** At most one a port message: a batch with many faults is one misdeed. */
  strike(): void {
    if (this.#struck || this.#context.isClosed()) return;
    this.#struck = true;
    const { clock, limits } = this.#context;
    const now = clock.now();
    this.#strikes = this.#strikes.filter((at) => now - at < limits.strikeWindow);
    this.#strikes.push(now);
    if (this.#strikes.length >= limits.strikes) this.#context.quarantine(`${limits.strikes} strikes`);
  }

  close(): void {
    this.#cancelDrain?.();
    this.#cancelDrain = null;
    for (const { binary } of this.#queue) discard(binary, []);
    this.#queue = [];
  }

  get size(): number {
    return this.#queue.length;
  }
}

type BinaryMessage = [string, ...Transferable[]];

/** Text with transferables beside it, within the limits. */
function isBinaryMessage(data: unknown, limits: Limits): data is BinaryMessage {
  if (!Array.isArray(data) || typeof data[0] !== "string") return false;
  if (data.length < 2 || data.length - 1 > limits.binaryCount) return false;
  let bytes = 0;
  for (let index = 1; index < data.length; index++) {
    const part: unknown = data[index];
    if (part instanceof ArrayBuffer) bytes += part.byteLength;
    else if (!isHandle(part)) return false;
  }
  return bytes <= limits.binaryBytes;
}

/** A transferable that is not bytes. Each is looked for, as Node lacks some of them. */
function isHandle(part: unknown): boolean {
  return (
    part instanceof MessagePort ||
    part instanceof ReadableStream ||
    (typeof ImageBitmap !== "undefined" && part instanceof ImageBitmap)
  );
}

/** How much of a refused message is searched for things to release. */
const mostSearched = 10_000;

/** Releases what a refused message brought: ports are closed and streams cancelled, so that they hold nothing open. */
function discard(data: unknown, ports: readonly MessagePort[] | undefined): void {
  for (const port of ports ?? []) port.close();
  const search: unknown[] = [data];
  for (let index = 0; index < search.length && index < mostSearched; index++) {
    const value = search[index];
    if (typeof value !== "object" || value === null) continue;
    if (value instanceof MessagePort) value.close();
    else if (value instanceof ReadableStream) void value.cancel().catch(() => undefined);
    else if (typeof ImageBitmap !== "undefined" && value instanceof ImageBitmap) value.close();
    else if (Array.isArray(value))
      for (let item = 0; item < value.length && search.length < mostSearched; item++) search.push(value[item]);
    else if (Object.getPrototypeOf(value) === Object.prototype)
      search.push(...Object.values(value).slice(0, mostSearched));
  }
}
