import { serverLimits } from "./limits.js";

/** Parsers for what comes from outside. Each gives the value or `undefined`, and never throws. */

/** What the host page posts to the assertion endpoint. */
export interface AssertionRequest {
  /** Thumbprint (RFC 7638, SHA-256) of the frame's key. */
  jkt: string;
  /** Scopes of the partner's API, without repetition. */
  scope: readonly string[];
  /** Which partner: a key of the endpoint's `partners`. */
  partner: string;
}

/**
 * Scopes in OAuth's form: tokens with single spaces between them (RFC 6749, section 3.3). Repetitions are dropped.
 * `undefined` if it has another form or is empty.
 */
export function parseScope(value: unknown): readonly string[] | undefined {
  if (typeof value !== "string") return undefined;
  const scopes = value.split(" ");
  return scopes.every((scope) => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope)) ? [...new Set(scopes)] : undefined;
}

/** A SHA-256 thumbprint in base64url: 43 characters. */
export function parseThumbprint(value: unknown): string | undefined {
  return typeof value === "string" && /^[\w-]{43}$/.test(value) ? value : undefined;
}

/** When a user signed in (`auth_time`), in seconds since the epoch: not in the future, but for what two servers' clocks may differ by. */
export function parseAuthTime(value: unknown): number | undefined {
  const isPast = typeof value === "number" && value >= 0 && value <= Date.now() / 1000 + serverLimits.serverClockSkew;
  return isPast ? value : undefined;
}

/** The body of a request to the assertion endpoint. Members other than the three are ignored. */
export function parseAssertionRequest(text: string): AssertionRequest | undefined {
  const own = members(text);
  const jkt = parseThumbprint(own("jkt"));
  const scope = parseScope(own("scope"));
  const partner = own("partner");
  return jkt && scope && typeof partner === "string" && partner ? { jkt, scope, partner } : undefined;
}

/** What the host page posts to the exchange proxy. */
export interface ExchangeRequest {
  /** The frame's DPoP proof for the token endpoint. */
  proof: string;
  /** Scopes of the partner's API, without repetition. */
  scope: readonly string[];
  /** Which partner: a key of the proxy's `partners`. */
  partner: string;
}

/** The body of a request to the exchange proxy. Members other than the three are ignored. */
export function parseExchangeRequest(text: string): ExchangeRequest | undefined {
  const own = members(text);
  const proof = own("proof");
  const scope = parseScope(own("scope"));
  const partner = own("partner");
  if (typeof proof !== "string" || !proof || !scope || typeof partner !== "string" || !partner) return undefined;
  return { proof, scope, partner };
}

/** The assertion in the body of a request to the link endpoint. Other members are ignored. */
export function parseLinkRequest(text: string): string | undefined {
  const assertion = members(text)("assertion");
  return typeof assertion === "string" && assertion ? assertion : undefined;
}

/** Reads own members of a JSON object; of anything else, none is there. */
function members(text: string): (name: string) => unknown {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    body = undefined;
  }
  if (typeof body !== "object" || body === null) return () => undefined;
  return (name) => (Object.hasOwn(body, name) ? body[name as keyof typeof body] : undefined);
}

/** Parameters of a form. `undefined` if one is there twice, which OAuth forbids (RFC 6749, section 3.2). */
export function parseForm(text: string): ReadonlyMap<string, string> | undefined {
  const pairs = [...new URLSearchParams(text)];
  const form = new Map(pairs);
  return form.size === pairs.length ? form : undefined;
}

/** What follows the scheme in an `Authorization` header, if the scheme is the one asked for (RFC 9110, section 11.4). */
export function parseCredentials(scheme: string, header: string | null): string | undefined {
  const match = /^([\w-]+) +([\w.~+/-]+=*)$/.exec(header ?? "");
  return match?.[1]?.toLowerCase() === scheme.toLowerCase() ? match[2] : undefined;
}

/**
 * The body as text, read no further than `limit` bytes. `undefined` if it is longer.
 * Reads a copy, so that a request that turns out to be somebody else's can still be read by them.
 */
export async function readText(request: Request | Response, limit: number): Promise<string | undefined> {
  if (Number(request.headers.get("content-length")) > limit) return undefined;
  const { text, isWhole } = await readStart(request, limit);
  return isWhole ? text : undefined;
}

/** The first `limit` bytes of the body as text, and whether that is all of it. Reads a copy, too. */
export async function readStart(
  request: Request | Response,
  limit: number,
): Promise<{ text: string; isWhole: boolean }> {
  const reader = request.clone().body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  for (let size = 0, chunk = await reader?.read(); chunk?.value; chunk = await reader?.read()) {
    size += chunk.value.byteLength;
    if (size > limit) {
      text += decoder.decode(chunk.value.subarray(0, limit - (size - chunk.value.byteLength)));
      // Not awaited: the other copy of the stream is not read, and cancelling waits for both.
      reader?.cancel().catch(() => {});
      return { text, isWhole: false };
    }
    text += decoder.decode(chunk.value, { stream: true });
  }
  return { text: text + decoder.decode(), isWhole: true };
}

/** The media type of the body, without its parameters. */
export function mediaType(request: Request): string {
  return parseMediaType(request.headers.get("content-type"));
}

/** The media type in a `Content-Type`, without its parameters; empty if there is none. */
export function parseMediaType(header: string | null | undefined): string {
  return (header ?? "").split(";", 1)[0]?.trim().toLowerCase() ?? "";
}
