import type { Clock } from "./clock.js";
import { type BinaryOption, type CallOptions, type Contract, type Member, membersOf } from "./contract.js";
import type { Deadline, Deadlines } from "./deadlines.js";
import { errorFromWire, type RpcCode, RpcError } from "./errors.js";
import { withBinary } from "./implement.js";
import { ItemQueue } from "./item-queue.js";
import type { Limits } from "./limits.js";
import type { Outbox } from "./outbox.js";
import { remoteTree } from "./remote-tree.js";
import { report, safely } from "./safely.js";
import { type Outgoing, SendQueue } from "./send-queue.js";
import { binaryFault, release } from "./transferables.js";
import { isPromise, misfit, type Validated, validate } from "./validate.js";
import { fits, type Inbound, notificationText, requestText } from "./wire.js";

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
  /** Reports the end of one of this side's own calls. */
  readonly audit: (name: string, member: Member, failure: string | null, started: number) => void;
}

interface Pending extends Outgoing, Deadline {
  readonly id: number;
  readonly name: string;
  readonly member: Member;
  readonly started: number;
  /** How the call's promise settles; a stream settles its items instead. */
  readonly settle: Settle;
  readonly items: ItemQueue | null;
  readonly options: CallOptions;
  readonly timeout: number;
  onAbort: (() => void) | null;
  /** The first answer has come: any other is for nobody. */
  isAnswered: boolean;
  /** The first answer is being checked. */
  isChecked: boolean;
  /** Items on their way or unread, by this side's count, and those read but not given back yet. */
  outstanding: number;
  read: number;
  /** Items whose asynchronous validation is under way, in order. */
  tail: Promise<void> | null;
}

interface Settle {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: RpcError) => void;
}

const none: readonly Transferable[] = Object.freeze([]);

/** The half of the bridge that calls: it numbers requests, keeps within the peer's budget and settles every promise. */
export class Caller {
  readonly #context: CallerContext;
  readonly #pending = new Map<number, Pending>();
  /**
   * Calls that nobody waits for any more, though the peer still has to answer its cancel: they keep their place until it does, so
   * that whoever calls and cancels in a loop goes no faster than the peer. They keep it no longer than a call may take.
   */
  readonly #abandoned = new Map<number, Pending>();
  readonly #queue: SendQueue;
  #nextId = 1;

