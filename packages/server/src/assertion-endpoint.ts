import { type JWK, SignJWT } from "jose";
import { configuredUrl, under, wellKnownPath } from "./address.js";
import { type AssertionClaims, assertionType } from "./assertion.js";
import type { Endpoint } from "./endpoint.js";
import { publicKeys, signingKey } from "./keys.js";
import { serverLimits } from "./limits.js";
import { sessionOfOwnPage } from "./own-page.js";
import { isRead, json, Refusal, toRead } from "./refusal.js";
import { parseAssertionRequest, parseAuthTime, readText } from "./words.js";

/** The signed-in user, as the host knows them. */
export interface HostSession {
  /** The host's own identifier of the user. It goes no further than `policy` and `pairwise`. */
  user: string;
  /** The session, by the identifier that a log-out will name to partners. */
  sid: string;
  /** When the user last signed in, in seconds since the epoch (not in milliseconds, as `Date.now()` has it). */
  authTime: number;
  /** How they signed in, by a name that partners ask for in a step-up (`acr_values`; RFC 9470). */
  acr?: string;
}

/** A partner, as the `auth` member of its manifest describes it. */
export interface PartnerAuth {
  /** The partner's issuer: the assertion's `aud`. */
  issuer: string;
  /** The view, as a client of that issuer. */
  client_id: string;
  /** The partner's API (RFC 8707). */
  resource: string;
  /** Scopes of that API that the view may ask for. */
  scopes: readonly string[];
}

export interface AssertionEndpointOptions<Session extends HostSession> {
  /**
   * The public address of this back end, such as `https://desk.example`. Its origin is the only one that assertions are
   * asked for from. A path in it is one that a proxy takes off before requests get here.
   */
  publicUrl: string | URL;
  /** The assertions' `iss`; `publicUrl` if left out. */
  issuer?: string;
  /** Where assertions are asked for, below `publicUrl`; `/panel/assertion` if left out. */
  path?: string;
  /** Where the public keys are, below `publicUrl`; `/panel/jwks.json` if left out. */
  jwksPath?: string;
  /**
   * The user whose request this is, by the host's own session (a cookie, a bearer token), or `undefined`. It must not
   * read the body.
   */
  authenticate(request: Request): Session | undefined | Promise<Session | undefined>;
  /**
   * Which of the requested scopes of the partner's API this user may have there, as far as the host is concerned. None:
   * the request is refused. Scopes that were not requested, or are not in the manifest, have no effect.
   */
  policy(
    session: NoInfer<Session>,
    asked: { partner: string; scope: readonly string[] },
  ): readonly string[] | Promise<readonly string[]>;
  /** The user's name for this partner and no other; see `pairwiseSubjects`. */
  pairwise(session: NoInfer<Session>, partner: PartnerAuth): string | Promise<string>;
  /**
   * Private keys as JWKs with `kid` and `alg`. The first one signs, the public halves of all are published: to rotate,
   * put the new key second for 10 minutes, then first; drop the old one a minute later.
   */
  keys: readonly [JWK, ...JWK[]];
  /** The partners that the host trusts, by the name that its pages give them (never the manifest's `id`, which is the partner's to write). */
  partners: Readonly<Record<string, PartnerAuth>>;
}

/**
 * The host's side of sign-in mode `assertion`: states to a partner who the user in front of a panel is, for the key of
 * that panel's frame alone. Answers at three addresses:
 *
 * - `POST {path}` with JSON `{ jkt, scope, partner }` → 200 `{ assertion, scope, expires_in }`; `scope` is what was
 *   requested, less what the policy does not allow. From the host's own pages only: `Origin` must be there and be that of
 *   `publicUrl`, `Sec-Fetch-Site` must be `same-origin`, the body must be `application/json`.
 * - `GET {jwksPath}` → the JWKS with which partners check assertions.
 * - `GET /.well-known/oauth-authorization-server` (RFC 8414) → `issuer` and `jwks_uri`.
 *
 * Refusals: 403 `access_denied` (another origin, or the policy allows none of the scopes), 401 `login_required` (no session),
 * 400 `invalid_request`, 400 `invalid_target` (unknown partner), 400 `invalid_scope` (a scope not in the partner's manifest).
 * What a callback throws, `fetch` rejects with; and with a `TypeError` where the session's `authTime` cannot be one, as of milliseconds.
 *
 * @throws {TypeError} An option has the wrong form; that of a key is told by the first `fetch`.
 */
