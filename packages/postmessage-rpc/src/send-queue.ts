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
    if (this.#waiting.length + this.#waitingStreams.length >= most) {
      return new RpcError("BUSY", { message: `${most} messages wait to be sent already` });
    }
    queue.push(outgoing);
    return null;
  }

  /** It was answered, or nobody waits for it any more before it was sent. */
  done(outgoing: Outgoing): void {
    if (outgoing.isSent) {
      outgoing.isSent = false;
      this.#take(outgoing, -1);
    } else {
      const queue = this.#queueOf(outgoing);
      const index = queue.indexOf(outgoing);
      if (index >= 0) queue.splice(index, 1);
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

  #queueOf({ kind }: Outgoing): Outgoing[] {
    return kind === "stream" ? this.#waitingStreams : this.#waiting;
  }

  #hasPlace({ kind, text }: Outgoing): boolean {
    const { inFlight, queueBytes, streams } = this.#peerLimits;
    if (kind === "notification") return this.#notificationCredit > 0;
    if (kind === "stream") return this.#streams < streams;
    // The peer may have to let all of them wait: together they must fit there, but one always does.
    return this.#inFlight < inFlight && (this.#inFlight === 0 || this.#unanswered + text.length <= queueBytes);
  }

  /** Takes its place, or, with -1, gives it back. */
  #take({ kind, text }: Outgoing, places: 1 | -1): void {
    if (kind === "notification") {
      this.#notificationCredit--;
    } else if (kind === "stream") {
      this.#streams += places;
    } else {
      this.#inFlight += places;
      this.#unanswered += places * text.length;
    }
  }

  #leave(outgoing: Outgoing): RpcError | null {
    const { text, binary } = outgoing;
    if (binary.length > 0) {
      try {
        this.#outbox.addBinary(text, binary);
      } catch (cause) {
        return new RpcError("INVALID_PARAMS", { message: "The binary cannot be transferred", cause });
      }
    } else {
      this.#outbox.add(text);
    }
    outgoing.isSent = outgoing.kind !== "notification";
    this.#take(outgoing, 1);
    return null;
  }

  #drain(): void {
    this.#drainOne(this.#waiting);
    this.#drainOne(this.#waitingStreams);
  }

  #drainOne(queue: Outgoing[]): void {
    for (let next = queue[0]; next !== undefined && this.#hasPlace(next); next = queue[0]) {
      // Out of the queue first: what leaves, or fails to, may lead back here.
      queue.shift();
      const error = this.#leave(next);
      if (error) next.onUnsendable(error);
    }
  }
}
