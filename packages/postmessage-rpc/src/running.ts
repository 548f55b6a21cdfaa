import type { Deadline } from "./deadlines.js";
import { RpcError, type RpcErrorOptions } from "./errors.js";
import type { GrantedScope } from "./grant.js";
import type { Call, Served } from "./implement.js";
import type { Guard } from "./outbox.js";
import type { Id } from "./wire.js";

/** A handler's signal, made when it is first asked for: most never do, and making one costs as much as all else here. */
class LateSignal {
  #controller: AbortController | null = null;
  #reason: RpcError | null = null;

  get signal(): AbortSignal {
    if (this.#controller === null) {
      this.#controller = new AbortController();
      if (this.#reason) this.#controller.abort(this.#reason);
    }
    return this.#controller.signal;
  }

  abort(reason: RpcError): void {
    this.#reason = reason;
    this.#controller?.abort(reason);
  }
}

/** Progress is for people: after so many reports at once they are paced, and what comes in between is left out. */
const mostProgressAtOnce = 32;

/** One request or notification that is being served. Once `settled`, whatever its handler still does reaches nobody. */
export class Running extends LateSignal implements Guard, Deadline {
  readonly id: Id;
  readonly name: string;
  readonly served: Served;
  readonly scope: string | null;
  readonly started: number;
  readonly binary: readonly Transferable[];
  readonly #onExpire: (running: Running) => void;
  /** What `where` may look at: null until the params are parsed. A copy, for the handler may change its params. */
  params: unknown = null;
  /** Whether the params are parsed, so that `where` can be checked. */
  parsed = false;
  /** When progress was told last, and how many reports may still be told at once. */
  toldProgressAt = Number.NEGATIVE_INFINITY;
  progressLeft = mostProgressAtOnce;
  granted: GrantedScope | null = null;
  settled = false;
  /** Its handler's promise is awaited. */
  isAwaited = false;
  due: number;
  /** Items the caller has credit for, and how to wake the pump when there is more. */
  credit: number;
  wake: (() => void) | null = null;

  constructor(
    id: Id,
    name: string,
    served: Served,
    binary: readonly Transferable[],
    started: number,
    due: number,
    credit: number,
    onExpire: (running: Running) => void,
  ) {
    super();
    this.id = id;
    this.name = name;
    this.served = served;
    this.scope = served.member.scope;
    this.binary = binary;
    this.started = started;
    this.due = due;
    this.credit = credit;
    this.#onExpire = onExpire;
  }

  expire(): void {
    this.#onExpire(this);
  }
}

const fail = (code: string, options?: RpcErrorOptions): RpcError => new RpcError(code, options);

/** What the handler of this gets to know. */
export function callOf(running: Running, progress: (value?: unknown) => void): Call {
  return {
    get signal() {
      return running.signal;
    },
    grant: running.granted,
    binary: running.binary,
    progress,
    fail,
  };
}

/** The codes that this method or stream declares. */
export function declaredBy({ served: { member } }: Running): readonly string[] {
  return "errors" in member ? member.errors : [];
}
