import { decodeJwt, errors, type JWTPayload, jwtVerify } from "jose";
import { configuredOrigins, configuredUrl, publicAddress, wellKnownPath } from "./address.js";
import { corsHeaders, isPreflight, preflight } from "./cors.js";
import type { Endpoint } from "./endpoint.js";
import { type FetchKeys, keysOf, proofAlgorithms, type TrustedIssuer, tokenAlgorithms } from "./keys.js";
import { serverLimits } from "./limits.js";
import { type DpopNonces, dpopNonces } from "./nonces.js";
import { checkProof, useProof } from "./proof.js";
import { isRead, json, Refusal, toRead } from "./refusal.js";
import type { ReplayStore } from "./replay.js";
import { parseAuthTime, parseCredentials, parseScope, parseThumbprint } from "./words.js";

/** What an accepted access token says. More claims are there as the issuer put them in. */
export interface AccessTokenClaims extends JWTPayload {
  iss: string;
  sub: string;
  exp: number;
  iat: number;
  scope: string;
  cnf: { jkt: string };
}

export interface ResourceGuardOptions {
  /**
   * The public address that paths of requests are below: `https://api.example` where `request.url` ends in the path that
   * the client asked for. A path in it is one that a proxy takes off before requests get here.
   */
  publicUrl: string | URL;
  /** Whose access tokens are accepted. */
  issuers: readonly TrustedIssuer[];
  /** The API as an absolute URL (RFC 8707): what a token's `aud` must contain. */
  audience: string;
  /** The origins whose pages may call: the views', and the partner's own page if it sends requests with `Origin`. */
  origins: readonly string[];
  /** Scopes to list in the metadata. */
  scopes?: readonly string[];
  replay: ReplayStore;
  /** Nonces for proofs; `dpopNonces()` if left out. Where several processes answer, give it a secret that all of them have. */
  nonces?: DpopNonces;
  /** Whether the token may be used no more, though it has not expired: its `sid` was logged out, say. */
  isRevoked(claims: AccessTokenClaims): boolean | Promise<boolean>;
  /** How the issuers' JWKS are fetched; the global `fetch` if left out. */
  fetch?: FetchKeys;
}

/** What a request must bring, beyond a good token. */
export interface AccessNeeds {
  /** Scopes with spaces between them: the token must have them all. */
  scope?: string;
  /**
   * Longest time since the user last signed in, in whole seconds (`auth_time`; RFC 9470). Nothing is added for clocks: it must be longer
   * than a sign-in takes to be back here, or a user who signed in just now is asked again. An `auth_time` in the future is none.
   */
  maxAge?: number;
  /** Ways of signing in of which one must have been used (`acr`; RFC 9470). */
  acrValues?: readonly string[];
}

export type Access =
  /** `headers` belong on the answer: they let a view on another origin read it, and hand out the next nonce. */
  { ok: true; claims: AccessTokenClaims; headers: Record<string, string> } | { ok: false; response: Response };

export interface ResourceGuard extends Endpoint {
  /**
   * Checks a request to the API. Each proof is good for one check, so call it once for a request.
   *
   * `response`, when it is not ok: 401 with a `DPoP` challenge (RFC 9449, section 7.1; with `resource_metadata`, RFC 9728)
   * for no token, `invalid_token`, `invalid_dpop_proof`, `use_dpop_nonce` (section 9: once more, with the `DPoP-Nonce` of the answer
   * in the proof), or `insufficient_user_authentication` (RFC 9470: sign in again);
   * 403 `insufficient_scope`, which names the scopes; 403 `access_denied` for a page of another origin; 503
   * `temporarily_unavailable` when the issuer's keys could not be fetched. What `isRevoked` or the replay store throws,
   * `check` rejects with.
   */
  check(request: Request, needs?: AccessNeeds): Promise<Access>;
}

/**
 * Guards a partner's API: lets in who holds both an access token (a JWT of type `at+jwt`, RFC 9068) of a trusted issuer
 * and the key that it is bound to (RFC 9449). A `Bearer` token is refused, and so is a bound one sent as `Bearer`.
 *
 * `fetch` answers preflights for the API, and `GET /.well-known/oauth-protected-resource…` (RFC 9728).
 *
 * @throws {TypeError} An option has the wrong form.
 */