  constructor(context: CallerContext) {
    this.#context = context;
    this.#queue = new SendQueue(context.outbox, context.limits, context.peerLimits);
    context.deadlines.watch({ [Symbol.iterator]: () => this.#pending.values() });
    context.deadlines.watch({ [Symbol.iterator]: () => this.#abandoned.values() });
  }

  remote(contract: Contract): object {
    return remoteTree(membersOf(contract), (name, member) => this.#function(name, member));
  }

  #function(name: string, member: Member): unknown {
    switch (member.kind) {
      case "method":
        return (params?: unknown, options?: CallOptions & BinaryOption) => this.call(name, member, params, options);
      case "stream":
        return (params?: unknown, options?: CallOptions) => this.#open(name, member, params, options);
      case "notification":
        return (params?: unknown, options?: BinaryOption) =>
          this.#notify(name, member, params, options?.binary ?? none);
    }
  }

  call(name: string, member: Member, params: unknown, options: CallOptions & BinaryOption = {}): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#start(name, member, params, options, options.binary ?? none, null, { resolve, reject });
    });
  }

  #open(name: string, member: Member & { kind: "stream" }, params: unknown, options: CallOptions = {}): ItemQueue {
    let pending: Pending | null = null;
    const items = new ItemQueue(
      member.latest,
      (count) => pending && this.#giveCredit(pending, count),
      () => pending && this.#abandon(pending, null),
    );
    pending = this.#start(name, member, params, options, none, items, {
      resolve: () => items.end(null),
      // A scope that is gone takes the items that wait with it; any other end leaves them to be read.
      reject: (error) => (error.code === "SCOPE_REVOKED" || !error.remote ? items.abort(error) : items.end(error)),
    });
    return items;
  }

  #start(
    name: string,
    member: Member,
    params: unknown,
    options: CallOptions,
    binary: readonly Transferable[],
    items: ItemQueue | null,
    settle: Settle,
  ): Pending | null {
    const { clock, deadlines, limits } = this.#context;
    const { signal } = options;
    const id = this.#nextId++;
    const text = this.#faultBefore(member, binary, signal) ?? this.#text(params, () => requestText(id, name, params));
    if (typeof text !== "string") return refuse(settle, text);
    const started = clock.now();
    const timeout = options.timeout ?? limits.timeout;
    const pending: Pending = {
      kind: member.kind,
      id,
      name,
      member,
      text,
      binary,
      started,
      settle,
      items,
      options,
      timeout,
      // A stream lives as long as it likes: only its heartbeat and its reader end it.
      due: items === null ? started + timeout : Number.POSITIVE_INFINITY,
      expire: () => this.#timeOut(pending),
      onUnsendable: (error) => this.#finish(pending, error),
      onAbort: null,
      isSent: false,
      isAnswered: false,
      isChecked: false,
      outstanding: 0,
      read: 0,
      tail: null,
    };
    const unsendable = this.#queue.send(pending);
    if (unsendable) return refuse(settle, unsendable);
    if (signal) {
      pending.onAbort = () => this.#abandon(pending, signal);
      signal.addEventListener("abort", pending.onAbort, { once: true });
    }
    this.#pending.set(id, pending);
    deadlines.lookAt(pending.due);
    return pending;
  }

  #faultBefore(member: Member, binary: readonly Transferable[], signal: AbortSignal | undefined): RpcError | null {
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

  #text(params: unknown, make: () => string): string | RpcError {
    const { peerLimits } = this.#context;
    let text: string;
    try {
      text = make();
    } catch (cause) {
      return new RpcError("INVALID_PARAMS", { message: "The params are not JSON", cause });
    }
    if (text.length > peerLimits.text) {
      const message = `The message has ${text.length} characters; the peer takes ${peerLimits.text}`;
      return new RpcError("TOO_LARGE", { message });
    }
    if (fits(text, params, peerLimits)) return text;
    return new RpcError("TOO_LARGE", { message: "The params are deeper, longer or more than the peer takes" });
  }

  #notify(name: string, member: Member, params: unknown, binary: readonly Transferable[]): void {
    const fault = this.#faultBefore(member, binary, undefined);
    // A notification has no answer, so one to a session that has ended is nobody's error.
    if (fault?.code === "SESSION_CLOSED") return;
    if (fault) throw fault;
    const text = this.#text(params, () => notificationText(name, params));
    if (typeof text !== "string") throw text;
    const unsendable = this.#queue.send({ kind: "notification", text, binary, isSent: false, onUnsendable: report });
    if (unsendable) throw unsendable;
  }

  /** Takes the entry out. Its place is free when the peer has answered, or was never told. */
  #remove(pending: Pending): boolean {
    if (!this.#pending.delete(pending.id)) return false;
    if (pending.onAbort) pending.options.signal?.removeEventListener("abort", pending.onAbort);
    if (pending.isSent && !pending.isAnswered && !this.#context.isClosed()) {
      const { clock, deadlines, limits } = this.#context;
      pending.due = clock.now() + limits.timeout;
      pending.expire = () => this.#forget(pending);
      this.#abandoned.set(pending.id, pending);
      deadlines.lookAt(pending.due);
    } else {
      this.#queue.done(pending);
    }
    return true;
  }

  #forget(pending: Pending): void {
    if (this.#abandoned.delete(pending.id)) this.#queue.done(pending);
  }

  #finish(pending: Pending, error: RpcError | null, result?: unknown): void {
    if (!this.#remove(pending)) return;
    this.#context.audit(pending.name, pending.member, error?.code ?? null, pending.started);
    if (error) pending.settle.reject(error);
    else pending.settle.resolve(result);
  }

  /** Ends from this side: by a signal, or by a reader that stops. */
  #abandon(pending: Pending, signal: AbortSignal | null | undefined): void {
    if (!this.#pending.has(pending.id)) return;
    this.#tellCancel(pending);
    this.#finish(pending, signal ? cancelled(signal) : null);
  }

  #timeOut(pending: Pending): void {
    this.#tellCancel(pending);
    this.#finish(pending, new RpcError("TIMEOUT", { message: `"${pending.name}" was not answered in time` }));
  }

  #tellCancel(pending: Pending): void {
    if (pending.isSent) this.#context.outbox.add(notificationText("rpc.cancel", { id: pending.id }));
  }

  /** Whether this is the first answer to a request of this side. Asked once for each message. */
  awaits(message: Inbound): boolean {
    if (message.kind !== "result" && message.kind !== "error") return false;
    const { id } = message;
    const pending = typeof id === "number" ? (this.#pending.get(id) ?? this.#abandoned.get(id)) : undefined;
    if (pending === undefined || pending.isAnswered) return false;
    pending.isAnswered = true;
    return true;
  }

  /** Whether the answer to this id may bring binary. */
  takesBinary(id: unknown): boolean {
    if (typeof id !== "number") return false;
    const member = (this.#pending.get(id) ?? this.#abandoned.get(id))?.member;
    return member !== undefined && "binary" in member && member.binary;
  }

  onAnswer(message: Inbound & { kind: "result" | "error" }, binary: readonly Transferable[]): void {
    const { id } = message;
    const pending = typeof id === "number" ? this.#pending.get(id) : undefined;
    if (pending === undefined || pending.isChecked) {
      release(binary);
      const abandoned = typeof id === "number" ? this.#abandoned.get(id) : undefined;
      if (abandoned) this.#forget(abandoned);
      return;
    }
    pending.isChecked = true;
    if (message.kind === "error") return this.#finish(pending, errorFromWire(message.error));
    // A stream ends by rpc.end alone: the peer has something else under this name.
    if (pending.member.kind !== "method") return this.#finish(pending, otherKind(pending));
    const checked = validate(pending.member.result, message.result);
    const done = (validated: Validated) => {
      if (!validated.ok) return this.#finish(pending, misfit("result", validated));
      const { value } = validated;
      if (binary.length > 0 && typeof value === "object" && value !== null) withBinary(value, binary);
      this.#finish(pending, null, value);
    };
    if (isPromise(checked)) void checked.then(done);
    else done(checked);
  }

  onProgress(id: unknown, value: unknown): void {
    const pending = typeof id === "number" ? this.#pending.get(id) : undefined;
    if (!pending || pending.items) return;
    const { clock, deadlines, limits } = this.#context;
    const hardLimit = pending.started + Math.max(limits.progressTimeout, pending.timeout);
    pending.due = Math.min(clock.now() + pending.timeout, hardLimit);
    deadlines.lookAt(pending.due);
    const { onProgress } = pending.options;
    if (onProgress) safely(() => onProgress(value));
  }

  /** False: the peer sent more items than it had credit for. */
  onItems(id: unknown, items: readonly unknown[]): boolean {
    const pending = typeof id === "number" ? this.#pending.get(id) : undefined;
    if (!pending?.items || pending.member.kind !== "stream") return true;
    if (pending.outstanding + items.length > this.#context.limits.streamCredit) return false;
    pending.outstanding += items.length;
    for (const item of items) this.#item(pending, pending.items, pending.member.item, item);
    return true;
  }

  #item(pending: Pending, queue: ItemQueue, schema: unknown, item: unknown): void {
    const checked = validate(schema, item);
    const done = (validated: Validated) => {
      if (!this.#pending.has(pending.id)) return;
      if (validated.ok) return queue.push(validated.value);
      this.#tellCancel(pending);
      this.#finish(pending, misfit("item", validated));
    };
    // Once one item is checked asynchronously, the later ones line up behind it.
    if (isPromise(checked)) pending.tail = (pending.tail ?? Promise.resolve()).then(async () => done(await checked));
    else if (pending.tail) pending.tail = pending.tail.then(() => done(checked));
    else done(checked);
  }

  onEnd(id: unknown, error: unknown): void {
    if (typeof id !== "number") return;
    const abandoned = this.#abandoned.get(id);
    if (abandoned) return this.#forget(abandoned);
    const pending = this.#pending.get(id);
    if (!pending || pending.isChecked) return;
    pending.isAnswered = true;
    pending.isChecked = true;
    const end = () => {
      if (error !== undefined) return this.#finish(pending, errorFromWire(error));
      this.#finish(pending, pending.items ? null : otherKind(pending));
    };
    if (pending.tail) void pending.tail.then(end);
    else end();
  }

  #giveCredit(pending: Pending, count: number): void {
    pending.read += count;
    // Half at a time: one message for many items, and the sender never runs dry while the reader keeps up.
    if (pending.read < Math.ceil(this.#context.limits.streamCredit / 2) || !this.#pending.has(pending.id)) return;
    pending.outstanding -= pending.read;
    this.#context.outbox.add(notificationText("rpc.credit", { id: pending.id, more: pending.read }));
    pending.read = 0;
  }

  onNotificationCredit(more: number): void {
    this.#queue.addNotificationCredit(more);
  }

  /** The session has ended: everything that waits settles now. */
  close(code: RpcCode, reason: string): void {
    this.#queue.clear();
    this.#abandoned.clear();
    for (const pending of [...this.#pending.values()]) {
      const message = `The session has ended: ${reason}`;
      this.#finish(pending, new RpcError("SESSION_CLOSED", { message, data: { code, reason } }));
    }
  }
}

function refuse(settle: Settle, error: RpcError): null {
  settle.reject(error);
  return null;
}

function otherKind({ name, member }: Pending): RpcError {
  return new RpcError("INTERNAL_ERROR", {
    message: `"${name}" is no ${member.kind} at the peer: the contracts differ`,
  });
}

function cancelled(signal: AbortSignal): RpcError {
  return new RpcError("CANCELLED", { message: "The call was cancelled", cause: signal.reason as unknown });
}
