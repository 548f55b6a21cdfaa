import { RpcError } from "./errors.js";
import type { SchemaIssue, StandardSchema } from "./standard-schema.js";

/** Where, and what the schema said. */
export interface PlainIssue {
  readonly path: string;
  readonly message: string;
}

/** What a validator made of a value. `threw`: the schema itself is at fault, not the value. */
export type Validated =
  | { readonly value: unknown; readonly issues?: undefined }
  | { readonly issues: readonly PlainIssue[]; readonly threw?: boolean };

const nothing: Validated = Object.freeze({ value: undefined });
const schemaThrew: Validated = Object.freeze({ issues: [], threw: true });

/**
 * Runs a member's schema; without one, what came is dropped. A promise comes back only from an asynchronous validator: most
 * are not, and a call that never awaits is several times as fast.
 */
export function validate(schema: unknown, value: unknown): Validated | Promise<Validated> {
  if (schema === undefined) return nothing;
  try {
    const result: unknown = (schema as StandardSchema)["~standard"].validate(value);
    return isPromise(result)
      ? Promise.resolve(result)
          .then(read)
          .catch(() => schemaThrew)
      : read(result);
  } catch {
    return schemaThrew;
  }
}

/** Throws for what is no result of a schema at all. */
function read(result: unknown): Validated {
  const { issues, value } = result as { issues?: readonly SchemaIssue[]; value?: unknown };
  return issues ? { issues: plainIssues(issues) } : { value };
}

export function isPromise<T>(value: T | PromiseLike<T>): value is PromiseLike<T> {
  return (
    (typeof value === "object" || typeof value === "function") &&
    value !== null &&
    "then" in value &&
    typeof value.then === "function"
  );
}

/** At most ten issues, as plain data: where, and what the schema said. */
function plainIssues(issues: readonly SchemaIssue[]): PlainIssue[] {
  return issues.slice(0, 10).map(({ path = [], message }) => ({
    path: path.map((part) => String(typeof part === "object" ? part.key : part)).join("."),
    message: message.slice(0, 200),
  }));
}

/** What this side's user sees when the peer's answer does not fit the contract. */
export function misfit(what: string, issues: readonly PlainIssue[]): RpcError {
  return new RpcError("INTERNAL_ERROR", {
    message: `The peer's ${what} does not fit the contract`,
    data: { issues },
  });
}
