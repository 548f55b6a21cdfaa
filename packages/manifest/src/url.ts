/** Why a URL is refused; words.ts has the sentences. */
export interface UrlFault {
  readonly code: UrlFaultCode;
  /** The address as written, then what its sentence needs besides. */
  readonly about: readonly [text: string, ...more: string[]];
}

/** Codes of what can be wrong with an address. */
export type UrlFaultCode =
  | "URL_INVALID"
  | "URL_SCHEME"
  | "URL_USER_INFO"
  | "URL_INSECURE"
  | "URL_WILDCARD"
  | "URL_NOT_CANONICAL"
  | "OFF_ORIGIN";

/** An address that passed, or why it did not. */
export type UrlCheck =
  | { readonly url: URL; readonly fault?: never }
  | { readonly url?: never; readonly fault: UrlFault };

/**
 * True for the names that never leave the machine (RFC 6761 section 6.3 for `localhost`): `localhost`, `*.localhost`,
 * `127.0.0.1` and `[::1]`. On these alone http is accepted, for development.
 *
 * @param hostname as in `URL.hostname`, so already lower case.
 */
export function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "127.0.0.1" || hostname === "[::1]"
  );
}

/**
 * The URL standard lets `;`, `,`, quotes and more stand in a host name. An origin is written into `allow` and into
 * Content-Security-Policy, where those would begin a directive of the partner's choice, so names are kept to what DNS
 * and IP addresses need.
 */
const nameCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-_.";
const addressCharacters = "0123456789abcdef:[]";

function refuse(code: UrlFaultCode, ...about: UrlFault["about"]): { fault: UrlFault } {
  return { fault: { code, about } };
}

/**
 * Parses an address and holds it against what every address in a manifest must be: https (or http on a loopback name),
 * no user info, no wildcard, a host name in its canonical form.
 *
 * @param base resolves a path; left out, only a whole URL will do.
 * @param schemes what may stand before the host, with the colon.
 */
export function checkUrl(
  text: string,
  { base, schemes = ["https:", "http:"] }: { base?: string | undefined; schemes?: readonly string[] } = {},
): UrlCheck {
  let url: URL;
  try {
    // Not URL.canParse: Node's, once optimized, takes letters beyond ASCII for invalid.
    url = new URL(text, base);
  } catch {
    return refuse(text.includes("*") ? "URL_WILDCARD" : "URL_INVALID", text);
  }
  const { protocol, hostname } = url;
  // The scheme comes first: the origin of a blob: URL is its creator's, and would pass for it further down.
  if (!schemes.includes(protocol)) return refuse("URL_SCHEME", text, protocol, ...schemes);
  if (url.username !== "" || url.password !== "") return refuse("URL_USER_INFO", text);
  // Node keeps the asterisk in a host name, Chromium escapes it.
  if (hostname.includes("*") || hostname.toLowerCase().includes("%2a")) return refuse("URL_WILDCARD", text);
  if (!protocol.endsWith("s:") && !isLoopback(hostname)) return refuse("URL_INSECURE", text);
  const allowed = hostname.startsWith("[") ? addressCharacters : nameCharacters;
  for (const character of hostname) if (!allowed.includes(character)) return refuse("URL_INVALID", text, character);
  // The URL standard keeps these dots, and so takes "a.example." and "a.example" for two origins; DNS does not.
  if (hostname.split(".").includes("")) return refuse("URL_NOT_CANONICAL", text, "label");
  return { url };
}

/** An exact origin, written as `URL.origin` gives it: lower case, punycode, no default port, no path, no last dot. */
export function checkOrigin(text: string, schemes?: readonly string[]): UrlCheck {
  const check = checkUrl(text, schemes === undefined ? {} : { schemes });
  if (check.fault !== undefined || check.url.origin === text) return check;
  return refuse("URL_NOT_CANONICAL", text, "origin", check.url.origin);
}

/** A whole URL in its canonical form; the slash after a bare host may be left out. */
export function checkAbsolute(text: string): UrlCheck {
  const check = checkUrl(text);
  if (check.fault !== undefined || check.url.href === text || check.url.href === `${text}/`) return check;
  return refuse("URL_NOT_CANONICAL", text, "url", check.url.href);
}

/**
 * A page of the partner's: a path that begins with `/`, or a whole URL, on `origin` in either case.
 *
 * @param origin undefined when the manifest's own is no good: then only the rules that hold anywhere are applied.
 */
export function checkEntry(text: string, origin: string | undefined): UrlCheck {
  const check = checkUrl(text, { base: origin ?? "https://origin.invalid" });
  if (check.fault !== undefined) return check;
  const { url } = check;
  if (origin !== undefined && url.origin !== origin) return refuse("OFF_ORIGIN", text, url.origin, origin);
  const path = url.pathname + url.search + url.hash;
  if (text === path || text === url.href || text === url.origin) return check;
  return refuse("URL_NOT_CANONICAL", text, "url", text.startsWith("http") ? url.href : path);
}
