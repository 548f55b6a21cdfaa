import { configuredOrigins } from "./address.js";
import { type AssertionTrust, assertionReader, useAssertion } from "./assertion-reader.js";
import { corsHeaders, isPreflight, preflight } from "./cors.js";
import type { Endpoint } from "./endpoint.js";
import type { TrustedIssuer } from "./keys.js";
import { serverLimits } from "./limits.js";
import { Refusal } from "./refusal.js";
import type { ReplayStore } from "./replay.js";
import type { AccessTokenClaims, ResourceGuard } from "./resource-guard.js";
import { mediaType, parseLinkRequest, readText } from "./words.js";

export interface LinkEndpointOptions<Account> extends AssertionTrust<TrustedIssuer> {
  /** Checks the token and its proof: that of the API which this endpoint is a part of. */
  guard: ResourceGuard;
  /** Where the view asks, below the guard's `publicUrl`; `/panel/link` if left out. */
  path?: string;
  /** The origins that views run on: they alone can link, and read the answer. */
  origins: readonly string[];
  /** Whose account a token is; `undefined` if it is none that can be linked. */
  account(claims: AccessTokenClaims): Account | undefined | Promise<Account | undefined>;
  /**
   * Links a host's user with an account, unless either is linked already (the user with any account, the account with any
   * user of this host): `false` then, even for the same pair. Must be atomic, such as one INSERT under two unique indexes.
   *
   * @param host The host's issuer.
   * @param subject The host's name for the user; unique with `host` only.
   */
  link(host: string, subject: string, account: Account): Promise<boolean>;
  replay: ReplayStore;
  /**
   * Longest time since the user signed in at the partner, in seconds (`auth_time` of the token): linking is for who is there now.
   * 600 if left out; `Infinity` where the partner's access tokens carry no `auth_time`.
   */
  signInAge?: number;
}

/**
 * Links an account at the partner with a user of a host, once, so that mode `assertion` works from then on. The view asks, after
 * its assertion was answered with `interaction_required` and the user signed in through mode `code` in the same frame:
 *
 * `POST {path}` with JSON `{ assertion }`, the access token from mode `code` in `Authorization: DPoP`, and a proof → 204.
 *
 * What is proved: the token says who the account's owner is, the assertion who the host's user is, and both are bound to the key
 * that signed the proof. One frame got both, so nobody can add an assertion of their own to another's sign-in, or the other way round.
 *
 * Checked, in this order: `Origin` is a view's · the guard's checks, with `auth_time` · the token is from the partner's own
 * sign-in and not from an assertion (`host`) · all of the assertion, as `createAssertionGrant` does, with `cnf.jkt` that of the token · the
 * assertion is unused · neither side is linked.
 *
 * Refusals: 403 `unauthorized_client` (another origin or none), the guard's own, 400 `invalid_request` (413 if too long), 403 `access_denied`
 * (a token that cannot be linked by), 400 `invalid_grant` (the assertion), 409 `already_linked`, 503 `temporarily_unavailable`.
 * What a callback throws, `fetch` rejects with.
 *
 * @throws {TypeError} An option has the wrong form.
 */
export function createLinkEndpoint<Account>(options: LinkEndpointOptions<Account>): Endpoint {
  const { guard, path = "/panel/link", replay, signInAge = serverLimits.linkSignInAge } = options;
  const origins = configuredOrigins("origins", options.origins);
  const readAssertion = assertionReader(options);
  const needs = signInAge === Number.POSITIVE_INFINITY ? {} : { maxAge: signInAge };

  async function answer(request: Request, cors: Record<string, string>): Promise<Response> {
    if (!origins.has(request.headers.get("origin") ?? "")) {
      throw new Refusal(403, "unauthorized_client", "Only the view itself may link: Origin must be that of the view.");
    }
    const access = await guard.check(request, needs);
    if (!access.ok) return access.response;
    if (mediaType(request) !== "application/json") {
      throw new Refusal(400, "invalid_request", "Send content-type: application/json.");
    }
    const text = await readText(request, serverLimits.linkRequestBytes);
    if (text === undefined) throw new Refusal(413, "invalid_request", "The request is too long.");
    const assertion = parseLinkRequest(text);
    if (!assertion) throw new Refusal(400, "invalid_request", "Send { assertion }: the host's assertion, as a string.");

    const { claims: token } = access;
    // A host's word opened this session, so that host, and not the owner, would be linking the account to another of its users.
    const account = token["host"] === undefined ? await options.account(token) : undefined;
    if (account === undefined) {
      throw new Refusal(403, "access_denied", "Sign in at the partner itself (mode code) to link an account.");
    }
    const { host, claims } = await readAssertion(assertion, token.cnf.jkt);
    await useAssertion(replay, claims);
    if (!(await options.link(host.issuer, claims.sub, account))) {
      throw new Refusal(409, "already_linked", "This user or this account is linked already. Unlink it first.");
    }
    return new Response(null, { status: 204, headers: { "cache-control": "no-store", ...cors, ...access.headers } });
  }

  return {
    async fetch(request) {
      if (new URL(request.url).pathname !== path) return undefined;
      if (isPreflight(request)) return preflight(request, origins, "POST");
      if (request.method !== "POST") {
        return new Refusal(405, "invalid_request", "Use POST with a JSON body.").toResponse({ allow: "POST" });
      }
      const cors = corsHeaders(request, origins);
      try {
        return await answer(request, cors);
      } catch (error) {
        if (error instanceof Refusal) return error.toResponse(cors);
        throw error;
      }
    },
  };
}
