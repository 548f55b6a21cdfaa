import { visibleText } from "./text.js";

/** Why a URL is refused. The sentence can be shown as it is. */
export interface UrlFault {
  readonly code: UrlFaultCode;
  readonly message: string;
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

/** A value from a manifest as it may stand in a message: quoted, bounded, nothing hidden. */
export function quoted(text: string): string {
  return `"${visibleText(text, 100)}"`;
}

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
const nameCharacters = new Set("abcdefghijklmnopqrstuvwxyz0123456789-_.");
const addressCharacters = new Set("0123456789abcdef:[]");

function refuse(code: UrlFaultCode, message: string): { fault: UrlFault } {
  return { fault: { code, message } };
}

function wildcard(text: string): { fault: UrlFault } {
  return refuse("URL_WILDCARD", `${quoted(text)} holds a wildcard; name each origin in full.`);
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
    url = new URL(text, base);
  } catch {
    if (text.includes("*")) return wildcard(text);
    return refuse("URL_INVALID", `${quoted(text)} is not a URL; write it whole, as https://app.example/path.`);
  }
  // The scheme comes first: the origin of a blob: URL is its creator's, and would pass for it further down.
  if (!schemes.includes(url.protocol)) {
    return refuse(
      "URL_SCHEME",
      `${quoted(text)} has the scheme ${visibleText(url.protocol, 40)}, which is refused; use ${schemes.filter((scheme) => scheme.endsWith("s:")).join(" or ")} instead.`,
    );
  }
  if (url.username !== "" || url.password !== "") {
    return refuse("URL_USER_INFO", `${quoted(text)} holds user info before the "@"; leave that out.`);
  }
  // Node keeps the asterisk in a host name, Chromium escapes it.
  if (url.hostname.includes("*") || url.hostname.toLowerCase().includes("%2a")) return wildcard(text);
  if (!url.protocol.endsWith("s:") && !isLoopback(url.hostname)) {
    return refuse(
      "URL_INSECURE",
      `${quoted(text)} is not encrypted; use https (http is for localhost, *.localhost, 127.0.0.1 and [::1] only).`,
    );
  }
  const allowed = url.hostname.startsWith("[") ? addressCharacters : nameCharacters;
  for (const character of url.hostname) {
    if (!allowed.has(character)) {
      return refuse(
        "URL_INVALID",
        `${quoted(text)} has a host name with ${quoted(character)} in it, which no DNS name has.`,
      );
    }
  }
  // The URL standard keeps these dots, and so takes "a.example." and "a.example" for two origins; DNS does not.
  if (url.hostname.endsWith(".") || url.hostname.includes("..")) {
    const labels = url.hostname.split(".").filter((label) => label !== "");
    const port = url.port === "" ? "" : `:${url.port}`;
    return refuse(
      "URL_NOT_CANONICAL",
      `${quoted(text)} has an empty label in its host name; write it as ${quoted(`${url.protocol}//${labels.join(".")}${port}`)}.`,
    );
  }
  return { url };
}

/** An exact origin, written as `URL.origin` gives it: lower case, punycode, no default port, no path, no last dot. */
export function checkOrigin(text: string, schemes?: readonly string[]): UrlCheck {
  const check = checkUrl(text, schemes === undefined ? {} : { schemes });
  if (check.fault !== undefined || check.url.origin === text) return check;
  return refuse(
    "URL_NOT_CANONICAL",
    `${quoted(text)} is not an exact origin; write it as ${quoted(check.url.origin)}.`,
  );
}

/** A whole URL in its canonical form; the slash after a bare host may be left out. */
export function checkAbsolute(text: string): UrlCheck {
  const check = checkUrl(text);
  if (check.fault !== undefined || check.url.href === text || check.url.href === `${text}/`) return check;
  return refuse(
    "URL_NOT_CANONICAL",
    `${quoted(text)} is not in canonical form; write it as ${quoted(check.url.href)}.`,
  );
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
  if (origin !== undefined && url.origin !== origin) {
    return refuse("OFF_ORIGIN", `${quoted(text)} leads to ${url.origin}, off the declared origin ${origin}.`);
  }
  const path = url.pathname + url.search + url.hash;
  if (text === path || text === url.href || text === url.origin) return check;
  const canonical = text.startsWith("http") ? url.href : path;
  return refuse("URL_NOT_CANONICAL", `${quoted(text)} is not in canonical form; write it as ${quoted(canonical)}.`);
}
