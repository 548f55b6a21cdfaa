import type { UrlFaultCode } from "./url.js";

/** What can be wrong with a manifest. The codes are stable; the sentences are not. */
export type FaultCode =
  | UrlFaultCode
  // The text or value as a whole
  | "TOO_LARGE"
  | "TOO_DEEP"
  | "TOO_MANY"
  | "NOT_JSON"
  | "KEY_REFUSED"
  // Members and values
  | "MISSING"
  | "TYPE"
  | "VALUE"
  | "UNKNOWN_KEY"
  | "UNKNOWN_SURFACE"
  | "UNKNOWN_PERMISSION"
  | "DUPLICATE"
  | "TOO_LONG"
  | "TEXT_EMPTY"
  | "TEXT_TOO_LONG"
  | "LANGUAGE_TAG"
  | "NUMBER_INVALID"
  | "ID_INVALID"
  | "CLIENT_ID_INVALID"
  | "VERSION_INVALID"
  | "PROTOCOL_INVALID"
  | "VIEW_NAME"
  | "VIEWS_EMPTY"
  | "ICON_SIZES"
  | "ICON_TYPE"
  | "ICON_PURPOSE"
  | "SCOPE_WILDCARD"
  | "SCOPE_INVALID"
  | "SCOPE_DUPLICATE"
  // One member against another
  | "SCOPE_UNDECLARED"
  | "AUTH_MISSING"
  | "SERVED_ELSEWHERE";

/** One thing wrong with a manifest. */
export interface ManifestFault {
  /** Where, as a JSON pointer (RFC 6901) into the manifest; `""` is the whole. What is missing is pointed to as well. */
  readonly pointer: string;
  readonly code: FaultCode;
  /** A sentence that says what to change. Quotes from the manifest are bounded and have nothing hidden in them. */
  readonly message: string;
}

/**
 * A fault as a check finds it, before words are put to it. The sentences stand in words.ts, apart from the checks, so that a
 * page which only wants to know whether a manifest holds does not load them.
 */
export interface Finding {
  readonly pointer: string;
  readonly code: FaultCode;
  /** What the sentence is about, as words.ts takes it for this code. */
  readonly about?: readonly unknown[];
}

/** A pointer's next step, escaped as RFC 6901 section 3 says. */
export function pointerTo(parent: string, key: string | number): string {
  return `${parent}/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`;
}
