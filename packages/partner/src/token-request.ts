import { RpcError, type RpcErrorOptions } from "@partner-panel/postmessage-rpc";
import * as oauth from "oauth4webapi";
import { accountOf, claimsOf } from "./account.js";
import type { AuthConfig } from "./auth-config.js";
import { isSecure } from "./loopback.js";
import type { SignInPort } from "./sign-in-port.js";
import type { TokenAnswer } from "./token-keeper.js";

/** RFC 7523, section 2.1. */
const jwtBearerGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/** RFC 8693, section 2.1. */
const tokenExchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
/** Milliseconds that the issuer may take to answer one request. */
const issuerTimeout = 15_000;
/** Seconds a token is taken to live where the issuer does not say: the longest that those of a panel may. */
const assumedLife = 300;

/** What each request for a token is made with. */
export interface Asking {
  readonly server: oauth.AuthorizationServer;
  readonly auth: AuthConfig;
  readonly proofs: oauth.DPoPHandle;
  readonly port: SignInPort;
}

type Fetch = (url: string, init: { headers: Record<string, string> }) => Promise<Response>;

/**
 * The issuer's metadata: OpenID Connect Discovery 1.0 first, then RFC 8414, for an issuer that is no OpenID provider.
 * Rejects with RpcError TOKEN_REFUSED.
 */
export async function discover({ issuer }: AuthConfig, port: SignInPort): Promise<oauth.AuthorizationServer> {
  const options = requestOptions(port);
  try {
    const first = await oauth.discoveryRequest(issuer, { ...options, algorithm: "oidc" });
    const response = first.ok ? first : await oauth.discoveryRequest(issuer, { ...options, algorithm: "oauth2" });
    const server = await oauth.processDiscoveryResponse(issuer, response);
    // The library would take any http address now; it may be one of a loopback name only.
    if (server.token_endpoint && URL.canParse(server.token_endpoint) && isSecure(new URL(server.token_endpoint)))
      return server;
  } catch (error) {
    throw translated(error, `The metadata of ${issuer.href} could not be read`, port);
  }
  throw new RpcError("TOKEN_REFUSED", {
    message: `The metadata of ${issuer.href} name no token endpoint that is https.`,
  });
}

/**
 * Trades an assertion for a token: JWT bearer grant (RFC 7523). Rejects with RpcError ACCOUNT_NOT_LINKED, and as {@link askForToken}.
 */
export function redeem(asking: Asking, assertion: string): Promise<TokenAnswer> {
  // Without scope, the token has what the assertion has: the host may have left some of what was asked for out of that.
  return genericGrant(asking, jwtBearerGrant, { assertion, resource: asking.auth.resource });
}

/**
 * Gets a token from a token exchange (RFC 8693) that the host makes: the request, with its proof for the token endpoint, goes to the host
 * in place of the endpoint, which adds what the host alone has, and the endpoint's answer comes back. Rejects as {@link askForToken}.
 */
export function exchange(asking: Asking): Promise<TokenAnswer> {
  const { port, auth } = asking;
  const overBridge: Fetch = async (_url, { headers }) => {
    try {
      const proof = new Headers(headers).get("dpop") ?? "";
      const { nonce, ...answer } = await port.exchange({ proof, scope: auth.scope });
      return Response.json(answer, { headers: nonce === undefined ? {} : { "dpop-nonce": nonce } });
    } catch (error) {
      if (!(error instanceof RpcError) || error.code !== "USE_DPOP_NONCE") throw error;
      const nonce: unknown = Reflect.get(Object(error.data), "nonce");
      const headers = { "dpop-nonce": String(nonce) };
      return Response.json({ error: "use_dpop_nonce" }, { status: 400, headers });
    }
  };
  return genericGrant(asking, tokenExchangeGrant, {}, overBridge);
}