export function createAssertionEndpoint<Session extends HostSession>(
  options: AssertionEndpointOptions<Session>,
): Endpoint {
  const base = configuredUrl("publicUrl", options.publicUrl);
  const issuer = options.issuer ?? base.href.replace(/\/$/, "");
  const path = options.path ?? "/panel/assertion";
  const jwksPath = options.jwksPath ?? "/panel/jwks.json";
  const metadataPath = wellKnownPath("oauth-authorization-server", configuredUrl("issuer", issuer));
  const jwks = publicKeys(options.keys);
  const metadata = { issuer, jwks_uri: under(base, jwksPath), response_types_supported: [] };
  let signer: ReturnType<typeof signingKey> | undefined;

  async function answer(request: Request): Promise<Response> {
    const session = await sessionOfOwnPage(request, base.origin, options.authenticate);
    if (parseAuthTime(session.authTime) === undefined) {
      throw new TypeError(
        `authenticate gave the authTime ${session.authTime}: it must be in seconds since the epoch (not milliseconds), and not in the future.`,
      );
    }
    const text = await readText(request, serverLimits.assertionRequestBytes);
    const asked = text === undefined ? undefined : parseAssertionRequest(text);
    if (!asked) {
      throw new Refusal(
        400,
        "invalid_request",
        "Send { jkt, scope, partner }: a thumbprint, scopes with spaces, a name.",
      );
    }
    const partner = Object.hasOwn(options.partners, asked.partner) ? options.partners[asked.partner] : undefined;
    if (!partner) throw new Refusal(400, "invalid_target", "The host knows no such partner. Name it in partners.");
    if (!asked.scope.every((scope) => partner.scopes.includes(scope))) {
      throw new Refusal(400, "invalid_scope", "A scope is not among auth.scopes of the partner's manifest.");
    }
    const allowed = await options.policy(session, { partner: asked.partner, scope: asked.scope });
    const scope = asked.scope.filter((each) => allowed.includes(each)).join(" ");
    if (!scope) throw new Refusal(403, "access_denied", "The host's policy gives this user none of these scopes.");

    const iat = Math.floor(Date.now() / 1000);
    const claims: AssertionClaims = {
      iss: issuer,
      sub: await options.pairwise(session, partner),
      aud: partner.issuer,
      client_id: partner.client_id,
      jti: crypto.randomUUID(),
      iat,
      exp: iat + serverLimits.assertionLife,
      auth_time: session.authTime,
      ...(session.acr === undefined ? {} : { acr: session.acr }),
      sid: session.sid,
      scope,
      resource: partner.resource,
      cnf: { jkt: asked.jkt },
    };
    signer ??= signingKey(options.keys[0]);
    const { key, alg, kid } = await signer;
    const assertion = await new SignJWT({ ...claims }).setProtectedHeader({ typ: assertionType, alg, kid }).sign(key);
    return json(200, { assertion, scope, expires_in: serverLimits.assertionLife });
  }

  return {
    async fetch(request) {
      const { pathname } = new URL(request.url);
      if (isRead(request) && pathname === jwksPath) {
        const headers = { "content-type": "application/jwk-set+json", "cache-control": "public, max-age=300" };
        return toRead(request, json(200, jwks, headers));
      }
      if (isRead(request) && pathname === metadataPath) return toRead(request, json(200, metadata));
      if (pathname !== path) return undefined;
      if (request.method !== "POST") {
        return new Refusal(405, "invalid_request", "Use POST with a JSON body.").toResponse({ allow: "POST" });
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
