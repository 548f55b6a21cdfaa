import { decodeJwt, errors, type JWTVerifyGetKey, jwtVerify } from "jose";
import type { Endpoint } from "./endpoint.js";
import { type FetchKeys, keysOf, type TrustedIssuer, tokenAlgorithms } from "./keys.js";
import { serverLimits } from "./limits.js";
import { logoutEvent, logoutTokenType } from "./logout-token.js";
import { Refusal } from "./refusal.js";
import type { ReplayStore } from "./replay.js";
import { mediaType, parseForm, readText } from "./words.js";

/** What a logout token says is over: one session (`sid`), or all of a user's (`sub` alone). At least one of them is there. */
export interface EndedSession {
  /** Who says so: one of the receiver's `issuers`. `sid` and `sub` mean something with it only. */
  issuer: string;
  sid?: string;
  sub?: string;
}

export interface LogoutReceiverOptions {
  /** Whose logout tokens are believed: at a partner the hosts, at a host its OpenID provider. */
  issuers: readonly TrustedIssuer[];
  /** What a token's `aud` must be: at a partner its own issuer (as of an assertion), at a host its client id. */
  audience: string;
  /** Where tokens are posted to; `/backchannel-logout` if left out. */
  path?: string;
  /**
   * Ends the session: at a partner that of `endedSessions`, at a host its own and then `notify` of `createLogoutFanout`. Called
   * once for a token, and awaited. It gives `false` when it could not be done, as without `sid` where only that would help: the sender is told.
   */
  end(ended: EndedSession): unknown;
  replay: ReplayStore;
  /** How the issuers' JWKS are fetched; the global `fetch` if left out. */
  fetch?: FetchKeys;
}

/**
 * Receives log-outs, from server to server (OpenID Connect Back-Channel Logout 1.0): `POST {path}` with the form parameter
 * `logout_token` → 204 once the session has ended.
 *
 * Checked (section 2.6): signature by the issuer's keys with an asymmetric algorithm · `typ` is `logout+jwt`, or says nothing (older
 * providers) · `iss` · `aud`, exactly this one · `iat` and `exp`, and made within 5 minutes · `events` has the log-out event · `sid` or
 * `sub` · no `nonce`, so that no ID token passes · `jti`, once.
 *
 * Refusals, as 400 (section 2.8): `invalid_request`, with what is wrong; `temporarily_unavailable` as 503 where the issuer's keys
 * could not be fetched. What `end` or the replay store throws, `fetch` rejects with; a new token is needed then.
 *
 * @throws {TypeError} The address of a JWKS is not https.
 */
export function createLogoutReceiver(options: LogoutReceiverOptions): Endpoint {
  const { audience, path = "/backchannel-logout", replay } = options;
  const issuers = new Map(options.issuers.map((issuer) => [issuer.issuer, keysOf(issuer, options.fetch)]));

  async function answer(request: Request): Promise<Response> {
    if (mediaType(request) !== "application/x-www-form-urlencoded") throw refused("Send a form with logout_token.");
    const text = await readText(request, serverLimits.logoutRequestBytes);
    if (text === undefined) throw new Refusal(413, "invalid_request", "The request is too long.");
    const token = parseForm(text)?.get("logout_token");
    if (!token) throw refused("Send the form parameter logout_token, once.");

    const issuer = issuerOf(token) ?? "";
    const keys = issuers.get(issuer);
    if (!keys) throw refused("The logout token is not from an issuer that is trusted here.");
    const { jti, ended } = await readLogoutToken(token, keys, { issuer, audience });
    // As long as it can pass the check of its age.
    const ttl = serverLimits.logoutTokenAge + 2 * serverLimits.serverClockSkew + 1;
    if (!(await replay.add(`logout ${issuer} ${jti}`, ttl))) throw refused("The logout token was used before.");
    if ((await options.end(ended)) === false) throw refused("This log-out could not be carried out: name a sid.");
    return new Response(null, { status: 204, headers: { "cache-control": "no-store" } });
  }

  return {
    async fetch(request) {
      if (new URL(request.url).pathname !== path) return undefined;
      if (request.method !== "POST") {
        return new Refusal(405, "invalid_request", "Use POST with a form.").toResponse({ allow: "POST" });
      }
      try {
        return await answer(request);
      } catch (error) {
        if (error instanceof Refusal) return error.toResponse();
        throw error;
      }
    },
  };
}

/** @throws {Refusal} 400 `invalid_request`. */
async function readLogoutToken(
  token: string,
  keys: JWTVerifyGetKey,
  expected: { issuer: string; audience: string },
): Promise<{ jti: string; ended: EndedSession }> {
  const { payload, protectedHeader } = await jwtVerify(token, keys, {
    ...expected,
    algorithms: tokenAlgorithms,
    clockTolerance: serverLimits.serverClockSkew,
    maxTokenAge: serverLimits.logoutTokenAge,
    requiredClaims: ["exp", "jti", "events"],
  }).catch((error: unknown) => {
    if (error instanceof Refusal) throw error;
    // jose's messages name a claim, never its value.
    const why = error instanceof errors.JOSEError ? error.message : "unreadable";
    throw refused(`The logout token was refused: ${why}.`);
  });
  const typ = protectedHeader.typ?.toLowerCase().replace(/^application\//, "") ?? "jwt";
  if (typ !== logoutTokenType && typ !== "jwt") throw refused("The token is of another type than logout+jwt.");
  // Several audiences would let another of them post it here.
  if (payload.aud !== expected.audience && !(Array.isArray(payload.aud) && payload.aud.length === 1)) {
    throw refused("The logout token is for more than one audience.");
  }
  const { events, sid, nonce } = payload as Record<string, unknown>;
  const { jti, sub } = payload;
  if (!isObject(events) || !Object.hasOwn(events, logoutEvent) || !isObject(events[logoutEvent])) {
    throw refused("The logout token lacks the log-out event.");
  }
  if (nonce !== undefined) throw refused("A logout token has no nonce: this is an ID token.");
  if (!isText(jti) || jti.length > serverLimits.jtiLength) throw refused("The logout token's jti is not usable.");
  if (!isText(sid) && !isText(sub)) throw refused("The logout token names neither sid nor sub.");
  if ((sid !== undefined && !isText(sid)) || (sub !== undefined && !isText(sub))) {
    throw refused("The logout token's sid or sub is not a string.");
  }
  return { jti, ended: { issuer: expected.issuer, ...(isText(sid) ? { sid } : {}), ...(isText(sub) ? { sub } : {}) } };
}

function refused(description: string): Refusal {
  return new Refusal(400, "invalid_request", description);
}

/** `iss` as the token has it, only to find the keys to check it with. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
