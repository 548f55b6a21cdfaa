import { configuredOrigins, configuredUrl, under } from "./address.js";
import { jwtBearerGrant } from "./assertion.js";
import { type AssertionTrust, assertionReader, useAssertion } from "./assertion-reader.js";
import { corsHeaders, isPreflight, preflight } from "./cors.js";
import type { Endpoint } from "./endpoint.js";
import type { TrustedIssuer } from "./keys.js";
import { serverLimits } from "./limits.js";
import { type DpopNonces, dpopNonces } from "./nonces.js";
import { checkProof, useProof } from "./proof.js";
import { json, Refusal } from "./refusal.js";
import type { ReplayStore } from "./replay.js";
import { mediaType, parseForm, parseScope, readStart } from "./words.js";

/** A host whose word about its users the partner takes, and how far. */
export interface AssertionHost extends TrustedIssuer {
  /** The ceiling: scopes of the partner's API that users of this host may ever have in a panel. */
  scopes: readonly string[];
}

/** Which account of the partner's a host's user is linked to. */
export interface AccountLinks<Account> {
  /**
   * @param host The host's issuer.
   * @param subject The host's name for the user; unique with `host` only.
   */
  find(host: string, subject: string): Account | undefined | Promise<Account | undefined>;
}

/** A token to be minted. */
export interface TokenOrder<Account> {
  account: Account;
  /** The client that the token is for: the view. */
  clientId: string;
  /** Its audience. */
  resource: string;
  scope: readonly string[];
  /** Thumbprint to be the token's `cnf.jkt`. */
  jkt: string;
  /** Longest life, in seconds. */
  maxLife: number;
  /** The host's issuer, its session and time of sign-in: `host`, `sid` and `auth_time` of the token, for log-out and step-up. */
  host: string;
  sid: string;
  authTime: number;
  /** How the user signed in at the host, where it says so: the token's `acr`, for step-up (RFC 9470). */
  acr?: string;
}

/** Claims that the view may show of whoever is signed in at the partner (OpenID Connect Core 1.0, section 5.1). */
export interface ShownAccount {
  /** The token's `sub`, for a view that cannot read the token. */
  sub?: string | undefined;
  name?: string | undefined;
  preferred_username?: string | undefined;
  email?: string | undefined;
  /** Address of a picture. */
  picture?: string | undefined;
}

/** What was minted. Any other member (a refresh token, say) stays on the server. */
export interface MintedToken {
  access_token: string;
  /** Seconds; at most the order's `maxLife`. */
  expires_in: number;
  /** The token's scopes, where the account may have less than was ordered; the order's if left out. */
  scope?: readonly string[];
  /**
   * Whose token it is, to be shown: `panel.account` of the view. It goes with the answer as the member `account`, which clients that do not know it
   * ignore (RFC 6749, section 5.1).
   */
  account?: ShownAccount;
}

export interface AssertionGrantOptions<Account> extends AssertionTrust<AssertionHost> {
  /**
   * The public address below which the token endpoint is: the provider's, as a rule. A path in it is one that a proxy
   * takes off before requests get here.
   */
  publicUrl: string | URL;
  /** The token endpoint, below `publicUrl`; `/token` if left out. */
  path?: string;
  /** The origins that views run on: they alone can redeem, and read the answer. */
  origins: readonly string[];
  links: AccountLinks<Account>;
  /**
   * Mints an access token for the resource, bound to `jkt` (`cnf.jkt`), with at most these scopes and `maxLife` seconds
   * to live. Called once for an assertion, when everything about it was found good.
   */
  issue(order: TokenOrder<Account>): Promise<MintedToken>;
  replay: ReplayStore;
  /** Nonces for proofs; `dpopNonces()` if left out. Where several processes answer, give it a secret that all of them have. */
  nonces?: DpopNonces;
}

/**
 * The partner's side of sign-in mode `assertion`: a JWT bearer grant (RFC 7523) at the token endpoint, for a view that
 * brings an assertion and a DPoP proof of the key named in it. Answers 200 with a `DPoP` token of at most 5 minutes and no
 * refresh token: the host's session is the refresh token.
 *
 * `fetch` answers `POST {path}` with that `grant_type`, and preflights of `{path}`; everything else gets `undefined`, so
 * that it can stand in front of a provider's own token endpoint or inside a custom grant of one.
 *
 * Form parameters: `grant_type`, `assertion`, `client_id`, and if wanted `resource` and `scope`. Without `scope` the token
 * has what assertion and ceiling have in common; asking for more than that is refused.
 *
 * Checked, in this order: `Origin` is a view's · parameters · the proof · `typ` · issuer · signature · `aud` · times · `client_id` ·
 * `resource` · `cnf.jkt` is the proof's key · the session has not ended · scope · proof and assertion unused · the account is linked.
 *
 * Refusals, all 400 unless said: `unauthorized_client` (403, another origin or none), `invalid_request` (413 if too long),
 * `invalid_client`, `invalid_target`, `invalid_dpop_proof`, `use_dpop_nonce` (once more, with the `DPoP-Nonce` of the answer in the proof), `invalid_grant` (the assertion: ask the host for a new one),
 * `invalid_scope`, `interaction_required` (no linked account: sign in once in mode `code`), `temporarily_unavailable` (503,
 * the host's keys could not be fetched). What a callback throws, `fetch` rejects with.
 *
 * @throws {TypeError} An option has the wrong form.
 */
