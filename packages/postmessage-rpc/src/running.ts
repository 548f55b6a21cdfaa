import type { Deadline } from "./deadlines.js";
import { RpcError, type RpcErrorOptions } from "./errors.js";
import type { GrantedScope } from "./grant.js";
import type { Call, Served } from "./implementation.js";
import type { Guard, Guarded } from "./outbox.js";
import type { Id } from "./wire.js";

/** What a stream's pump waits for. */
export interface Flow {
  /** Items the caller has credit for, and how to wake the pump when there is more. */
  credit: number;
  wake: (() => void) | null;
}

/** How often progress was told: for people, so it is paced. */
export interface Pace {
  toldAt: number;
  left: number;
}

/**
 * One request or notification that is being served. Once `settled`, whatever its handler still does reaches nobody. Its answer
 * leaves as what it is: text that rests on it.
 */
export class Running implements Guard, Guarded, Deadline {
  readonly id: Id;
  readonly name: string;
  readonly served: Served;
  readonly started: number;
  readonly binary: readonly Transferable[];
  readonly #onExpire: (running: Running) => void;
  /** What `where` may look at: null until the params are parsed. A copy, for the handler may change its params. */
  params: unknown = null;
  /** Whether the params are parsed, so that `where` can be checked. */
  parsed = false;
  granted: GrantedScope | null = null;
  settled = false;
  /** Its handler's promise is awaited. */
  isAwaited = false;
  due: number;
  /** Of a stream, once its items are being sent. */
  flow: Flow | null = null;
  pace: Pace | null = null;
  /** The answer. */
  text = "";
  readonly isAnswer = true;
  /** A handler's signal, made when it is first asked for: most never do, and making one costs as much as all else here. */
  #controller: AbortController | null = null;
  #aborted: RpcError | null = null;

  constructor(
    id: Id,
    name: string,
    served: Served,
    binary: readonly Transferable[],
    started: number,
    due: number,
    onExpire: (running: Running) => void,
  ) {
    this.id = id;
    this.name = name;
    this.served = served;
    this.binary = binary;
    this.started = started;
    this.due = due;
    this.#onExpire = onExpire;
  }

  get scope(): string | null {
    return this.served.member.scope;
  }

  get isStream(): boolean {
    return this.served.member.kind === "stream";
  }

  get guard(): Guard {
    return this;
  }

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#aborted) this.#controller.abort(this.#aborted);
    }
    return this.#controller.signal;
  }

  abort(reason: RpcError): void {
    this.#aborted = reason;
    this.#controller?.abort(reason);
    this.flow?.wake?.();
  }

  expire(): void {
    this.#onExpire(this);
  }

  /** The codes that this method or stream declares. */
  get declared(): readonly string[] {
    const { member } = this.served;
    return "errors" in member ? member.errors : [];
  }
}

const fail = (code: string, options?: RpcErrorOptions): RpcError => new RpcError(code, options);

/** What a handler gets to know: its own members, so that it may take them out, but for the signal, which is made when it is asked for. */
export class HandlerCall implements Call {
  readonly grant: GrantedScope | null;
  readonly binary: readonly Transferable[];
  readonly progress: (value?: unknown) => void;
  readonly fail = fail;
  readonly #running: Running;

  constructor(running: Running, onProgress: (running: Running, value: unknown) => void) {
    this.#running = running;
    this.grant = running.granted;
    this.binary = running.binary;
    this.progress = (value) => onProgress(running, value);
  }

  // An own getter would cost each call as much as half of all else.
  get signal(): AbortSignal {
    return this.#running.signal;
  }
}
