import { decodeJwt, type JWTPayload } from "jose";
import * as oauth from "oauth4webapi";
import { configuredUrl } from "./address.js";
import type { HostSession } from "./assertion-endpoint.js";
import type { Endpoint } from "./endpoint.js";
import { serverLimits } from "./limits.js";
import { sessionOfOwnPage } from "./own-page.js";
import { readProof, type SignedProof } from "./proof.js";
import { json, Refusal } from "./refusal.js";
import { parseExchangeRequest, parseScope, readText } from "./words.js";

/** `grant_type` of a token exchange (RFC 8693, section 2.1). */
const tokenExchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
/** RFC 8693, section 3. */
const accessTokenType = "urn:ietf:params:oauth:token-type:access_token";

/** A partner, as the one provider knows its API. */
export type ExchangePartner = {
  /** Scopes of the API that the view may ask for. */
  scopes: readonly string[];
} & (
  | {
      /** The API as an absolute URL (RFC 8707): the parameter `resource`, and the tokens' `aud`. */
      resource: string;
    }
  | {
      /** The API by the name that the provider gives it (RFC 8693, section 2.1): the parameter `audience`, and the tokens' `aud`. */
      audience: string;
    }
);

export interface ExchangeProxyOptions<Session> {
  /** The public address of this back end. Its origin is the only one that tokens are asked for from. */
  publicUrl: string | URL;
  /** Where the host's pages ask, below `publicUrl`; `/panel/exchange` if left out. */
  path?: string;
  /** The provider that both sides trust, and its token endpoint: the address that frames' proofs must be for. */
  issuer: string;
  tokenEndpoint: string | URL;
  /** This back end as a client of the provider. */
  clientId: string;
  /** How it authenticates there: one of oauth4webapi's, such as `ClientSecretBasic(secret)` or `PrivateKeyJwt(key)`. */
  clientAuthentication: oauth.ClientAuth;
  /** The user whose request this is, by the host's own session, or `undefined`. It must not read the body. */
  authenticate(request: Request): Session | undefined | Promise<Session | undefined>;
  /** Which of the requested scopes this user may have at the partner; see `createAssertionEndpoint`. */
  policy(
    session: NoInfer<Session>,
    asked: { partner: string; scope: readonly string[] },
  ): readonly string[] | Promise<readonly string[]>;
  /**
   * The user's own token from the provider: what is exchanged. It never leaves this back end but to the token endpoint.
   * `type` is one of RFC 8693, section 3; that of an access token if left out. Where there is none any more (`undefined`, `null`, or
   * one that is not a string or empty), the user has to sign in again: 401 `login_required`.
   */
  subjectToken(session: NoInfer<Session>): MaybeSubjectToken | Promise<MaybeSubjectToken>;
  /** The partners that the host trusts, by the name that its pages give them. */
  partners: Readonly<Record<string, ExchangePartner>>;
  /** How the token endpoint is reached; the global `fetch` if left out. */
  fetch?: typeof globalThis.fetch;
}

export interface SubjectToken {
  token: string | null | undefined;
  type?: string;
}

type MaybeSubjectToken = SubjectToken | null | undefined;

/**
 * The host's side of sign-in mode `exchange` (RFC 8693), where both sides trust one provider. The view's frame signs a DPoP proof
 * for the provider's token endpoint and hands it to the host's page; this adds what the host alone has (the user's token, its own
 * client authentication), asks for one audience and no more scopes than the policy allows, and hands back a token that is bound to
 * the frame's key: the host's page carries it and cannot use it.
 *
 * `POST {path}` with JSON `{ proof, scope, partner }` → 200 `{ access_token, token_type: "DPoP", expires_in, scope }`, with the
 * provider's `DPoP-Nonce` if it gave one. From the host's own pages only, as at the assertion endpoint.
 *
 * Checked before the provider is asked: page, session, partner, scopes, policy, and that the proof is one, for `POST` of exactly
 * this token endpoint. When it was made is the provider's to judge. Checked of the answer: `token_type` is `DPoP`, `scope` is no wider,
 * and where the token is a JWT that can be read, `cnf.jkt` is the proof's key and `aud` this one audience.
 *
 * Refusals: 403 `access_denied`, 401 `login_required` (no session, no token of the user's, or one that the provider takes no longer:
 * its `invalid_grant`), 400 `invalid_request` (413 if too long), `invalid_target`, `invalid_scope`,
 * `invalid_dpop_proof`; `use_dpop_nonce` with the provider's `DPoP-Nonce` (once more, with that in the proof); the provider's own error codes
 * with 400 and none of its words; 502 `token_refused` (its token was not what it should be); 503 `temporarily_unavailable` (no answer in
 * 10 s, 5xx, or none that OAuth knows). What a callback throws, `fetch` rejects with.
 *
 * @throws {TypeError} An option has the wrong form.
 */
