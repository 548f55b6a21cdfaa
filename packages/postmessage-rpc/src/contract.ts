import { type RpcCode, RpcError, rpcErrorNumbers } from "./errors.js";
import { type Pump, pumpItems, type StreamEnd } from "./pump.js";
import type { InputOf, OutputOf, StandardSchema } from "./standard-schema.js";
import { StreamReader, type StreamReaderOptions } from "./stream-reader.js";

/** One method of a contract: a request with one result. */
export interface Method<P = unknown, R = unknown, E extends string = string, B extends boolean = boolean> {
  readonly kind: "method";
  readonly scope: string | null;
  readonly params: P;
  readonly result: R;
  readonly errors: readonly E[];
  readonly binary: B;
}

/** One stream of a contract: a request with many items. */
export interface Stream<P = unknown, I = unknown, E extends string = string> {
  readonly kind: "stream";
  readonly scope: string | null;
  readonly params: P;
  readonly item: I;
  readonly errors: readonly E[];
  readonly latest: boolean;
  /** How it is read and served. It comes with the member, so that a page whose contract has no stream does not load it. */
  readonly "~stream": StreamParts;
}

export interface StreamParts {
  readonly read: (options: StreamReaderOptions) => StreamReader;
  readonly pump: (pump: Pump) => Promise<StreamEnd>;
}

/** One notification of a contract: it has no answer. */
export interface Notification<P = unknown, B extends boolean = boolean> {
  readonly kind: "notification";
  readonly scope: string | null;
  readonly params: P;
  readonly binary: B;
}

export type Member = Method | Stream | Notification;

/**
 * What `defineContract` takes. Of each member no more is named here than its kind and scope: were its params named, the compiler
 * would infer `unknown` for those that a method leaves out.
 */
export type Members = Readonly<Record<string, { readonly kind: Member["kind"]; readonly scope: string | null }>>;

/** What both sides compile against: dotted names and what each takes and gives. Made by `defineContract`. */
export interface Contract<M extends Members = Members> {
  readonly members: M;
}

/** A contract's members, by the names the contract gave them. */
export function membersOf(contract: Contract): [string, Member][] {
  return Object.entries(contract.members) as [string, Member][];
}

type AnySchema = StandardSchema<never, unknown> | StandardSchema<unknown, unknown>;
type OptionalSchema = AnySchema | undefined;

/** The compiler prints the text of this type where a result's schema transforms. */
type Stable<S> = [OutputOf<S>] extends [InputOf<S>]
  ? unknown
  : "A result's schema must not transform: what it puts out must validate to itself, for the caller validates it again.";

interface MethodOptions<P, R, E extends string, B extends boolean> {
  /** The scope a caller must hold; `null` says in so many words that none is needed. */
  scope: string | null;
  /** Standard Schema of the params: its input travels, its output reaches the handler. Left out: no params. */
  params?: P;
  /** Standard Schema of the result; it may strip and check, not transform. Left out: no result (`null` on the wire). */
  result?: R & Stable<R>;
  /** Codes a handler may `throw call.fail(code)` with. */
  errors?: readonly E[];
  /** Whether transferables may travel with params and result. */
  binary?: B;
}

/** Declares a request with one result. */
export function method<
  P extends OptionalSchema = undefined,
  R extends OptionalSchema = undefined,
  const E extends string = never,
  const B extends boolean = false,
>(options: MethodOptions<P, R, E, B>): Method<P, R, E, B> {
  const { scope, params, result, errors = [], binary = false } = options;
  checkScope(scope);
  return Object.freeze({ kind: "method", scope, params, result, errors: Object.freeze([...errors]), binary }) as Method<
    P,
    R,
    E,
    B
  >;
}

interface StreamOptions<P, I, E extends string> {
  scope: string | null;
  params?: P;
  /** Standard Schema of one item. */
  item: I;
  errors?: readonly E[];
  /** Keep only the newest item for a slow reader: for state such as a theme or a price. */
  latest?: boolean;
}

/** Declares a request with many items, read at the caller's pace. */
export function stream<
  P extends OptionalSchema = undefined,
  I extends AnySchema = AnySchema,
  const E extends string = never,
>(options: StreamOptions<P, I, E>): Stream<P, I, E> {
  const { scope, params, item, errors = [], latest = false } = options;
  checkScope(scope);
  const parts: StreamParts = { read: (reading) => new StreamReader(reading), pump: pumpItems };
  return Object.freeze({
    kind: "stream",
    scope,
    params,
    item,
    errors: Object.freeze([...errors]),
    latest,
    "~stream": parts,
  }) as Stream<P, I, E>;
}

interface NotificationOptions<P, B extends boolean> {
  scope: string | null;
  params?: P;
  binary?: B;
}

/** Declares a message without an answer. */
export function notification<P extends OptionalSchema = undefined, const B extends boolean = false>(
  options: NotificationOptions<P, B>,
): Notification<P, B> {
  const { scope, params, binary = false } = options;
  checkScope(scope);
  return Object.freeze({ kind: "notification", scope, params, binary }) as Notification<P, B>;
}

/** OAuth's scope-token (RFC 6749 section 3.3): printable ASCII without space, quote and backslash. */
function checkScope(scope: unknown): void {
  if (scope === null || (typeof scope === "string" && /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))) return;
  throw new TypeError(
    `scope must be an OAuth scope token or null (none needed), not ${JSON.stringify(scope) ?? typeof scope}`,
  );
}

