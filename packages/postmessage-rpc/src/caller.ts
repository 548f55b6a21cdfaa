import type { Clock } from "./clock.js";
import { type BinaryOption, type CallOptions, type Contract, type Member, membersOf, type Stream } from "./contract.js";
import type { Deadlines } from "./deadlines.js";
import { errorFromWire, type RpcCode, RpcError } from "./errors.js";
import type { Limits } from "./limits.js";
import type { Outbox } from "./outbox.js";
import { Pending, type Settle } from "./pending.js";
import { remoteTree } from "./remote-tree.js";
import { report, safely } from "./safely.js";
import { SendQueue } from "./send-queue.js";
import { binaryFault, bytesOf, noBinary, release, withBinary } from "./transferables.js";
import { isPromise, misfit, type Validated, validate } from "./validate.js";
import { type Kind, type Message, notificationText, requestText, weightOf } from "./wire.js";

/** What the caller needs of its session. */
export interface CallerContext {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly outbox: Outbox;
  /** What this side accepts: its own credit for stream items, its own time limits. */
  readonly limits: Limits;
  /** What the peer accepts. */
  readonly peerLimits: Limits;
  readonly isClosed: () => boolean;
  /** Resolves when the peer has handled all that was said before. */
  readonly ping: () => Promise<void>;
  /** Reports the end of one of this side's own calls. */
  readonly audit: (name: string, member: Member, failure: string | null, started: number) => void;
}

const noOptions: CallOptions & BinaryOption = Object.freeze({});

/** The half of the bridge that calls: it numbers requests, keeps within the peer's budget and settles every promise. */
export class Caller {
  readonly #context: CallerContext;
  /**
   * By id. A call that nobody waits for any more keeps its place until the peer has answered its cancel, so that whoever calls and
   * cancels in a loop goes no faster than the peer; it keeps it no longer than a call may take.
   */
  readonly #pending = new Map<unknown, Pending>();
  readonly #queue: SendQueue;
  #nextId = 1;

