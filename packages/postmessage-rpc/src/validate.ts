import { RpcError } from "./errors.js";
import type { SchemaIssue, SchemaResult, StandardSchema } from "./standard-schema.js";

/** What a validator made of a value. `threw`: the schema itself is at fault, not the value. */
export type Validated =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly issues: readonly SchemaIssue[]; readonly threw: boolean };

/**
 * Runs a member's schema; without one, what came is dropped. A promise comes back only from an asynchronous validator: most
 * are not, and a call that never awaits is several times as fast.
 */
export function validate(schema: unknown, value: unknown): Validated | Promise<Validated> {
  if (schema === undefined) return { ok: true, value: undefined };
  try {
    const result = (schema as StandardSchema)["~standard"].validate(value);
    return isPromise(result) ? result.then(toValidated, () => schemaThrew) : toValidated(result);
  } catch {
    return schemaThrew;
  }
}

const schemaThrew: Validated = Object.freeze({ ok: false, issues: [], threw: true });

function toValidated(result: SchemaResult<unknown>): Validated {
  return result.issues ? { ok: false, issues: result.issues, threw: false } : { ok: true, value: result.value };
}

export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> & Promise<T> {
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}

/** At most ten issues, as plain data: where, and what the schema said. */
export function plainIssues(issues: readonly SchemaIssue[]): { path: string; message: string }[] {
  return issues.slice(0, 10).map(({ path = [], message }) => ({
    path: path.map((part) => String(typeof part === "object" ? part.key : part)).join("."),
    message: message.slice(0, 200),
  }));
}

/** What this side's user sees when the peer's answer does not fit the contract. */
export function misfit(what: string, validated: Validated & { ok: false }): RpcError {
  return new RpcError("INTERNAL_ERROR", {
    message: `The peer's ${what} does not fit the contract`,
    data: { issues: plainIssues(validated.issues) },
  });
}