export function createResourceGuard(options: ResourceGuardOptions): ResourceGuard {
  const { nonces = dpopNonces() } = options;
  const base = configuredUrl("publicUrl", options.publicUrl);
  const audience = configuredUrl("audience", options.audience);
  const origins = configuredOrigins("origins", options.origins);
  const issuers = new Map(options.issuers.map((issuer) => [issuer.issuer, keysOf(issuer, options.fetch)]));
  const metadataPath = wellKnownPath("oauth-protected-resource", audience);
  const metadata = {
    resource: options.audience,
    authorization_servers: [...issuers.keys()],
    ...(options.scopes ? { scopes_supported: options.scopes } : {}),
    // None: a token is shown in the Authorization header with the DPoP scheme, and in no way of RFC 6750.
    bearer_methods_supported: [],
    dpop_bound_access_tokens_required: true,
    dpop_signing_alg_values_supported: proofAlgorithms,
  };

  async function readToken(token: string): Promise<AccessTokenClaims> {
    // The keys are those of the token's own iss, so a signature that they verify is that issuer's.
    const keys = issuers.get(issuerOf(token) ?? "");
    if (!keys) throw refused("The access token is not from an issuer that this API trusts.");
    const { payload } = await jwtVerify(token, keys, {
      audience: options.audience,
      typ: "at+jwt",
      algorithms: tokenAlgorithms,
      clockTolerance: serverLimits.serverClockSkew,
    }).catch((error: unknown) => {
      if (error instanceof Refusal) throw error;
      // jose's messages name a claim, never its value.
      const why = error instanceof errors.JOSEError ? error.message : "unreadable";
      throw refused(`The access token was refused: ${why}.`);
    });
    const claims = asAccessTokenClaims(payload);
    if (!claims) throw refused("The access token is bound to no key (cnf.jkt), or lacks a claim.");
    if (claims.iat > Date.now() / 1000 + serverLimits.serverClockSkew)
      throw refused("The access token is from the future.");
    return claims;
  }

  async function admit(request: Request, needs: AccessNeeds) {
    const authorization = request.headers.get("authorization");
    if (authorization === null)
      throw new Refusal(401, "token_required", "Send Authorization: DPoP with an access token, and a proof.");
    const token = parseCredentials("DPoP", authorization);
    if (token === undefined) throw refused("Tokens are accepted with the DPoP scheme alone (RFC 9449).");

    const claims = await readToken(token);
    const proof = await checkProof(request, publicAddress(base, request), nonces, token);
    if (claims.cnf.jkt !== proof.jkt) throw refused("The access token is bound to another key than the proof's.");
    await useProof(options.replay, proof);
    if (await options.isRevoked(claims)) throw refused("The access token was revoked. Sign in again.");
    // Last of the checks of who asks: a page that holds no key learns that (401), whatever its origin.
    const origin = request.headers.get("origin");
    // A page of the API's own origin sends none with GET, so its absence is no fault.
    if (origin !== null && !origins.has(origin)) {
      throw new Refusal(403, "access_denied", "Pages of this origin may not call this API.");
    }

    const { acr, auth_time } = claims as Record<string, unknown>;
    const signedIn = parseAuthTime(auth_time);
    const tooOld =
      needs.maxAge !== undefined &&
      !(signedIn !== undefined && Math.floor(Date.now() / 1000) - signedIn <= needs.maxAge);
    if (tooOld || (needs.acrValues && !needs.acrValues.some((value) => value === acr))) {
      throw new Refusal(401, "insufficient_user_authentication", "This needs a more recent or stronger sign-in.");
    }
    const held = claims.scope.split(" ");
    if (needs.scope !== undefined && !parseScope(needs.scope)?.every((scope) => held.includes(scope))) {
      throw new Refusal(403, "insufficient_scope", `This needs the scope ${needs.scope}.`);
    }
    return { claims, headers: proof.headers };
  }

  function challenge({ status, code, message }: Refusal, needs: AccessNeeds): Record<string, string> {
    if (status !== 401 && code !== "insufficient_scope") return {};
    const parameters: (readonly [string, string | undefined])[] = [
      // Without any token, the challenge names no error (RFC 6750, section 3.1).
      ...(code === "token_required"
        ? []
        : ([
            ["error", code],
            ["error_description", message],
          ] as const)),
      ["scope", needs.scope],
      ["acr_values", code === "insufficient_user_authentication" ? needs.acrValues?.join(" ") : undefined],
      ["max_age", code === "insufficient_user_authentication" ? needs.maxAge?.toString() : undefined],
      ["algs", proofAlgorithms.join(" ")],
      ["resource_metadata", new URL(metadataPath, audience).href],
    ];
    const quoted = parameters.filter(([, value]) => value !== undefined).map(([name, value]) => `${name}="${value}"`);
    return { "www-authenticate": `DPoP ${quoted.join(", ")}` };
  }

  return {
    async check(request, needs = {}) {
      const cors = corsHeaders(request, origins);
      try {
        const { claims, headers } = await admit(request, needs);
        return { ok: true, claims, headers: { ...cors, ...headers } };
      } catch (error) {
        if (!(error instanceof Refusal)) throw error;
        // At a resource, a bad proof is a failed authentication (RFC 9449, sections 7.1 and 9), not a bad request.
        const ofProof = error.code === "invalid_dpop_proof" || error.code === "use_dpop_nonce";
        const refusal = ofProof ? new Refusal(401, error.code, error.message, error.headers) : error;
        return { ok: false, response: refusal.toResponse({ ...cors, ...challenge(refusal, needs) }) };
      }
    },

    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (isRead(request) && pathname === metadataPath) {
        return toRead(request, json(200, metadata, { "access-control-allow-origin": "*" }));
      }
      const address = publicAddress(base, request);
      const within = address === audience.href || address.startsWith(`${audience.href.replace(/\/$/, "")}/`);
      return within && isPreflight(request)
        ? preflight(request, origins, "GET, HEAD, POST, PUT, PATCH, DELETE")
        : undefined;
    },
  };
}

function refused(description: string): Refusal {
  return new Refusal(401, "invalid_token", description);
}

/** `iss` as the token has it, only to find the keys to check it with. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss;
  } catch {
    return undefined;
  }
}

function asAccessTokenClaims(payload: JWTPayload): AccessTokenClaims | undefined {
  const { iss, exp, iat } = payload;
  const { sub, scope = "", cnf, sid = "", host = "" } = payload as Record<string, unknown>;
  const jkt = parseThumbprint(typeof cnf === "object" && cnf !== null && "jkt" in cnf ? cnf.jkt : undefined);
  if (!iss || typeof sub !== "string" || !sub || exp === undefined || iat === undefined || !jkt) return undefined;
  // A session is found again by strings: a token of one that is none could never be revoked.
  if (typeof scope !== "string" || typeof sid !== "string" || typeof host !== "string") return undefined;
  return { ...payload, iss, sub, exp, iat, scope, cnf: { jkt } };
}