  constructor(context: CallerContext) {
    this.#context = context;
    this.#queue = new SendQueue(context.outbox, context.limits, context.peerLimits, context.ping);
    context.deadlines.watch({ [Symbol.iterator]: () => this.#pending.values() });
  }

  remote(contract: Contract): object {
    return remoteTree(membersOf(contract), (name, member) => this.#function(name, member));
  }

  #function(name: string, member: Member): unknown {
    switch (member.kind) {
      case "method":
        return (params?: unknown, options: CallOptions & BinaryOption = noOptions) =>
          new Promise((resolve, reject) => {
            this.#start(name, member, params, options, options.binary ?? noBinary, { resolve, reject });
          });
      case "stream":
        return (params?: unknown, options?: CallOptions) => this.#open(name, member, params, options);
      case "notification":
        return (params?: unknown, options: BinaryOption = noOptions) =>
          this.#notify(name, member, params, options.binary ?? noBinary);
    }
  }

  #open(name: string, member: Stream, params: unknown, options: CallOptions = noOptions): AsyncIterable<unknown> {
    let pending: Pending | null = null;
    const reader = member["~stream"].read({
      member,
      credit: this.#context.limits.streamCredit,
      giveCredit: (more) => {
        if (pending) this.#context.outbox.add(notificationText("rpc.credit", { id: pending.id, more }));
      },
      onStop: () => pending && this.abandon(pending, false),
      onMisfit: (error) => {
        if (!pending) return;
        this.#tellCancel(pending);
        this.finish(pending, error);
      },
    });
    pending = this.#start(name, member, params, options, noBinary, {
      resolve: () => reader.end(null, false),
      // A scope that is gone takes the items that wait with it; any other end leaves them to be read.
      reject: (error) => reader.end(error, error.code === "SCOPE_REVOKED" || !error.remote),
    });
    if (pending) pending.reader = reader;
    return reader.items;
  }

  #start(
    name: string,
    member: Member,
    params: unknown,
    options: CallOptions,
    binary: readonly Transferable[],
    settle: Settle,
  ): Pending | null {
    const { clock, deadlines, limits, audit } = this.#context;
    const { signal, timeout = limits.timeout } = options;
    const id = this.#nextId++;
    const started = clock.now();
    const refuse = (error: RpcError): null => {
      audit(name, member, error.code, started);
      settle.reject(error);
      return null;
    };
    // The text first: making it may run code of the user's, which may close the session or abort the signal.
    const made = this.#text(params, name, id);
    const text = this.#faultBefore(member, binary, signal) ?? made;
    if (typeof text !== "string") return refuse(text);
    const pending = new Pending(this, id, name, member, text, binary, started, timeout, options, settle);
    const unsendable = this.#queue.send(pending);
    if (unsendable) return refuse(unsendable);
    signal?.addEventListener("abort", pending, { once: true });
    this.#pending.set(id, pending);
    deadlines.lookAt(pending.due);
    return pending;
  }

  #faultBefore(member: Member, binary: readonly Transferable[], signal?: AbortSignal): RpcError | null {
    if (this.#context.isClosed()) return new RpcError("SESSION_CLOSED", { message: "The session has ended" });
    if (signal?.aborted) return cancelled(signal);
    if (binary.length === 0) return null;
    if (!("binary" in member && member.binary)) {
      return new RpcError("INVALID_PARAMS", { message: "The contract declares no binary here" });
    }
    const code = binaryFault(binary, this.#context.peerLimits);
    if (code === null) return null;
    const message =
      code === "TOO_LARGE"
        ? "The binary is more than the peer takes"
        : "Binary is ArrayBuffer, ReadableStream, ImageBitmap or MessagePort";
    return new RpcError(code, { message });
  }

  /** Of a request, or, without an id, of a notification. */
  #text(params: unknown, name: string, id?: number): string | RpcError {
    const { peerLimits } = this.#context;
    let text: string;
    try {
      text = id === undefined ? notificationText(name, params) : requestText(id, name, params);
    } catch (cause) {
      return new RpcError("INVALID_PARAMS", { message: "The params are not JSON", cause });
    }
    if (text.length > peerLimits.text) {
      const message = `The message has ${text.length} characters; the peer takes ${peerLimits.text}`;
      return new RpcError("TOO_LARGE", { message });
    }
    if (weightOf(text, params, peerLimits) <= peerLimits.nodes) return text;
    return new RpcError("TOO_LARGE", { message: "The params are deeper, longer or more than the peer takes" });
  }

  #notify(name: string, member: Member, params: unknown, binary: readonly Transferable[]): void {
    const fault = this.#faultBefore(member, binary);
    // A notification has no answer, so one to a session that has ended is nobody's error.
    if (fault?.code === "SESSION_CLOSED") return;
    const text = fault ?? this.#text(params, name);
    if (typeof text !== "string") throw text;
    const unsendable = this.#queue.send({
      kind: "notification",
      text,
      size: text.length + bytesOf(binary),
      binary,
      isSent: false,
      onUnsendable: report,
    });
    if (unsendable) throw unsendable;
  }

  /** Settles a call, once. Its place is free when the peer has answered, or was never told. */
  finish(pending: Pending, error: RpcError | null, result?: unknown): void {
    if (pending.isAbandoned || !this.#pending.has(pending.id)) return;
    const { clock, deadlines, limits, isClosed, audit } = this.#context;
    const { name, member, options, settle, started } = pending;
    options.signal?.removeEventListener("abort", pending);
    if (pending.isSent && !pending.isAnswered && !isClosed()) {
      pending.isAbandoned = true;
      pending.due = clock.now() + limits.timeout;
      deadlines.lookAt(pending.due);
    } else {
      this.#forget(pending);
    }
    audit(name, member, error?.code ?? null, started);
    if (error) settle.reject(error);
    else settle.resolve(result);
  }

  #forget(pending: Pending): void {
    if (this.#pending.delete(pending.id)) this.#queue.done(pending);
  }

  /** Ends from this side: by the call's signal, or by a reader that stops. */
  abandon(pending: Pending, bySignal: boolean): void {
    if (pending.isAbandoned || !this.#pending.has(pending.id)) return;
    this.#tellCancel(pending);
    this.finish(pending, bySignal ? cancelled(pending.options.signal) : null);
  }

  onDue(pending: Pending): void {
    if (pending.isAbandoned) return this.#forget(pending);
    this.#tellCancel(pending);
    this.finish(pending, new RpcError("TIMEOUT", { message: `"${pending.name}" was not answered in time` }));
  }

  #tellCancel(pending: Pending): void {
    if (pending.isSent) this.#context.outbox.add(notificationText("rpc.cancel", { id: pending.id }));
  }

  /** Whether this is the first answer to a request of this side. Asked once for each message. */
  awaits(kind: Kind, { id }: Message): boolean {
    const pending = kind === "result" || kind === "error" ? this.#pending.get(id) : undefined;
    if (pending === undefined || pending.isAnswered) return false;
    pending.isAnswered = true;
    return true;
  }

  /** Whether the answer to this id may bring binary. */
  takesBinary(id: unknown): boolean {
    const member = this.#pending.get(id)?.member;
    return member !== undefined && "binary" in member && member.binary;
  }

  onAnswer(kind: "result" | "error", { id, result, error }: Message, binary: readonly Transferable[]): void {
    const pending = this.#pending.get(id);
    if (pending === undefined || pending.isAbandoned || pending.isChecked) {
      release(binary);
      if (pending?.isAbandoned) this.#forget(pending);
      return;
    }
    pending.isChecked = true;
    if (kind === "error") return this.finish(pending, errorFromWire(error));
    // A stream ends by rpc.end alone: the peer has something else under this name.
    if (pending.member.kind !== "method") return this.finish(pending, otherKind(pending));
    const checked = validate(pending.member.result, result);
    if (isPromise(checked)) void checked.then((validated) => this.#answered(pending, validated, binary));
    else this.#answered(pending, checked, binary);
  }

  #answered(pending: Pending, validated: Validated, binary: readonly Transferable[]): void {
    const value = validated.issues ? null : validated.value;
    if (this.#waiting(pending.id) && typeof value === "object" && value !== null) {
      if (binary.length > 0) withBinary(value, binary);
    } else {
      release(binary);
    }
    this.finish(pending, validated.issues ? misfit("result", validated.issues) : null, value);
  }

  /** What is still waited for under this id. */
  #waiting(id: unknown): Pending | undefined {
    const pending = this.#pending.get(id);
    return pending?.isAbandoned ? undefined : pending;
  }

  onProgress(id: unknown, value: unknown): void {
    const pending = this.#waiting(id);
    if (!pending || pending.reader) return;
    const { clock, deadlines, limits } = this.#context;
    const hardLimit = pending.started + Math.max(limits.progressTimeout, pending.timeout);
    pending.due = Math.min(clock.now() + pending.timeout, hardLimit);
    deadlines.lookAt(pending.due);
    const { onProgress } = pending.options;
    if (onProgress) safely(() => onProgress(value));
  }

  /** How many items may be on their way, in all the streams that are read. */
  itemCredit(): number {
    let streams = 0;
    for (const { reader } of this.#pending.values()) if (reader) streams++;
    return streams * this.#context.limits.streamCredit;
  }

  /** False: the peer sent more items than it had credit for. */
  onItems(id: unknown, items: readonly unknown[]): boolean {
    return this.#waiting(id)?.reader?.take(items) ?? true;
  }

  onEnd(id: unknown, error: unknown): void {
    const pending = this.#pending.get(id);
    if (pending?.isAbandoned) return this.#forget(pending);
    if (!pending || pending.isChecked) return;
    pending.isAnswered = true;
    pending.isChecked = true;
    const end = () =>
      this.finish(pending, error !== undefined ? errorFromWire(error) : pending.reader ? null : otherKind(pending));
    // A scope that is gone takes the items that are still being checked with it.
    const isRevoked = error !== undefined && errorFromWire(error).code === "SCOPE_REVOKED";
    if (pending.reader && !isRevoked) pending.reader.onEnd(end);
    else end();
  }

  onNotificationCredit(more: number): void {
    this.#queue.addNotificationCredit(more);
  }

  /** The session has ended: everything that waits settles now. */
  close(code: RpcCode, reason: string): void {
    this.#queue.clear();
    for (const pending of [...this.#pending.values()]) {
      const message = `The session has ended: ${reason}`;
      this.finish(pending, new RpcError("SESSION_CLOSED", { message, data: { code, reason } }));
    }
    this.#pending.clear();
  }
}

function otherKind({ name, member }: Pending): RpcError {
  return new RpcError("INTERNAL_ERROR", {
    message: `"${name}" is no ${member.kind} at the peer: the contracts differ`,
  });
}

function cancelled(signal: AbortSignal | undefined): RpcError {
  return new RpcError("CANCELLED", { message: "The call was cancelled", cause: signal?.reason as unknown });
}
