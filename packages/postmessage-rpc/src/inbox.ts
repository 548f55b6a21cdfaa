import type { Clock } from "./clock.js";
import { wireError } from "./errors.js";
import type { Limits } from "./limits.js";
import { report } from "./safely.js";
import { bytesOf, isBinaryMessage, noBinary, release } from "./transferables.js";
import { errorText, faultWords, type Kind, kindOf, type Message, type ReadFault, readText } from "./wire.js";

/** What the inbox needs of its session. */
export interface InboxContext {
  readonly clock: Clock;
  readonly limits: Limits;
  readonly isClosed: () => boolean;
  /** @param at when its port message came, or its turn: monotonic milliseconds. */
  readonly handle: (kind: Kind, message: Message, binary: readonly Transferable[], at: number) => void;
  /**
   * Whether this is the first answer to a request of this side's own: that is paid for by the request, and does not count against
   * the peer's rate. Asked once a message; a second answer to the same request is not awaited.
   */
  readonly isAwaited: (kind: Kind, message: Message) => boolean;
  readonly isBinaryDeclared: (kind: Kind, message: Message) => boolean;
  /** How many items the peer may have on their way, in all the streams that this side reads. */
  readonly itemCredit: () => number;
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
  readonly kind: Kind;
  readonly message: Message;
  /** Characters, and bytes of binary; nothing where this side asked for it. */
  readonly size: number;
  readonly binary: readonly Transferable[];
  readonly post: Post;
  readonly isAwaited: boolean;
  readonly isItems: boolean;
}

/** Answers to what cannot be read, a port message: a batch of ten thousand faults is not worth ten thousand answers. */
const mostFaultAnswers = 10;

/**
 * The gates before a message is anybody's: its kind, size, text, envelope and rate; and the strikes of a peer that breaks them.
 * Messages are handled in the order they came: what comes faster than the rate waits, and everything after it waits behind it.
 */
export class Inbox {
  readonly #context: InboxContext;
  #tokens: number;
  /** When the tokens were counted last: as each port message comes, and as a turn begins. */
  #at: number;
  #queue: Waiting[] = [];
  #queuedSize = 0;
  #queuedItems = 0;
  #cancelDrain: (() => void) | null = null;
  #strikes: number[] = [];
  /** The port message that is being handled. */
  #post: Post = { isStruck: false, faults: 0 };

  constructor(context: InboxContext) {
    this.#context = context;
    this.#tokens = context.limits.burst;
    this.#at = context.clock.now();
  }

  receive(event: MessageEvent): void {
    if (this.#context.isClosed()) return;
    this.#post = { isStruck: false, faults: 0 };
    this.#refill();
    const data: unknown = event.data;
    const { ports } = event;
    if (typeof data === "string" && ports.length === 0) {
      this.#text(data, noBinary);
    } else if (isBinaryMessage(data, ports, this.#context.limits)) {
      const [text, ...binary] = data;
      this.#text(text, binary);
    } else {
      this.#context.quarantine("a message that is neither text nor declared binary");
      release(data, ports);
    }
  }

  #text(text: string, binary: readonly Transferable[]): void {
    const { limits, isBinaryDeclared, quarantine, isClosed } = this.#context;
    const values = readText(text, limits);
    if (typeof values === "string") {
      this.#unreadable(values);
      return release(binary);
    }
    const size = Math.ceil(text.length / values.length) + bytesOf(binary);
    for (const value of values) {
      if (isClosed()) return;
      const kind = kindOf(value, limits);
      const isRead = !(kind in faultWords);
      if (binary.length > 0 && !(isRead && values.length === 1 && isBinaryDeclared(kind as Kind, value as Message))) {
        quarantine("binary where the contract declares none");
        return release(binary);
      }
      if (isRead) this.#admit(kind as Kind, value as Message, size, binary);
      else this.#unreadable(kind as ReadFault);
    }
  }

  #unreadable(fault: ReadFault): void {
    if (this.#post.faults++ < mostFaultAnswers) this.#context.say(errorText(null, wireError(fault, faultWords[fault])));
    this.#context.fault(fault);
    this.strike();
  }

  #admit(kind: Kind, message: Message, size: number, binary: readonly Transferable[]): void {
    // The peer is leaving: nothing that waits will run, so there is no order to keep.
    if (kind === "notification" && message.method === "rpc.close") return this.#handle(kind, message, noBinary);
    const isAwaited = this.#context.isAwaited(kind, message);
    if (this.#queue.length === 0 && (isAwaited || this.#takeToken())) return this.#handle(kind, message, binary);
    const { limits, itemCredit } = this.#context;
    // Items wait their turn like everything else, but this side gave credit for them: they take nobody's room.
    const isItems = kind === "notification" && message.method === "rpc.next" && this.#queuedItems < itemCredit();
    const counted = isAwaited || isItems ? 0 : size;
    // One message always may wait, however large: what the text limit admits must not fail for another limit.
    const isFull = this.#queuedSize > 0 && this.#queuedSize + counted > limits.queueBytes;
    if ((isFull && counted > 0) || (this.#queue.length >= limits.queue && !isAwaited))
      return this.#overflow(kind, message, binary);
    this.#queue.push({ kind, message, size: counted, binary, post: this.#post, isAwaited, isItems });
    this.#queuedSize += counted;
    if (isItems) this.#queuedItems++;
    this.#scheduleDrain();
  }

  /** A message whose handling throws is a defect of this side's, to be reported; the ones after it are not to suffer for it. */
  #handle(kind: Kind, message: Message, binary: readonly Transferable[]): void {
    try {
      this.#context.handle(kind, message, binary, this.#at);
    } catch (error) {
      report(error);
    }
  }

  #overflow(kind: Kind, { id }: Message, binary: readonly Transferable[]): void {
    release(binary);
    if (kind === "request") this.#context.say(errorText(id, wireError("BUSY", "Too many messages wait")));
    this.#context.fault("BUSY");
    this.strike();
  }

  /** Once a port message, not once a message: the clock is read from for each call already. */
  #refill(): void {
    const { clock, limits } = this.#context;
    const now = clock.now();
    this.#tokens = Math.min(limits.burst, this.#tokens + ((now - this.#at) * limits.rate) / 1_000);
    this.#at = now;
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
    for (const { kind, message, size, binary, post, isAwaited, isItems } of this.#queue) {
      if (!isAwaited && !this.#takeToken()) break;
      count++;
      this.#queuedSize -= size;
      if (isItems) this.#queuedItems--;
      this.#post = post;
      this.#handle(kind, message, binary);
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
    this.#queuedItems = 0;
  }
}
