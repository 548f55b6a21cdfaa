import type { Caller } from "./caller.js";
import type { CallOptions, Member } from "./contract.js";
import type { Deadline } from "./deadlines.js";
import type { RpcError } from "./errors.js";
import type { Outgoing } from "./send-queue.js";
import type { StreamReader } from "./stream-reader.js";
import { bytesOf } from "./transferables.js";

/** How a call's promise settles; a stream settles its items instead. */
export interface Settle {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: RpcError) => void;
}

/** A call of this side's own that has not settled, or whose place at the peer is still taken. */
export class Pending implements Outgoing, Deadline {
  readonly id: number;
  readonly name: string;
  readonly member: Member;
  readonly text: string;
  readonly binary: readonly Transferable[];
  size: number;
  readonly started: number;
  readonly settle: Settle;
  readonly options: CallOptions;
  readonly timeout: number;
  readonly #caller: Caller;
  due: number;
  isSent = false;
  /** The first answer has come: any other is for nobody. */
  isAnswered = false;
  /** The first answer is being checked. */
  isChecked = false;
  /** Nobody waits for it any more, though the peer still has to answer its cancel. */
  isAbandoned = false;
  reader: StreamReader | null = null;

  constructor(
    caller: Caller,
    id: number,
    name: string,
    member: Member,
    text: string,
    binary: readonly Transferable[],
    started: number,
    timeout: number,
    options: CallOptions,
    settle: Settle,
  ) {
    this.#caller = caller;
    this.id = id;
    this.name = name;
    this.member = member;
    this.text = text;
    this.binary = binary;
    this.size = text.length + bytesOf(binary);
    this.started = started;
    this.timeout = timeout;
    this.options = options;
    this.settle = settle;
    // A stream lives as long as it likes: only its heartbeat and its reader end it.
    this.due = member.kind === "stream" ? Number.POSITIVE_INFINITY : started + timeout;
  }

  get kind(): Member["kind"] {
    return this.member.kind;
  }

  expire(): void {
    this.#caller.onDue(this);
  }

  onUnsendable(error: RpcError): void {
    this.#caller.finish(this, error);
  }

  /** As the listener of the call's signal. */
  handleEvent(): void {
    this.#caller.abandon(this, true);
  }
}
