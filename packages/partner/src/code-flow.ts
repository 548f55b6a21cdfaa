/*
 * Sign-in mode `code`: the frame as an OpenID Connect client of its own. Authorization code with PKCE (RFC 7636), pushed where the provider
 * takes that (RFC 9126), the code bound to the frame's key (`dpop_jkt`, RFC 9449, section 10). The window is the frame's, and the callback page hands the
 * code to an opener of its own origin alone: so no host sees it, and none can start this client's flow and be handed a code.
 *
 * Checked of the answer, in this order: the window and origin it comes from, `state`, `iss` (RFC 9207), and only then is the code sent anywhere; of the
 * token endpoint's answer the ID token's `iss`, `aud`, `exp` and `nonce`.
 */
import { RpcError } from "@partner-panel/postmessage-rpc";
import type { StepUpDemand } from "@partner-panel/postmessage-rpc/panel";
import * as oauth from "oauth4webapi";
import { discard, sendToApi, stepUpDemand } from "./api-request.js";
import type { SignInAddresses } from "./auth-config.js";
import { answerFrom } from "./code-answer.js";
import { isSecure } from "./loopback.js";
import type { OpenedWindow, Popup } from "./sign-in-window.js";
import type { TokenAnswer } from "./token-keeper.js";
import { type Asking, askForToken, refused, requestOptions, retryWithNonce, translated } from "./token-request.js";

/** Claims of the account, where the provider has them: for showing who is signed in. */
const shownScopes = ["profile", "email"];
/**
 * Seconds that an ID token may seem too old by. It comes from the token endpoint itself and has this very request's nonce, so its age proves
 * nothing more; and the clock of the user's computer may be wrong.
 */
const clockTolerance = 900;

export interface CodeToken extends TokenAnswer {
  /** Bound to the frame's key, and kept in memory like the token. */
  readonly refresh: string | undefined;
}

/** What a sign-in in a window must be. */
export interface WindowDemand extends StepUpDemand {
  /** The provider asks who it is, whoever is signed in there. */
  readonly prompt?: "login";
}

/**
 * Signs in through a window that was opened on a click; closes it, whatever comes of it.
 *
 * Rejects with RpcError POPUP_BLOCKED, POPUP_SEVERED, POPUP_CLOSED, SIGN_IN_TIMEOUT, SIGN_IN_CANCELLED (the user said no at the provider),
 * TOKEN_REFUSED, or with the reason of a signal.
 *
 */
export async function signInByCode(
  asking: Asking,
  { popup, isSevered }: OpenedWindow,
  settings: { pages: SignInAddresses; demand: WindowDemand; signal: AbortSignal },
): Promise<CodeToken> {
  if (isSevered) throw new RpcError("POPUP_SEVERED", { message: severedMessage });
  if (popup === null) throw new RpcError("POPUP_BLOCKED", { message: blockedMessage });
  try {
    return await throughWindow(asking, popup, settings);
  } finally {
    popup.close();
  }
}

async function throughWindow(
  asking: Asking,
  popup: Popup,
  { pages: { callback, relay }, demand: { acr_values, max_age, prompt }, signal }: Parameters<typeof signInByCode>[2],
): Promise<CodeToken> {
  const { server, auth, proofs, port } = asking;
  const client: oauth.Client = { client_id: auth.clientId, [oauth.clockTolerance]: clockTolerance };
  const verifier = oauth.generateRandomCodeVerifier();
  const [state, nonce] = [oauth.generateRandomState(), oauth.generateRandomNonce()];
  const shown = shownScopes.filter((scope) => server.scopes_supported?.includes(scope));
  const scopes = ["openid", ...shown, ...auth.scope.split(" ")];
  const address = await authorizationAddress(asking, client, {
    response_type: "code",
    client_id: auth.clientId,
    redirect_uri: callback,
    scope: scopes.join(" "),
    resource: auth.resource,
    state,
    nonce,
    code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    dpop_jkt: await proofs.calculateThumbprint(),
    ...(acr_values === undefined ? {} : { acr_values }),
    ...(max_age === undefined ? {} : { max_age: String(max_age) }),
    ...(prompt === undefined ? {} : { prompt }),
  });
  signal.throwIfAborted();
  const { origin } = new URL(callback);
  const order = relay === undefined ? undefined : { url: address, state };
  const answering = answerFrom({ ...port, popup, order, origin, signal });
  popup.location.replace(relay ?? address);
  const answer = await answering;

  const given = answer.getAll("state");
  if (given.length !== 1 || given[0] !== state)
    throw refused("The answer in the sign-in window is not the one to this sign-in (state).");
  const parameters = validated(asking, client, answer, state);
  let refresh: string | undefined;
  const token = await askForToken(
    asking,
    async (options) => {
      const given = { ...options, additionalParameters: { resource: auth.resource } };
      const none = oauth.None();
      const response = await oauth.authorizationCodeGrantRequest(
        server,
        client,
        none,
        parameters,
        callback,
        verifier,
        given,
      );
      const checks = { expectedNonce: nonce, requireIdToken: true };
      const got = await oauth.processAuthorizationCodeResponse(server, client, response, checks);
      refresh = got.refresh_token;
      return got;
    },
    scopes,
  );
  return { ...token, refresh };
}

