import type { Clock } from "./clock.js";
import { isRecord } from "./errors.js";

export type Scalar = string | number | boolean | null;

/** One scope this session may use, with its limits. */
export interface GrantedScope {
  readonly scope: string;
  /** For each name, the values the parsed params may have there; own scalar property, compared by `===`; absent is denied. */
  readonly where?: Readonly<Record<string, Scalar | readonly Scalar[]>>;
  /** Milliseconds since the epoch. */
  readonly expiresAt?: number;
}

/** What the peer may do in this session: nothing, if left out. */
export type Grant = readonly GrantedScope[];

/** Whether a call may go on: the granted scope (null where none is needed), or why not. */
export type Verdict =
  | { readonly ok: true; readonly granted: GrantedScope | null }
  | { readonly ok: false; readonly limit?: string };

const noScopeNeeded: Verdict = Object.freeze({ ok: true, granted: null });
const denied: Verdict = Object.freeze({ ok: false });

interface Held extends GrantedScope {
  readonly allowed: Verdict;
  /** When the monotonic clock says that it has expired. */
  readonly deadline: number;
}

/**
 * When, by the monotonic clock, each time passes that a grant named: as first computed or earlier, for all sessions of a page, so that
 * neither a new grant nor a new session brings back what has expired once the wall clock is set back. The newest thousand.
 */
const deadlines = new WeakMap<Clock, Map<number, number>>();
const mostDeadlines = 1_000;

function deadlineOf(expiresAt: number, clock: Clock): number {
  const known = deadlines.get(clock) ?? new Map<number, number>();
  deadlines.set(clock, known);
  const deadline = Math.min(known.get(expiresAt) ?? Number.POSITIVE_INFINITY, clock.now() + expiresAt - clock.wall());
  known.delete(expiresAt);
  known.set(expiresAt, deadline);
  for (const oldest of known.keys()) {
    if (known.size <= mostDeadlines) break;
    known.delete(oldest);
  }
  return deadline;
}

/** A grant in force, with each expiry also as a monotonic deadline. */
export class HeldGrant {
  readonly #held: readonly Held[];
  readonly #clock: Clock;

  constructor(grant: Grant, clock: Clock) {
    this.#clock = clock;
    this.#held = grant.map((granted) => ({
      ...granted,
      allowed: Object.freeze({ ok: true, granted }),
      deadline: granted.expiresAt === undefined ? Number.POSITIVE_INFINITY : deadlineOf(granted.expiresAt, clock),
    }));
  }

  /** The scope alone, before params are parsed. Exact equality: no prefix, no case folding. */
  holds(scope: string | null): boolean {
    return scope === null || this.#held.some((held) => held.scope === scope && !this.#expired(held));
  }

  /** The scope with its limits, on parsed params. */
  allows(scope: string | null, params: unknown): Verdict {
    if (scope === null) return noScopeNeeded;
    let verdict = denied;
    for (const held of this.#held) {
      if (held.scope !== scope || this.#expired(held)) continue;
      const limit = brokenLimit(held, params);
      if (limit === null) return held.allowed;
      verdict = { ok: false, limit };
    }
    return verdict;
  }

  /** Either clock may say so: the wall clock can be set back, the monotonic one can stop in sleep. */
  #expired({ expiresAt, deadline }: Held): boolean {
    return expiresAt !== undefined && (this.#clock.wall() >= expiresAt || this.#clock.now() >= deadline);
  }
}

function brokenLimit(granted: GrantedScope, params: unknown): string | null {
  if (granted.where === undefined) return null;
  for (const [name, listed] of Object.entries(granted.where)) {
    if (!isRecord(params) || !Object.hasOwn(params, name)) return name;
    const value = params[name];
    const allowed: readonly unknown[] = Array.isArray(listed) ? listed : [listed];
    if (typeof value === "object" && value !== null) return name;
    if (!allowed.includes(value) || Number.isNaN(value)) return name;
  }
  return null;
}

/**
 * As much of parsed params as `where` can ever look at: their own members. Taken before the handler runs, for a handler may change
 * its params and the grant is checked again afterwards.
 */
export function ownMembers(params: unknown): Readonly<Record<string, unknown>> | null {
  return isRecord(params) ? { ...params } : null;
}

/** More than anybody asks for, and as many as a peer reads. */
const mostScopes = 1_000;

/** An own frozen copy. @throws TypeError for an expiry that is no number, RangeError for more than 1,000 scopes. */
export function frozenGrant(grant: Grant): Grant {
  if (grant.length > mostScopes) throw new RangeError(`A grant has at most ${mostScopes} scopes, not ${grant.length}`);
  return Object.freeze(
    grant.map((granted) => {
      const { scope, expiresAt } = granted;
      // Compared with a clock, anything else would never have passed.
      if (expiresAt !== undefined && !Number.isFinite(expiresAt))
        throw new TypeError(`expiresAt of "${scope}" is not a time in milliseconds`);
      return frozenCopy(granted);
    }),
  );
}

function frozenCopy({ scope, where, expiresAt }: GrantedScope): GrantedScope {
  const copy: { -readonly [K in keyof GrantedScope]: GrantedScope[K] } = { scope };
  if (where !== undefined) {
    const limits: Record<string, Scalar | readonly Scalar[]> = {};
    for (const [name, listed] of Object.entries(where)) {
      // defineProperty, for an own "__proto__" must stay a limit and not become a prototype.
      const value = Array.isArray(listed) ? Object.freeze([...listed]) : listed;
      Object.defineProperty(limits, name, { value, enumerable: true });
    }
    copy.where = Object.freeze(limits);
  }
  if (expiresAt !== undefined) copy.expiresAt = expiresAt;
  return Object.freeze(copy);
}

/** Reads a grant a peer told. It is for showing only: what may be done is decided by the peer at each call. Null: not a grant. */
export function grantFromPeer(value: unknown): Grant | null {
  if (!Array.isArray(value) || value.length > mostScopes) return null;
  const scopes: GrantedScope[] = [];
  for (const entry of value as unknown[]) {
    if (!isRecord(entry) || typeof entry["scope"] !== "string") return null;
    const { scope, where, expiresAt } = entry;
    scopes.push(
      frozenCopy({
        scope,
        ...(isRecord(where) ? { where: where as NonNullable<GrantedScope["where"]> } : {}),
        ...(typeof expiresAt === "number" ? { expiresAt } : {}),
      }),
    );
  }
  return Object.freeze(scopes);
}
