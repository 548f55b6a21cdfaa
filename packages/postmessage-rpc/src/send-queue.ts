import { RpcError } from "./errors.js";
import type { Limits } from "./limits.js";
import type { Outbox } from "./outbox.js";

/** Something to be said to the peer: at once, or when there is a place for it. */
export interface Outgoing {
  readonly kind: "method" | "stream" | "notification";
  readonly text: string;
  readonly binary: readonly Transferable[];
  /** Whether it left and its place is taken until the peer answers. */
  isSent: boolean;
  /** Its turn came, and it could not be posted. */
  onUnsendable(error: RpcError): void;
}

/**
 * Keeps this side within what the peer takes: calls in flight and their characters, streams open, notifications unhandled. What
 * has no place waits, in order; streams apart, for a place of theirs may never come free.
 */
export class SendQueue {
  readonly #outbox: Outbox;
  readonly #limits: Limits;
  readonly #peerLimits: Limits;
  #waiting: Outgoing[] = [];
  #waitingStreams: Outgoing[] = [];
  #inFlight = 0;
  #unanswered = 0;
  #streams = 0;
  #notificationCredit: number;

  constructor(outbox: Outbox, limits: Limits, peerLimits: Limits) {
    this.#outbox = outbox;
    this.#limits = limits;
    this.#peerLimits = peerLimits;
    this.#notificationCredit = peerLimits.notificationCredit;
  }

  /** Sends it, or lets it wait. An error: it can do neither. */
  send(outgoing: Outgoing): RpcError | null {
    const queue = this.#queueOf(outgoing);
    if (queue.length === 0 && this.#hasPlace(outgoing)) return this.#leave(outgoing);
    const { queue: most } = this.#limits;
    if (this.size >= most) return new RpcError("BUSY", { message: `${most} messages wait to be sent already` });
    queue.push(outgoing);
    return null;
  }

  /** It was answered, or nobody waits for it any more before it was sent. */
  done(outgoing: Outgoing): void {
    if (!outgoing.isSent) return this.#takeOut(outgoing);
    outgoing.isSent = false;
    if (outgoing.kind === "stream") {
      this.#streams--;
    } else {
      this.#inFlight--;
      this.#unanswered -= outgoing.text.length;
    }
    this.#drain();
  }

  addNotificationCredit(more: number): void {
    this.#notificationCredit = Math.min(this.#notificationCredit + more, this.#peerLimits.notificationCredit);
    this.#drain();
  }

  clear(): void {
    this.#waiting = [];
    this.#waitingStreams = [];
  }

  get size(): number {
    return this.#waiting.length + this.#waitingStreams.length;
  }

  #queueOf({ kind }: Outgoing): Outgoing[] {
    return kind === "stream" ? this.#waitingStreams : this.#waiting;
  }

  #takeOut(outgoing: Outgoing): void {
    const queue = this.#queueOf(outgoing);
    const index = queue.indexOf(outgoing);
    if (index < 0) return;
    queue.splice(index, 1);
    // Whatever stood behind it may have a place.
    if (index === 0) this.#drain();
  }

  #hasPlace({ kind, text }: Outgoing): boolean {
    const { inFlight, queueBytes, streams } = this.#peerLimits;
    if (kind === "notification") return this.#notificationCredit > 0;
    if (kind === "stream") return this.#streams < streams;
    // The peer may have to let all of them wait: together they must fit there, but one always does.
    return this.#inFlight < inFlight && (this.#inFlight === 0 || this.#unanswered + text.length <= queueBytes);
  }

  #leave(outgoing: Outgoing): RpcError | null {
    const { kind, text, binary } = outgoing;
    if (binary.length > 0) {
      try {
        this.#outbox.addBinary(text, binary);
      } catch (cause) {
        return new RpcError("INVALID_PARAMS", { message: "The binary cannot be transferred", cause });
      }
    } else {
      this.#outbox.add(text);
    }
    if (kind === "notification") {
      this.#notificationCredit--;
      return null;
    }
    outgoing.isSent = true;
    if (kind === "stream") {
      this.#streams++;
    } else {
      this.#inFlight++;
      this.#unanswered += text.length;
    }
    return null;
  }

  #drain(): void {
    for (const queue of [this.#waiting, this.#waitingStreams]) {
      for (let next = queue[0]; next !== undefined && this.#hasPlace(next); next = queue[0]) {
        // Out of the queue first: what leaves, or fails to, may lead back here.
        queue.shift();
        const error = this.#leave(next);
        if (error) next.onUnsendable(error);
      }
    }
  }
}
