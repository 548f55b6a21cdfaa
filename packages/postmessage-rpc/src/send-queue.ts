import { RpcError } from "./errors.js";
import type { Limits } from "./limits.js";
import type { Outbox } from "./outbox.js";

/** Something to be said to the peer: at once, or when there is a place for it. */
export interface Outgoing {
  readonly kind: "method" | "stream" | "notification";
  readonly text: string;
  /** Characters, and bytes of binary: told before they are transferred, for afterwards there are none. Nothing, once it waits no more. */
  size: number;
  readonly binary: readonly Transferable[];
  /** Whether it left and its place is taken until the peer answers. */
  isSent: boolean;
  /** Its turn came, and it could not be posted. */
  onUnsendable(error: RpcError): void;
}

/**
 * Keeps this side within what the peer takes: calls in flight, streams open, notifications unhandled, and how much text and binary
 * waits there. What has no place waits, in order; streams apart, for a place of theirs may never come free.
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
  /** Sizes of the notifications that may still wait at the peer; how many were sent, and how many of them do no more. */
  readonly #noticeSizes: number[] = [];
  #noticesSent = 0;
  #noticesGone = 0;
  #noticesCredited = 0;
  /** Requests of streams that may still wait at the peer: their answer may not come for days. */
  #unheard: Outgoing[] = [];
  readonly #ask: () => Promise<void>;
  #isAsking = false;

  /** @param ask resolves when the peer has handled all that was said before. */
  constructor(outbox: Outbox, limits: Limits, peerLimits: Limits, ask: () => Promise<void>) {
    this.#outbox = outbox;
    this.#limits = limits;
    this.#peerLimits = peerLimits;
    this.#notificationCredit = peerLimits.notificationCredit;
    this.#ask = ask;
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
    this.#askForRoom();
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
      if (index < 0) return;
      queue.splice(index, 1);
    }
    this.#drain();
  }

  addNotificationCredit(more: number): void {
    this.#notificationCredit = Math.min(this.#notificationCredit + more, this.#peerLimits.notificationCredit);
    this.#noticesCredited = Math.min(this.#noticesCredited + more, this.#noticesSent);
    this.#forgetNotices(this.#noticesCredited);
    this.#drain();
  }

  /** The first so many notifications wait no more. */
  #forgetNotices(upTo: number): void {
    for (; this.#noticesGone < upTo; this.#noticesGone++) this.#unanswered -= this.#noticeSizes.shift() ?? 0;
  }

  /** Credit comes back a quarter at a time and says nothing of a few large notifications, a stream may be silent: so the peer is asked. */
  #askForRoom(): void {
    if (this.#isAsking || this.#noticeSizes.length + this.#unheard.length === 0) return;
    this.#isAsking = true;
    const sent = this.#noticesSent;
    const unheard = this.#unheard;
    this.#unheard = [];
    const done = () => {
      this.#isAsking = false;
      this.#drain();
    };
    this.#ask().then(
      () => {
        this.#forgetNotices(sent);
        for (const outgoing of unheard) {
          if (outgoing.isSent) this.#unanswered -= outgoing.size;
          outgoing.size = 0;
        }
        done();
      },
      () => {
        // Not in time: they still wait, and the peer is asked again when there is reason to.
        this.#unheard.push(...unheard.filter(({ isSent }) => isSent));
        done();
      },
    );
  }

  clear(): void {
    this.#waiting = [];
    this.#waitingStreams = [];
  }

  #queueOf({ kind }: Outgoing): Outgoing[] {
    return kind === "stream" ? this.#waitingStreams : this.#waiting;
  }

  #hasPlace({ kind, size }: Outgoing): boolean {
    const { inFlight, queueBytes, streams } = this.#peerLimits;
    const isPlace =
      kind === "method"
        ? this.#inFlight < inFlight
        : kind === "stream"
          ? this.#streams < streams
          : this.#notificationCredit > 0;
    // The peer may have to let all of them wait: together they must fit there, but one always does.
    return isPlace && (this.#unanswered === 0 || this.#unanswered + size <= queueBytes);
  }

  /** Takes its place, or, with -1, gives it back. */
  #take(outgoing: Outgoing, places: 1 | -1): void {
    const { kind, size } = outgoing;
    this.#unanswered += places * size;
    if (kind === "method") {
      this.#inFlight += places;
    } else if (kind === "stream") {
      this.#streams += places;
      if (places > 0) this.#unheard.push(outgoing);
      else this.#unheard = this.#unheard.filter((other) => other !== outgoing);
    } else {
      this.#notificationCredit--;
      this.#noticesSent++;
      this.#noticeSizes.push(size);
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
    if (this.#waiting.length + this.#waitingStreams.length > 0) this.#askForRoom();
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
