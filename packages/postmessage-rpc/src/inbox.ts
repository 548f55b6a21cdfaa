import type { Clock } from "./clock.js";
import { wireError } from "./errors.js";
import type { Limits } from "./limits.js";
import { report } from "./safely.js";
import { bytesOf, isBinaryMessage, release } from "./transferables.js";
import { errorText, type Inbound, type ReadFault, readText } from "./wire.js";

/** What the inbox needs of its session. */
export interface InboxContext {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly isClosed: () => boolean;
  readonly handle: (message: Inbound, binary: readonly Transferable[]) => void;
  /**
   * Whether this is the first answer to a request of this side's own: that is paid for by the request, and does not count against
   * the peer's rate. Asked once a message; a second answer to the same request is not awaited.
   */
  readonly isAwaited: (message: Inbound) => boolean;
  readonly isBinaryDeclared: (message: Inbound) => boolean;
  readonly say: (text: string) => void;
  readonly fault: (reason: ReadFault | "BUSY") => void;
  readonly quarantine: (reason: string) => void;
}

/** One port message. It costs its sender one strike at most, however much in it is at fault, and now or when its turn comes. */
interface Post {
  isStruck: boolean;
  faults: number;
}

interface Waiting {
  readonly message: Inbound;
  /** Characters, and bytes of binary. */
  readonly size: number;
  readonly binary: readonly Transferable[];
  readonly post: Post;
  readonly isAwaited: boolean;
}

const none: readonly Transferable[] = Object.freeze([]);
/** Answers to what cannot be read, a port message: a batch of ten thousand faults is not worth ten thousand answers. */
const mostFaultAnswers = 10;

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
  #queuedSize = 0;
  #cancelDrain: (() => void) | null = null;
  #strikes: number[] = [];
  /** The port message that is being handled. */
  #post: Post = { isStruck: false, faults: 0 };

  constructor(context: InboxContext) {
    this.#context = context;
    this.#tokens = context.limits.burst;
    this.#refilled = context.clock.now();
  }

  receive(event: MessageEvent): void {
    if (this.#context.isClosed()) return;
    this.#post = { isStruck: false, faults: 0 };
    this.#refill();
    const data: unknown = event.data;
    const { ports } = event;
    if (typeof data === "string" && ports.length === 0) {
      this.#text(data, none);
    } else if (isBinaryMessage(data, ports, this.#context.limits)) {
      const [text, ...binary] = data;
      this.#text(text, binary);
    } else {
      this.#context.quarantine("a message that is neither text nor declared binary");
      release(data, ports);
    }
  }

  #text(text: string, binary: readonly Transferable[]): void {
    const reading = readText(text, this.#context.limits);
    if (!reading.ok) {
      this.#unreadable(reading.fault);
      release(binary);
      return;
    }
    if (binary.length > 0) {
      const message = reading.messages.length === 1 ? reading.messages[0] : undefined;
      if (message === undefined || typeof message === "string" || !this.#context.isBinaryDeclared(message)) {
        this.#context.quarantine("binary where the contract declares none");
        release(binary);
        return;
      }
    }
    const size = Math.ceil(text.length / reading.messages.length) + bytesOf(binary);
    for (const message of reading.messages) {
      if (this.#context.isClosed()) return;
      if (typeof message === "string") this.#unreadable(message);
      else this.#admit(message, size, binary);
    }
  }

  #unreadable(fault: ReadFault): void {
    if (this.#post.faults++ < mostFaultAnswers) this.#context.say(errorText(null, wireError(fault, words[fault])));
    this.#context.fault(fault);
    this.strike();
  }

  #admit(message: Inbound, size: number, binary: readonly Transferable[]): void {
    // The peer is leaving: nothing that waits will run, so there is no order to keep.
    if (message.kind === "notification" && message.method === "rpc.close") return this.#handle(message, none);
    const isAwaited = this.#context.isAwaited(message);
    if (this.#queue.length === 0 && (isAwaited || this.#takeToken())) return this.#handle(message, binary);
    const { queue, queueBytes } = this.#context.limits;
    // One message always may wait, however large: what the text limit admits must not fail for another limit.
    const isFull = this.#queue.length >= queue || (this.#queue.length > 0 && this.#queuedSize + size > queueBytes);
    if (isFull && !isAwaited) return this.#overflow(message, binary);
    this.#queue.push({ message, size, binary, post: this.#post, isAwaited });
    this.#queuedSize += size;
    this.#scheduleDrain();
  }

  /** A message whose handling throws is a defect of this side's, to be reported; the ones after it are not to suffer for it. */
  #handle(message: Inbound, binary: readonly Transferable[]): void {
    try {
      this.#context.handle(message, binary);
    } catch (error) {
      report(error);
    }
  }

  #overflow(message: Inbound, binary: readonly Transferable[]): void {
    release(binary);
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
    for (const waiting of this.#queue) {
      if (!waiting.isAwaited && !this.#takeToken()) break;
      count++;
      this.#queuedSize -= waiting.size;
      this.#post = waiting.post;
      this.#handle(waiting.message, waiting.binary);
      if (this.#context.isClosed()) return;
    }
    this.#queue.splice(0, count);
    if (this.#queue.length > 0) this.#scheduleDrain();
  }

  /** At most one a port message: a batch with many faults is one misdeed. */
  strike(): void {
    if (this.#post.isStruck || this.#context.isClosed()) return;
    this.#post.isStruck = true;
    const { clock, limits } = this.#context;
    const now = clock.now();
    this.#strikes = this.#strikes.filter((at) => now - at < limits.strikeWindow);
    this.#strikes.push(now);
    if (this.#strikes.length >= limits.strikes) this.#context.quarantine(`${limits.strikes} strikes`);
  }

  close(): void {
    this.#cancelDrain?.();
    this.#cancelDrain = null;
    for (const { binary } of this.#queue) release(binary);
    this.#queue = [];
    this.#queuedSize = 0;
  }

  get size(): number {
    return this.#queue.length;
  }
}
