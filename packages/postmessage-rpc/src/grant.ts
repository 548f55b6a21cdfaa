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

/** A grant in force: an own frozen copy, with each expiry also as a monotonic deadline. @throws TypeError for an expiry that is no number. */
export class HeldGrant {
  readonly scopes: Grant;
  readonly #deadlines = new Map<GrantedScope, number>();
  readonly #clock: Clock;

  constructor(grant: Grant, clock: Clock) {
    this.#clock = clock;
    this.scopes = Object.freeze(grant.map(frozenCopy));
    for (const granted of this.scopes) {
      if (granted.expiresAt === undefined) continue;
      // Compared with a clock, anything else would never have passed.
      if (!Number.isFinite(granted.expiresAt))
        throw new TypeError(`expiresAt of "${granted.scope}" is not a time in milliseconds`);
      this.#deadlines.set(granted, clock.now() + granted.expiresAt - clock.wall());
    }
  }

  /** The scope alone, before params are parsed. Exact equality: no prefix, no case folding. */
  holds(scope: string | null): boolean {
    return scope === null || this.scopes.some((granted) => granted.scope === scope && !this.#expired(granted));
  }

  /** The scope with its limits, on parsed params. */
  allows(scope: string | null, params: unknown): Verdict {
    if (scope === null) return noScopeNeeded;
    let verdict = denied;
    for (const granted of this.scopes) {
      if (granted.scope !== scope || this.#expired(granted)) continue;
      const limit = brokenLimit(granted, params);
      if (limit === null) return { ok: true, granted };
      verdict = { ok: false, limit };
    }
    return verdict;
  }

  /** Either clock may say so: the wall clock can be set back, the monotonic one can stop in sleep. */
  #expired(granted: GrantedScope): boolean {
    if (granted.expiresAt === undefined) return false;
    return this.#clock.wall() >= granted.expiresAt || this.#clock.now() >= (this.#deadlines.get(granted) ?? 0);
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
 * As much of parsed params as `where` can ever look at: their own scalars. Taken before the handler runs, for a handler may change
 * its params and the grant is checked again afterwards.
 */
export function scalarsOf(params: unknown): Readonly<Record<string, Scalar>> | null {
  if (!isRecord(params)) return null;
  const scalars = Object.create(null) as Record<string, Scalar>;
  for (const name of Object.keys(params)) {
    const value = params[name];
    if (value === null || typeof value === "string" || typeof value === "number" || typeof value === "boolean") {
      scalars[name] = value;
    }
  }
  return scalars;
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
  if (!Array.isArray(value) || value.length > 1_000) return null;
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
