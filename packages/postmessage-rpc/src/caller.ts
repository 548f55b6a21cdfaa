import type { Clock } from "./clock.js";
import { type BinaryOption, type CallOptions, type Contract, type Member, membersOf } from "./contract.js";
import type { Deadline, Deadlines } from "./deadlines.js";
import { errorFromWire, isRecord, type RpcCode, RpcError } from "./errors.js";
import { withBinary } from "./implement.js";
import { ItemQueue } from "./item-queue.js";
import type { Limits } from "./limits.js";
import type { Outbox } from "./outbox.js";
import { safely } from "./safely.js";
import { isPromise, misfit, type Validated, validate } from "./validate.js";
import { type Inbound, notificationText, requestText } from "./wire.js";

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

interface Pending extends Deadline {
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
  sent: boolean;
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

interface Waiting {
  readonly text: string;
  readonly binary: readonly Transferable[];
  /** Null for a notification. */
  readonly pending: Pending | null;
}

const none: readonly Transferable[] = Object.freeze([]);

/** The half of the bridge that calls: it numbers requests, keeps within the peer's budget and settles every promise. */
export class Caller {
  readonly #context: CallerContext;
  readonly #pending = new Map<number, Pending>();
  #queue: Waiting[] = [];
  #queuedCharacters = 0;
  #nextId = 1;
  #inFlight = 0;
  #streams = 0;
  #notificationCredit: number;

  constructor(context: CallerContext) {
    this.#context = context;
    this.#notificationCredit = context.peerLimits.notificationCredit;
  }

  /** The frozen tree of functions; its objects have no prototype, so it has no names but the contract's. */
  remote(contract: Contract): object {
    const root = Object.create(null) as Record<string, unknown>;
    const nodes: object[] = [root];
    for (const [name, member] of membersOf(contract)) {
      const segments = name.split(".");
      const last = segments.pop() ?? name;
      let node = root;
      for (const segment of segments) {
        if (!Object.hasOwn(node, segment)) {
          node[segment] = Object.create(null);
          nodes.push(node[segment] as object);
        }
        node = node[segment] as Record<string, unknown>;
      }
      node[last] = this.#function(name, member);
    }
    for (const node of nodes) Object.freeze(node);
    return root;
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
    const text = this.#faultBefore(member, binary, signal) ?? this.#text(() => requestText(id, name, params));
    if (typeof text !== "string") return refuse(settle, text);
    const started = clock.now();
    const timeout = options.timeout ?? limits.timeout;
    const pending: Pending = {
      id,
      name,
      member,
      started,
      settle,
      items,
      options,
      timeout,
      due: started + timeout,
      expire: () => this.#timeOut(pending),
      onAbort: null,
      sent: false,
      outstanding: 0,
      read: 0,
      tail: null,
    };
    if (!this.#send(text, binary, pending)) {
      return refuse(settle, new RpcError("BUSY", { message: `Over ${limits.queue} calls wait to be sent` }));
    }
    if (signal) {
      pending.onAbort = () => this.#abandon(pending, signal);
      signal.addEventListener("abort", pending.onAbort, { once: true });
    }
    this.#pending.set(id, pending);
    // A stream lives as long as it likes: only its heartbeat and its reader end it.
    if (items === null) deadlines.add(pending);
    return pending;
  }

  #faultBefore(member: Member, binary: readonly Transferable[], signal: AbortSignal | undefined): RpcError | null {
    if (this.#context.isClosed()) return new RpcError("SESSION_CLOSED", { message: "The session has ended" });
    if (signal?.aborted) return cancelled(signal);
    if (binary.length > 0 && !("binary" in member && member.binary)) {
      return new RpcError("INVALID_PARAMS", { message: "The contract declares no binary here" });
    }
    return null;
  }

  #text(make: () => string): string | RpcError {
    let text: string;
    try {
      text = make();
    } catch (cause) {
      return new RpcError("INVALID_PARAMS", { message: "The params are not JSON", cause });
    }
    if (text.length <= this.#context.peerLimits.text) return text;
    const message = `The message has ${text.length} characters; the peer takes ${this.#context.peerLimits.text}`;
    return new RpcError("TOO_LARGE", { message });
  }

  #notify(name: string, member: Member, params: unknown, binary: readonly Transferable[]): void {
    const fault = this.#faultBefore(member, binary, undefined);
    // A notification has no answer, so one to a session that has ended is nobody's error.
    if (fault?.code === "SESSION_CLOSED") return;
    if (fault) throw fault;
    const text = this.#text(() => notificationText(name, params));
    if (typeof text !== "string") throw text;
    if (!this.#send(text, binary, null)) throw new RpcError("BUSY", { message: "Too many notifications wait" });
  }

  /** Sends now, or queues behind what waits, so that order is kept. False: the queue is full. */
  #send(text: string, binary: readonly Transferable[], pending: Pending | null): boolean {
    if (this.#queue.length === 0 && this.#mayLeave(pending)) {
      this.#leave(text, binary, pending);
      return true;
    }
    const { queue, queueBytes } = this.#context.limits;
    if (this.#queue.length >= queue || this.#queuedCharacters + text.length > queueBytes) return false;
    this.#queue.push({ text, binary, pending });
    this.#queuedCharacters += text.length;
    return true;
  }

