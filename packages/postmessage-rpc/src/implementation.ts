import {
  type Contract,
  type Member,
  type Members,
  type Method,
  membersOf,
  type Notification,
  type Stream,
} from "./contract.js";
import type { RpcError, RpcErrorOptions } from "./errors.js";
import type { Grant, GrantedScope } from "./grant.js";
import type { Serving, ServingContext } from "./responder.js";
import type { InputOf, OutputOf } from "./standard-schema.js";

/** What a handler knows of the call it serves. */
export interface Call<Errors extends string = string> {
  /**
   * Aborts when the caller cancels, the scope is revoked, the time limit passes or the session ends. Made when it is first asked for,
   * so `{ ...call }` has all members but this one: hand `call` on as it is, or `{ ...call, signal: call.signal }`.
   */
  readonly signal: AbortSignal;
  /** The granted scope under which the call came; null where the contract asks for none. */
  readonly grant: GrantedScope | null;
  /** What was transferred beside the params; empty where the contract declares no binary. */
  readonly binary: readonly Transferable[];
  /** Tells the caller how far the work is, and starts both sides' time limit anew. Does nothing for notifications and streams. */
  progress(value?: unknown): void;
  /** Makes the error to throw, for a code the contract declares; its message and data reach the caller. */
  fail(code: Errors, options?: RpcErrorOptions): RpcError<Errors>;
}

type Params<P> = P extends undefined ? undefined : OutputOf<P>;
// biome-ignore lint/suspicious/noConfusingVoidType: it is a return type, of a handler that has nothing to say.
type Result<R> = R extends undefined ? void : InputOf<R>;

/** The function that serves one member of a contract. */
export type Handler<T> =
  T extends Method<infer P, infer R, infer E>
    ? (params: Params<P>, call: Call<E>) => Result<R> | Promise<Result<R>>
    : T extends Stream<infer P, infer I, infer E>
      ? (params: Params<P>, call: Call<E>) => AsyncIterable<InputOf<I>>
      : T extends Notification<infer P>
        ? (params: Params<P>, call: Call<never>) => void | Promise<void>
        : never;

export type Handlers<M> = { readonly [K in keyof M]: Handler<M[K]> };

/** A contract with a handler for each of its members: what `provide` takes. Made by `implement`. */
export interface Implementation<M extends Members = Members> {
  readonly contract: Contract<M>;
  /** Looked up by words from the wire, so a Map: it has no prototype to fall through to. */
  readonly table: ReadonlyMap<string, Served>;
  /**
   * Opens the half of a session that serves. It comes with the implementation, so that a page without one does not load it. Null: another
   * implementation of the same session brings it.
   */
  readonly serve: Serve | null;
}

export type Serve = (context: ServingContext, table: ReadonlyMap<string, Served>, grant: Grant) => Serving;

/** A member and its handler, with the types forgotten: what comes in is checked by the member's schemas. */
export interface Served {
  readonly member: Member;
  readonly handler: (params: unknown, call: Call) => unknown;
}

/**
 * As `implement`, without the code that serves it: for sessions to which another implementation brings that, loaded later.
 * @throws TypeError where a handler is missing or not of the contract (for callers without types).
 */
export function implementLater<M extends Members>(contract: Contract<M>, handlers: Handlers<M>): Implementation<M> {
  const table = new Map<string, Served>();
  for (const [name, member] of membersOf(contract)) {
    const handler: unknown = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
    if (typeof handler !== "function") throw new TypeError(`There is no handler for "${name}"`);
    // Called on the handlers object, so that handlers written as methods find each other through `this`.
    table.set(name, { member, handler: (params, call) => Reflect.apply(handler, handlers, [params, call]) as unknown });
  }
  for (const name of Object.keys(handlers)) {
    if (!table.has(name)) throw new TypeError(`"${name}" is not in the contract`);
  }
  return Object.freeze({ contract, table, serve: null });
}