export function createExchangeProxy<Session = HostSession>(options: ExchangeProxyOptions<Session>): Endpoint {
  const base = configuredUrl("publicUrl", options.publicUrl);
  const tokenEndpoint = configuredUrl("tokenEndpoint", options.tokenEndpoint).href;
  const path = options.path ?? "/panel/exchange";
  const server: oauth.AuthorizationServer = { issuer: options.issuer, token_endpoint: tokenEndpoint };
  const client: oauth.Client = { client_id: options.clientId };
  const send = options.fetch ?? globalThis.fetch;

  async function answer(request: Request): Promise<Response> {
    const session = await sessionOfOwnPage(request, base.origin, options.authenticate);
    const text = await readText(request, serverLimits.exchangeRequestBytes);
    if (text === undefined) throw new Refusal(413, "invalid_request", "The request is too long.");
    const asked = parseExchangeRequest(text);
    if (!asked) throw new Refusal(400, "invalid_request", "Send { proof, scope, partner }: a JWT, scopes, a name.");
    const partner = Object.hasOwn(options.partners, asked.partner) ? options.partners[asked.partner] : undefined;
    if (!partner) throw new Refusal(400, "invalid_target", "The host knows no such partner. Name it in partners.");
    if (!asked.scope.every((scope) => partner.scopes.includes(scope))) {
      throw new Refusal(400, "invalid_scope", "A scope is not among those of this partner.");
    }
    const allowed = await options.policy(session, { partner: asked.partner, scope: asked.scope });
    const scope = asked.scope.filter((each) => allowed.includes(each));
    if (scope.length === 0) {
      throw new Refusal(403, "access_denied", "The host's policy gives this user none of these scopes.");
    }
    const proof = await readProof(asked.proof, { method: "POST", url: tokenEndpoint });
    const { token, type = accessTokenType } = (await options.subjectToken(session)) ?? {};
    if (typeof token !== "string" || !token) throw loginRequired();
    const parameters = {
      subject_token: token,
      subject_token_type: type,
      requested_token_type: accessTokenType,
      scope: scope.join(" "),
      ...("resource" in partner ? { resource: partner.resource } : { audience: partner.audience }),
    };
    const audience = "resource" in partner ? partner.resource : partner.audience;
    return exchange(parameters, asked.proof, (answered) => faultOf(answered, { audience, scope, proof }));
  }

  async function exchange(
    parameters: Record<string, string>,
    proof: string,
    fault: (answered: oauth.TokenEndpointResponse) => string | undefined,
  ): Promise<Response> {
    let isAsked = false;
    let response: Response | undefined;
    const settings = {
      headers: { dpop: proof },
      signal: AbortSignal.timeout(serverLimits.exchangeTimeout * 1000),
      // The address was checked above: http is for loopback names only.
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: async (url: string, init: RequestInit) => {
        isAsked = true;
        response = await bounded(await send(url, init));
        return response;
      },
    };
    const { clientAuthentication } = options;
    let answered: oauth.TokenEndpointResponse;
    try {
      answered = await oauth.processGenericTokenEndpointResponse(
        server,
        client,
        await oauth.genericTokenEndpointRequest(
          server,
          client,
          clientAuthentication,
          tokenExchangeGrant,
          parameters,
          settings,
        ),
      );
    } catch (error) {
      // Before anything was sent, it is the client authentication that failed: the host's own, to be seen and repaired.
      throw isAsked ? await translated(error, response) : error;
    }
    const what = fault(answered);
    if (what !== undefined) throw new Refusal(502, "token_refused", `The provider's token ${what}.`);
    const { access_token, expires_in, scope = parameters["scope"] } = answered;
    // Nothing else of the answer: a refresh token or an ID token is not the frame's.
    return json(200, { access_token, token_type: "DPoP", expires_in, scope }, nonceOf(response));
  }

  return {
    async fetch(request) {
      if (new URL(request.url).pathname !== path) return undefined;
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

/** What is wrong with a token, in words that go on from "the token"; `undefined` if nothing is that can be seen. */
function faultOf(
  { access_token, token_type, scope }: oauth.TokenEndpointResponse,
  asked: { audience: string; scope: readonly string[]; proof: SignedProof },
): string | undefined {
  const isWider = (scopes: unknown) => !(parseScope(scopes) ?? [""]).every((each) => asked.scope.includes(each));
  if (token_type !== "dpop") return "is not bound to a key: its token_type is not DPoP";
  if (scope !== undefined && isWider(scope)) return "has more scopes than were asked for";
  const claims = claimsOf(access_token);
  if (!claims) return undefined;
  // Some providers write the scopes as `scp`, a string or a list.
  const { cnf, scope: own, scp } = claims as Record<string, unknown>;
  if (typeof cnf !== "object" || cnf === null || !("jkt" in cnf) || cnf.jkt !== asked.proof.jkt) {
    return "is bound to another key than the frame's, or to none";
  }
  const audiences = [claims.aud].flat();
  if (audiences.length === 0 || audiences.some((each) => each !== asked.audience))
    return "is for another audience, or for more than one";
  if ([own, scp].flat().some((scopes) => scopes !== undefined && isWider(scopes)))
    return "has more scopes than were asked for";
  return undefined;
}

/** A token's claims, where it is a JWT. Its signature is the API's to check; this only looks for what must not be handed on. */
function claimsOf(token: string): JWTPayload | undefined {
  try {
    return decodeJwt(token);
  } catch {
    return undefined;
  }
}

function loginRequired(): Refusal {
  return new Refusal(
    401,
    "login_required",
    "The host has no token of the user's that can be exchanged. Sign in and try again.",
  );
}

/** The library's error in our words. Of what the provider said only OAuth's error code: the rest may hold a token. */
async function translated(error: unknown, response: Response | undefined): Promise<Refusal> {
  const code = await errorCodeOf(error);
  // What is granted here is the user's own token (RFC 6749, section 5.2): it has expired or was revoked.
  if (code === "invalid_grant") return loginRequired();
  if (code === "use_dpop_nonce") {
    const description = "The provider wants its DPoP-Nonce in the proof. Sign another one.";
    return new Refusal(400, code, description, nonceOf(response));
  }
  if (code !== undefined && /^[a-z_]{1,64}$/.test(code)) {
    return new Refusal(400, code, "The provider refused the token exchange, for the reason that error names.");
  }
  if (response?.ok) return new Refusal(502, "token_refused", "The provider's answer is none that OAuth 2.0 knows.");
  return new Refusal(503, "temporarily_unavailable", "The provider gave no answer that could be used. Try again.");
}

/** OAuth's error code of a 4xx: the body's, or without one that of a challenge, by which RFC 6750 and RFC 9449 give theirs. */
async function errorCodeOf(error: unknown): Promise<string | undefined> {
  const isOf4xx = (error: { status: number }) => error.status < 500;
  if (error instanceof oauth.ResponseBodyError && isOf4xx(error)) return error.error;
  if (!(error instanceof oauth.WWWAuthenticateChallengeError && isOf4xx(error))) return undefined;
  const body: unknown = await error.response.json().catch(() => undefined);
  const own = typeof body === "object" && body !== null && "error" in body ? body.error : undefined;
  return typeof own === "string" ? own : error.cause.map(({ parameters }) => parameters.error).find(Boolean);
}

function nonceOf(response: Response | undefined): Record<string, string> {
  const nonce = response?.headers.get("dpop-nonce");
  return nonce ? { "dpop-nonce": nonce } : {};
}

/** The same response with its body cut off beyond the limit, so that a provider gone wrong cannot fill the memory. */
async function bounded(response: Response): Promise<Response> {
  const text = await readText(response, serverLimits.exchangeAnswerBytes);
  return new Response(text ?? "", { status: text === undefined ? 502 : response.status, headers: response.headers });
}
