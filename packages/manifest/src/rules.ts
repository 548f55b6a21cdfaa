import type { Finding } from "./faults.js";
import { checkAbsolute, checkEntry, checkOrigin, checkUrl, type UrlFault } from "./url.js";

/** What a rule may look at besides the value: the manifest as read, before anything in it is known to hold. */
export interface Around {
  /** The declared origin, if it is a good one. */
  readonly origin: string | undefined;
  /** The declared scopes, good or not. */
  readonly scopes: readonly string[];
  readonly hasAuth: boolean;
}

/** Why a rule is not kept. */
type Broken = Omit<Finding, "pointer"> | undefined;

/**
 * What no schema can say, by the name that the schema calls it by. A rule only meets values of the kind and within the
 * length that the schema says.
 */
export const rules = {
  origin: (value) => checkOrigin(String(value)).fault,
  // Where scripts may connect to, sockets too.
  reach: (value) => checkOrigin(String(value), ["https:", "http:", "wss:", "ws:"]).fault,
  entry: (value, { origin }) => checkEntry(String(value), origin).fault,
  issuer: (value) => absoluteWithout(String(value), "issuer", ["search", "hash"]),
  resource: (value) => absoluteWithout(String(value), "resource", ["hash"]),
  declared: (value, { scopes }) =>
    scopes.includes(String(value)) ? undefined : { code: "SCOPE_UNDECLARED", about: [value] },
  token: (value, { hasAuth }) => (value === true && !hasAuth ? { code: "AUTH_MISSING" } : undefined),
} as const satisfies Record<string, (value: unknown, around: Around) => Broken>;

export type RuleName = keyof typeof rules;

function absoluteWithout(text: string, what: string, parts: readonly ("search" | "hash")[]): UrlFault | undefined {
  const { url, fault } = checkAbsolute(text);
  if (fault !== undefined || parts.every((part) => url[part] === "")) return fault;
  return { code: "URL_INVALID", about: [text, what] };
}

/**
 * The manifest is served from the origin that it declares.
 *
 * @param url where it was fetched from; null: from no address, and the rule is left out.
 */
export function servedElsewhere(url: unknown, origin: string | undefined): Finding | undefined {
  if (url === null) return undefined;
  const address = url instanceof URL ? url.href : url;
  const served = typeof address === "string" ? checkUrl(address).url?.origin : undefined;
  if (served === undefined) return { pointer: "", code: "SERVED_ELSEWHERE" };
  if (origin === undefined || served === origin) return undefined;
  return { pointer: "/origin", code: "SERVED_ELSEWHERE", about: [served, origin] };
}