export function createAssertionGrant<Account>(options: AssertionGrantOptions<Account>): Endpoint {
  const { clientId, resource, replay, nonces = dpopNonces() } = options;
  const path = options.path ?? "/token";
  const tokenEndpoint = under(configuredUrl("publicUrl", options.publicUrl), path);
  const origins = configuredOrigins("origins", options.origins);
  const readAssertion = assertionReader(options);

  async function answer(request: Request, form: ReadonlyMap<string, string> | undefined): Promise<Response> {
    // First of all: a host page that sends the thumbprint of a key of its own to its own back end gets this far and no further.
    if (!origins.has(request.headers.get("origin") ?? "")) {
      throw new Refusal(
        403,
        "unauthorized_client",
        "Only the view itself may redeem: Origin must be that of the view.",
      );
    }
    if (!form) throw new Refusal(400, "invalid_request", "A parameter is there twice.");
    const assertion = form.get("assertion");
    if (!assertion) throw new Refusal(400, "invalid_request", "The parameter assertion is missing.");
    if (form.get("client_id") !== clientId)
      throw new Refusal(400, "invalid_client", "The client_id must be the view's.");
    // Here and below, sent without a value is not sent (RFC 6749, section 3.2).
    if ((form.get("resource") || resource) !== resource) {
      throw new Refusal(400, "invalid_target", `The only resource here is ${resource}.`);
    }

    const proof = await checkProof(request, tokenEndpoint, nonces);
    const { host, claims } = await readAssertion(assertion, proof.jkt);
    const scope = narrow(parseScope(claims.scope) ?? [], host.scopes, form.get("scope") || undefined);

    await useProof(replay, proof);
    await useAssertion(replay, claims);

    const account = await options.links.find(host.issuer, claims.sub);
    if (account === undefined) {
      throw new Refusal(400, "interaction_required", "No account is linked to this user. Sign in once in mode code.");
    }
    const maxLife = serverLimits.tokenLife;
    const { access_token, expires_in, ...minted } = await options.issue({
      account,
      clientId,
      resource,
      scope,
      jkt: proof.jkt,
      maxLife,
      host: host.issuer,
      sid: claims.sid,
      authTime: claims.auth_time,
      ...(claims.acr === undefined ? {} : { acr: claims.acr }),
    });
    if (!(expires_in > 0 && expires_in <= maxLife)) {
      throw new TypeError(`issue must give a token that lives 1 to ${maxLife} s, not ${expires_in}.`);
    }
    const given = minted.scope ?? scope;
    if (!given.every((each) => scope.includes(each)))
      throw new TypeError("issue must not give more scopes than ordered.");
    const answer = { access_token, token_type: "DPoP", expires_in, scope: given.join(" ") };
    return json(200, minted.account ? { ...answer, account: shownOf(minted.account) } : answer, proof.headers);
  }

  return {
    async fetch(request) {
      if (new URL(request.url).pathname !== path) return undefined;
      if (isPreflight(request)) return preflight(request, origins, "POST");
      if (request.method !== "POST" || mediaType(request) !== "application/x-www-form-urlencoded") return undefined;
      const cors = corsHeaders(request, origins);
      try {
        const { text, isWhole } = await readStart(request, serverLimits.tokenRequestBytes);
        // How long other grants' forms may be is for who answers them.
        if (!new URLSearchParams(text).getAll("grant_type").includes(jwtBearerGrant)) return undefined;
        if (!isWhole) throw new Refusal(413, "invalid_request", "The request is too long.");
        const response = await answer(request, parseForm(text));
        for (const [name, value] of Object.entries(cors)) response.headers.set(name, value);
        return response;
      } catch (error) {
        if (error instanceof Refusal) return error.toResponse(cors);
        throw error;
      }
    },
  };
}

/** Nothing else of it: an account as a product keeps it may hold what is nobody's business. */
function shownOf({ sub, name, preferred_username, email, picture }: ShownAccount): ShownAccount {
  return Object.fromEntries(
    Object.entries({ sub, name, preferred_username, email, picture }).filter(([, value]) => typeof value === "string"),
  );
}

/**
 * What assertion and ceiling have in common; of that, what is requested.
 *
 * @throws {Refusal} 400 `invalid_scope`: nothing is left, or more is requested than that.
 */
function narrow(
  asserted: readonly string[],
  ceiling: readonly string[],
  requested: string | undefined,
): readonly string[] {
  const allowed = asserted.filter((scope) => ceiling.includes(scope));
  const scope = requested === undefined ? allowed : parseScope(requested);
  if (!scope?.length || !scope.every((each) => allowed.includes(each))) {
    throw new Refusal(400, "invalid_scope", "More is requested than the assertion and this host's ceiling both allow.");
  }
  return scope;
}