type NameFault<K extends string, All extends string> = K extends `rpc.${string}` | "rpc"
  ? "Names beginning with rpc. are reserved for the protocol."
  : K extends `panel.${string}` | "panel"
    ? "Names beginning with panel. are reserved for the panel."
    : K extends Forbidden | `${Forbidden}.${string}` | `${string}.${Forbidden}` | `${string}.${Forbidden}.${string}`
      ? "then and __proto__ cannot be names: they would make the remote a promise, or change its prototype."
      : [Extract<All, `${K}.${string}`>] extends [never]
        ? unknown
        : `"${K}" is at once a method and a namespace: rename one of them.`;
type Forbidden = "then" | "__proto__";

type CheckedNames<M> = { [K in keyof M]: K extends string ? NameFault<K, Extract<keyof M, string>> : never };

/**
 * Makes a contract from dotted names: `{ "ticket.get": method({ … }) }` is called as `remote.ticket.get(…)`.
 * @throws TypeError for a reserved name (`rpc.`, `panel.`, `then`, `__proto__`), an empty or odd segment, and a name that is at
 * once a method and a namespace.
 */
export function defineContract<const M extends Members>(members: M & CheckedNames<M>): Contract<M> {
  for (const name of Object.keys(members)) {
    if (/^(rpc|panel)(\.|$)/.test(name))
      throw new TypeError(`"${name}": names beginning with rpc. and panel. are reserved`);
  }
  return makeContract(members as M);
}

/** `defineContract` without its two reserved prefixes, for the panel's own words. Not exported from the package. */
export function makeContract<M extends Members>(members: M): Contract<M> {
  const names = Object.keys(members);
  for (const name of names) {
    for (const segment of name.split(".")) {
      if (segment === "then" || segment === "__proto__" || !/^[A-Za-z_$][\w$-]*$/.test(segment)) {
        throw new TypeError(`"${name}": "${segment}" cannot be a part of a name`);
      }
    }
    const below = names.find((other) => other.startsWith(`${name}.`));
    if (below !== undefined) throw new TypeError(`"${name}" is at once a method and the namespace of "${below}"`);
  }
  const table = Object.assign(Object.create(null) as object, members) as M;
  return Object.freeze({ members: Object.freeze(table) });
}

/** One contract of the names of two. A name in both must not differ: the second would silently win, so it throws a TypeError. */
export function combineContracts<A extends Members, B extends Members>(
  first: Contract<A>,
  second: Contract<B>,
): Contract<A & B> {
  for (const name of Object.keys(second.members)) {
    if (Object.hasOwn(first.members, name)) throw new TypeError(`"${name}" is in both contracts`);
  }
  return makeContract({ ...first.members, ...second.members } as A & B);
}

/** How one call is made. */
export interface CallOptions {
  /** Aborting it cancels the call on both sides; the promise rejects with CANCELLED. */
  signal?: AbortSignal | undefined;
  /** Milliseconds until TIMEOUT, from the call itself, its wait in the queue included. Default: `limits.timeout`, 30 s. */
  timeout?: number | undefined;
  /** Called with what the handler reports; each report starts the time limit anew, up to `limits.progressTimeout`, 5 min. */
  onProgress?: ((value: unknown) => void) | undefined;
}

export interface BinaryOption {
  /** What travels beside the params: transferred, so unusable here afterwards. */
  binary?: readonly Transferable[] | undefined;
}

type Arguments<P, O> = P extends AnySchema
  ? undefined extends InputOf<P>
    ? [params?: InputOf<P>, options?: O]
    : [params: InputOf<P>, options?: O]
  : [params?: undefined, options?: O];

type OutputOr<S, Otherwise> = S extends AnySchema ? OutputOf<S> : Otherwise;
type OptionsFor<B> = true extends B ? CallOptions & BinaryOption : CallOptions;

export type Callable<T> =
  T extends Method<infer P, infer R, string, infer B>
    ? (...args: Arguments<P, OptionsFor<B>>) => Promise<OutputOr<R, void>>
    : T extends Stream<infer P, infer I, string>
      ? (...args: Arguments<P, CallOptions>) => AsyncIterableIterator<OutputOf<I>>
      : T extends Notification<infer P, infer B>
        ? (...args: Arguments<P, true extends B ? BinaryOption : Record<never, never>>) => void
        : never;

type Segment<K, Prefix extends string> = K extends `${Prefix}${infer Rest}`
  ? Rest extends `${infer S}.${string}`
    ? S
    : Rest
  : never;

type Tree<M, Prefix extends string> = {
  readonly [S in Segment<keyof M, Prefix>]: `${Prefix}${S}` extends keyof M
    ? Callable<M[`${Prefix}${S}`]>
    : Tree<M, `${Prefix}${S}.`>;
};

/** The tree of functions with which a contract's methods are called: `"ticket.get"` is `remote.ticket.get`. */
export type Remote<C> = C extends Contract<infer M> ? Tree<M, ""> : Record<never, never>;

type ErrorsOf<T> = T extends { readonly errors: readonly (infer E extends string)[] } ? E : never;

/**
 * Whether this is an RpcError, and, with a contract and a method's name, narrows `error.code` to the codes that method declared
 * and the bridge's own.
 */
export function isRpcError(error: unknown): error is RpcError;
export function isRpcError<M extends Members, K extends keyof M & string>(
  error: unknown,
  contract: Contract<M>,
  name: K,
): error is RpcError<ErrorsOf<M[K]> | RpcCode>;
export function isRpcError(error: unknown, contract?: Contract, name?: string): boolean {
  if (!(error instanceof RpcError)) return false;
  if (contract === undefined || name === undefined) return true;
  const member = membersOf(contract).find(([own]) => own === name)?.[1];
  if (member === undefined) return false;
  return isOwnCode(error.code) || ("errors" in member && member.errors.includes(error.code));
}

function isOwnCode(code: string): boolean {
  return Object.hasOwn(rpcErrorNumbers, code);
}