/** Gets the next token with a refresh token, which only this frame's key can use. Rejects with RpcError TOKEN_REFUSED. */
export async function refreshToken(asking: Asking, refresh: string): Promise<CodeToken> {
  const { server, auth } = asking;
  const client: oauth.Client = { client_id: auth.clientId, [oauth.clockTolerance]: clockTolerance };
  let next: string | undefined = refresh;
  const attempt = async (options: Parameters<Parameters<typeof askForToken>[1]>[0]) => {
    const given = { ...options, additionalParameters: { resource: auth.resource } };
    const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), refresh, given);
    const got = await oauth.processRefreshTokenResponse(server, client, response);
    next = got.refresh_token ?? refresh;
    return got;
  };
  const token = await askForToken(asking, attempt, ["openid", ...shownScopes, ...auth.scope.split(" ")]);
  return { ...token, refresh: next };
}

/**
 * Links the account of a token from mode `code` with the host's user that an assertion names. Rejects with RpcError ACCOUNT_ALREADY_LINKED (either is,
 * with anybody), STEP_UP_REQUIRED (the sign-in is too old for it; `data` is what it must be) or LINK_REFUSED.
 */
export async function linkAccount({ proofs, port }: Asking, url: URL, token: string, assertion: string): Promise<void> {
  const request = {
    url,
    method: "POST",
    headers: new Headers({ "content-type": "application/json" }),
    body: new TextEncoder().encode(JSON.stringify({ assertion })).buffer,
    signal: port.signal,
    init: { credentials: "omit" as const },
  };
  const answer = await sendToApi(request, token, proofs, port.fetch);
  const { response } = answer;
  const demand = stepUpDemand(answer);
  discard(response);
  if (response.ok) return;
  if (demand) {
    const message =
      "Linking wants a more recent sign-in than the partner's provider had: once more, by a click in the view.";
    throw new RpcError("STEP_UP_REQUIRED", { message, data: demand });
  }
  if (response.status === 409) {
    const message = "This account, or this user of the host, is linked with another already.";
    throw new RpcError("ACCOUNT_ALREADY_LINKED", { message });
  }
  throw new RpcError("LINK_REFUSED", { message: `The partner's link endpoint answered ${response.status}.` });
}

/** Where the window goes: with a reference to the pushed parameters (RFC 9126) where the provider takes them, so that no host's page can change them. */
async function authorizationAddress(
  { server, auth, proofs, port }: Asking,
  client: oauth.Client,
  parameters: Record<string, string>,
): Promise<string> {
  const { authorization_endpoint: endpoint, pushed_authorization_request_endpoint: pushed } = server;
  if (!endpoint || !URL.canParse(endpoint) || !isSecure(new URL(endpoint)))
    throw refused(`The metadata of ${auth.issuer.href} name no authorization endpoint that is https.`);
  const address = new URL(endpoint);
  let query = parameters;
  if (pushed) {
    const push = async () => {
      const options = { ...requestOptions(port), DPoP: proofs };
      const response = await oauth.pushedAuthorizationRequest(server, client, oauth.None(), parameters, options);
      return oauth.processPushedAuthorizationResponse(server, client, response);
    };
    const { request_uri } = await retryWithNonce(push).catch((error: unknown) => {
      throw translated(error, `${auth.issuer.href} did not take the sign-in request`, port);
    });
    query = { client_id: auth.clientId, request_uri };
  }
  for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
  return address.href;
}

/** The answer's `iss` and everything else of it but `state`, which was looked at first. */
function validated(asking: Asking, client: oauth.Client, answer: URLSearchParams, state: string): URLSearchParams {
  try {
    return oauth.validateAuthResponse(asking.server, client, answer, state);
  } catch (error) {
    throw answerFailure(error, asking);
  }
}

function answerFailure(error: unknown, { port }: Asking): unknown {
  if (!(error instanceof oauth.AuthorizationResponseError))
    return translated(error, "The answer in the sign-in window is not that of the view's own issuer", port);
  if (error.error === "access_denied")
    return new RpcError("SIGN_IN_CANCELLED", { message: "The sign-in was ended in its window." });
  const code = /^\w{1,64}$/.test(error.error) ? error.error : "an error";
  return refused(`The provider answered in the sign-in window: ${code}.`, { data: { error: code } });
}

const blockedMessage =
  "The browser opened no window. Call panel.signIn() in the click itself; the view's frame needs the permission popups, " +
  "in the manifest and in the host's policy.";
const severedMessage =
  "The window opened, and the host page's Cross-Origin-Opener-Policy cut it off from the view: same-origin does that, " +
  "same-origin-allow-popups does not. The window that is left says so, and can be closed.";