function genericGrant(
  asking: Asking,
  grant: string,
  parameters: Record<string, string>,
  send?: Fetch,
): Promise<TokenAnswer> {
  const { server, auth } = asking;
  const client: oauth.Client = { client_id: auth.clientId };
  return askForToken(asking, async (options) => {
    const given = send ? { ...options, [oauth.customFetch]: send } : options;
    const response = await oauth.genericTokenEndpointRequest(server, client, oauth.None(), grant, parameters, given);
    return oauth.processGenericTokenEndpointResponse(server, client, response);
  });
}

/**
 * Asks with a DPoP proof (RFC 9449), once more where the endpoint wants its nonce in the proof. Rejects with RpcError TOKEN_REFUSED or with
 * what the host said; also where the token is of another type than DPoP, for such a token would work without the key, or has more scopes
 * than were asked for.
 */
export async function askForToken(
  { auth, proofs, port }: Asking,
  attempt: (options: RequestOptions & { DPoP: oauth.DPoPHandle }) => Promise<oauth.TokenEndpointResponse>,
  asked: readonly string[] = auth.scope.split(" "),
): Promise<TokenAnswer> {
  const { issuer } = auth;
  const once = () => attempt({ ...requestOptions(port), DPoP: proofs });
  const answer = await retryWithNonce(once).catch((error: unknown) => {
    throw translated(error, `The token endpoint of ${issuer.href} gave no token`, port);
  });
  if (answer.token_type !== "dpop")
    throw refused(`The token endpoint of ${issuer.href} gave a token that is not bound to this frame's key.`);
  if (answer.scope?.split(" ").some((each) => each !== "" && !asked.includes(each)))
    throw refused(`The token endpoint of ${issuer.href} gave more scopes than were asked for.`);
  // An ID token says it by its nature; else the token may, if it is one that this product can read, and the endpoint beside it.
  const { account: shown } = answer;
  const beside = typeof shown === "object" && shown !== null && !Array.isArray(shown) ? shown : {};
  const claims = claimsOf(answer.access_token);
  const account = accountOf(oauth.getValidatedIdTokenClaims(answer) ?? { ...Object(claims), ...beside });
  return { text: answer.access_token, life: answer.expires_in ?? assumedLife, account };
}

/** Once more, where the server wants its nonce in the proof: the library has learnt it from the refusal. */
export function retryWithNonce<T>(once: () => Promise<T>): Promise<T> {
  return once().catch((error: unknown) => {
    if (oauth.isDPoPNonceError(error)) return once();
    throw error;
  });
}

type RequestOptions = ReturnType<typeof requestOptions>;

export function requestOptions({ fetch, signal }: SignInPort) {
  return {
    // Checked by ourselves, address by address: http is for loopback names only.
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (url: string, options: object) => fetch(url, { ...options, credentials: "omit" }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(issuerTimeout)]),
  };
}

/**
 * The library's error in our words; one of the host's stays what it is. Nothing of the former is kept as a cause, and of what the server
 * said only OAuth's error code: the rest may hold a token or the assertion.
 */
export function translated(error: unknown, what: string, { signal }: SignInPort): unknown {
  if (signal.aborted) return signal.reason;
  if (error instanceof RpcError) return error;
  if (error instanceof oauth.ResponseBodyError) {
    if (error.error === "interaction_required") {
      const message =
        "This user's account at the partner is not linked yet: sign in at the partner once, then try again.";
      return new RpcError("ACCOUNT_NOT_LINKED", { message });
    }
    const code = /^\w{1,64}$/.test(error.error) ? error.error : "an error";
    return refused(`${what}: ${code}.`, { data: { error: code }, retryable: error.status >= 500 });
  }
  if (error instanceof oauth.OperationProcessingError || error instanceof oauth.UnsupportedOperationError) {
    return refused(`${what}: its answer is not of the form that OAuth 2.0 asks for (${error.code}).`);
  }
  const hint = "Does it allow this origin by CORS, and the view's Content-Security-Policy it by connect-src?";
  return refused(`${what}: it could not be reached. ${hint}`, { retryable: true });
}

export function refused(message: string, options: RpcErrorOptions = {}): RpcError {
  return new RpcError("TOKEN_REFUSED", { message, ...options });
}