  #mayLeave(pending: Pending | null): boolean {
    const { peerLimits } = this.#context;
    if (pending === null) return this.#notificationCredit > 0;
    return pending.items ? this.#streams < peerLimits.streams : this.#inFlight < peerLimits.inFlight;
  }

  #leave(text: string, binary: readonly Transferable[], pending: Pending | null): void {
    if (pending === null) {
      this.#notificationCredit--;
    } else {
      pending.sent = true;
      if (pending.items) this.#streams++;
      else this.#inFlight++;
    }
    if (binary.length > 0) this.#context.outbox.addBinary(text, binary);
    else this.#context.outbox.add(text);
  }

  #drain(): void {
    let count = 0;
    for (const waiting of this.#queue) {
      // What was cancelled while it waited is skipped: it was never sent, so the peer need not know.
      const gone = waiting.pending !== null && !this.#pending.has(waiting.pending.id);
      if (!gone && !this.#mayLeave(waiting.pending)) break;
      this.#queuedCharacters -= waiting.text.length;
      if (!gone) this.#leave(waiting.text, waiting.binary, waiting.pending);
      count++;
    }
    if (count > 0) this.#queue.splice(0, count);
  }

  /** Takes the entry out and frees its place; what comes for its id afterwards is for nobody. */
  #remove(pending: Pending): boolean {
    if (!this.#pending.delete(pending.id)) return false;
    if (pending.items === null) this.#context.deadlines.delete(pending);
    if (pending.onAbort) pending.options.signal?.removeEventListener("abort", pending.onAbort);
    if (pending.sent) {
      if (pending.items) this.#streams--;
      else this.#inFlight--;
    }
    if (this.#queue.length > 0) this.#drain();
    return true;
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
    if (pending.sent) this.#context.outbox.add(notificationText("rpc.cancel", { id: pending.id }));
  }

  /** Whether this answer is to a request of this side that still waits. */
  awaits(message: Inbound): boolean {
    return (
      (message.kind === "result" || message.kind === "error") &&
      typeof message.id === "number" &&
      this.#pending.has(message.id)
    );
  }

  /** Whether the answer to this id may bring binary. */
  takesBinary(id: unknown): boolean {
    const member = typeof id === "number" ? this.#pending.get(id)?.member : undefined;
    return member !== undefined && "binary" in member && member.binary;
  }

  onAnswer(message: Inbound & { kind: "result" | "error" }, binary: readonly Transferable[]): void {
    const pending = typeof message.id === "number" ? this.#pending.get(message.id) : undefined;
    if (pending === undefined) return;
    if (message.kind === "error") {
      this.#finish(pending, errorFromWire(message.error));
      return;
    }
    // A stream ends by rpc.end alone: a result for it is not of the protocol.
    if (pending.member.kind !== "method") return;
    const checked = validate(pending.member.result, message.result);
    const done = (validated: Validated) => {
      if (!validated.ok) return this.#finish(pending, misfit("result", validated));
      if (binary.length > 0 && isRecord(validated.value)) withBinary(validated.value, binary);
      this.#finish(pending, null, validated.value);
    };
    if (isPromise(checked)) void checked.then(done);
    else done(checked);
  }

  onProgress(id: unknown, value: unknown): void {
    const pending = typeof id === "number" ? this.#pending.get(id) : undefined;
    if (!pending || pending.items) return;
    const { clock, deadlines, limits } = this.#context;
    const hardLimit = pending.started + Math.max(limits.progressTimeout, pending.timeout);
    deadlines.move(pending, Math.min(clock.now() + pending.timeout, hardLimit));
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
    const pending = typeof id === "number" ? this.#pending.get(id) : undefined;
    if (!pending?.items) return;
    const end = () => this.#finish(pending, error === undefined ? null : errorFromWire(error));
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
    this.#notificationCredit = Math.min(this.#notificationCredit + more, this.#context.peerLimits.notificationCredit);
    if (this.#queue.length > 0) this.#drain();
  }

  /** The session has ended: everything that waits settles now. */
  close(code: RpcCode, reason: string): void {
    this.#queue = [];
    for (const pending of [...this.#pending.values()]) {
      this.#finish(
        pending,
        new RpcError("SESSION_CLOSED", { message: `The session has ended: ${reason}`, data: { code, reason } }),
      );
    }
  }

  /** How many calls and streams wait: for tests that nothing is left behind. */
  get size(): number {
    return this.#pending.size + this.#queue.length;
  }
}

function refuse(settle: Settle, error: RpcError): null {
  settle.reject(error);
  return null;
}

function cancelled(signal: AbortSignal): RpcError {
  return new RpcError("CANCELLED", { message: "The call was cancelled", cause: signal.reason as unknown });
}
