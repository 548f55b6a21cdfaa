import { RpcError, type RpcErrorOptions } from "@partner-panel/postmessage-rpc";
import * as oauth from "oauth4webapi";
import { accountOf, claimsOf } from "./account.js";
import type { AuthConfig } from "./auth-config.js";
import { isSecure } from "./loopback.js";
import type { SignInPort } from "./sign-in-port.js";
import type { TokenAnswer } from "./token-keeper.js";

/** RFC 7523, section 2.1. */
const jwtBearerGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/** Milliseconds that the issuer may take to answer one request. */
const issuerTimeout = 15_000;
/** Seconds a token is taken to live where the issuer does not say: the longest that those of a panel may. */
const assumedLife = 300;

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
 * Trades an assertion for a token: JWT bearer grant (RFC 7523) with a DPoP proof (RFC 9449), once more where the endpoint wants its
 * nonce in the proof. Rejects with RpcError ACCOUNT_NOT_LINKED or TOKEN_REFUSED; also where the token is of another type than DPoP,
 * for such a token would work without the key, or has more scopes than were asked for.
 */
export async function redeem(
  server: oauth.AuthorizationServer,
  { issuer, clientId, resource, scope }: AuthConfig,
  assertion: string,
  proofs: oauth.DPoPHandle,
  port: SignInPort,
): Promise<TokenAnswer> {
  const client: oauth.Client = { client_id: clientId };
  // Without scope, the token has what the assertion has: the host may have left some of what was asked for out of that.
  const parameters = { assertion, resource };
  const attempt = async (): Promise<oauth.TokenEndpointResponse> => {
    const options = { ...requestOptions(port), DPoP: proofs };
    const auth = oauth.None();
    const response = await oauth.genericTokenEndpointRequest(server, client, auth, jwtBearerGrant, parameters, options);
    return oauth.processGenericTokenEndpointResponse(server, client, response);
  };
  const answer = await attempt()
    .catch((error: unknown) => {
      if (oauth.isDPoPNonceError(error)) return attempt();
      throw error;
    })
    .catch((error: unknown) => {
      throw translated(error, `The token endpoint of ${issuer.href} gave no token`, port);
    });
  if (answer.token_type !== "dpop") {
    const message = `The token endpoint of ${issuer.href} gave a token that is not bound to this frame's key.`;
    throw new RpcError("TOKEN_REFUSED", { message });
  }
  const asked = scope.split(" ");
  if (answer.scope?.split(" ").some((each) => each !== "" && !asked.includes(each))) {
    const message = `The token endpoint of ${issuer.href} gave more scopes than were asked for.`;
    throw new RpcError("TOKEN_REFUSED", { message });
  }
  // An ID token says it by its nature; else the token may, if it is one that this product can read.
  const account = accountOf(oauth.getValidatedIdTokenClaims(answer) ?? claimsOf(answer.access_token));
  return { text: answer.access_token, life: answer.expires_in ?? assumedLife, account };
}

function requestOptions({ fetch, signal }: SignInPort) {
  return {
    // Checked by ourselves, address by address: http is for loopback names only.
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (url: string, options: object) => fetch(url, { ...options, credentials: "omit" }),
    signal: AbortSignal.any([signal, AbortSignal.timeout(issuerTimeout)]),
  };
}

/**
 * The library's error in our words. Nothing of it is kept as a cause, and of what the server said only OAuth's error code: the
 * rest may hold a token or the assertion.
 */
function translated(error: unknown, what: string, { signal }: SignInPort): unknown {
  if (signal.aborted) return signal.reason;
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

function refused(message: string, options: RpcErrorOptions = {}): RpcError {
  return new RpcError("TOKEN_REFUSED", { message, ...options });
}
