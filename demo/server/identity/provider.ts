import { createHash } from "node:crypto";
import type Provider from "oidc-provider";
import type { ClientMetadata, Configuration, KoaContextWithOIDC } from "oidc-provider";
import { type Database, kept } from "../database.js";
import { localFetch } from "../local-fetch.js";
import { makeProviderKeys } from "./keys.js";
import { errors, Provider as OidcProvider } from "./oidc-provider.js";
import { guardProvider } from "./provider-headers.js";
import type { DemoClient, IdentitySettings } from "./settings.js";
import { signIn } from "./sign-in.js";
import { errorPage, signedOutPage, signOutPage } from "./sign-in-pages.js";
import { providerStorage, sweepProviderStorage } from "./storage.js";

const day = 24 * 60 * 60;

/** Claims of an access token that no model of oidc-provider carries; written by the grant that mints the token. */
const mintedClaims = new WeakMap<object, Record<string, unknown>>();

/** Adds claims to an access token before it is saved. */
export const addTokenClaims = (token: object, claims: Record<string, unknown>): void => {
  mintedClaims.set(token, claims);
};

/** What the API is to the provider: tokens for it are JWTs that it can check by itself (RFC 9068). */
export const resourceServerOf = (settings: IdentitySettings) => ({
  scope: settings.api.scopes.join(" "),
  audience: settings.api.resource,
  accessTokenTTL: settings.api.tokenSeconds(),
  accessTokenFormat: "jwt" as const,
  jwt: { sign: { alg: "ES256" as const } },
});

/**
 * An OpenID provider of the demo: the authorization code flow with PKCE for its own pages, JWT access tokens for its
 * product's API alone, DPoP, refresh tokens that rotate and end with the session.
 */
export async function createProvider(settings: IdentitySettings, database: Database): Promise<Provider> {
  await sweepProviderStorage(database);
  const keys = await kept(database, "provider-keys", makeProviderKeys);
  const provider = new OidcProvider(settings.issuer, {
    adapter: providerStorage(database),
    jwks: keys.jwks as NonNullable<Configuration["jwks"]>,
    cookies: { keys: keys.cookies },
    clients: settings.clients.map(clientMetadata),
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    clientBasedCORS: (_context, origin, client) =>
      settings.clients.some((known) => known.id === client.clientId && known.origin === origin),
    findAccount: (_context, id) => {
      const account = settings.accounts.find((known) => known.id === id);
      return account && { accountId: id, claims: () => ({ sub: id, name: account.name, email: account.email }) };
    },
    claims: { openid: ["sub"], profile: ["name"], email: ["email"] },
    // The ID token carries name and e-mail: there is no userinfo endpoint, so every access token is the API's.
    conformIdTokenClaims: false,
    responseTypes: ["code"],
    scopes: ["openid", "profile", "email", "offline_access"],
    features: {
      devInteractions: { enabled: false },
      userinfo: { enabled: false },
      // With a nonce to give, it takes proofs of computers whose clocks are wrong.
      dPoP: { enabled: true, nonceSecret: createHash("sha256").update(`dpop ${keys.cookies[0]}`).digest() },
      revocation: { enabled: true, allowedPolicy: (_context, client, token) => token.clientId === client.clientId },
      resourceIndicators: {
        enabled: true,
        defaultResource: (_context, _client, requested) => requested ?? settings.api.resource,
        useGrantedResource: () => true,
        getResourceServerInfo: (_context, resource) => {
          if (resource !== settings.api.resource)
            throw new errors.InvalidTarget(`no API of ${settings.product} is named so`);
          return resourceServerOf(settings);
        },
      },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => signOutPage(settings, context, form),
        postLogoutSuccessSource: (context) => signedOutPage(settings, context),
      },
    },
    extraTokenClaims: (context, token) => mintedClaims.get(token) ?? sessionClaims(context),
    issueRefreshToken: (_context, client) => client.grantTypeAllowed("refresh_token"),
    loadExistingGrant: (context) => firstPartyGrant(settings, context),
    // To the clients' servers, which are on this machine; the library's own refuses that.
    fetch: localFetch,
    interactions: { url: (_context, interaction) => `/interaction/${interaction.uid}` },
    renderError: (context, out) => errorPage(settings, context, out),
    ttl: {
      AccessToken: () => settings.api.tokenSeconds(),
      AuthorizationCode: 60,
      IdToken: 60 * 60,
      Interaction: 60 * 60,
      Session: 14 * day,
      Grant: 14 * day,
      RefreshToken: 14 * day,
    },
  });
  guardProvider(provider, settings);
  signIn(provider, settings);
  return provider;
}

function clientMetadata(client: DemoClient): ClientMetadata {
  const code = client.grantTypes.includes("authorization_code");
  return {
    client_id: client.id,
    client_name: client.name,
    ...(client.secret === undefined
      ? { token_endpoint_auth_method: "none" as const }
      : { token_endpoint_auth_method: "client_secret_basic" as const, client_secret: client.secret }),
    grant_types: [...client.grantTypes],
    response_types: code ? ["code"] : [],
    redirect_uris: client.redirectPaths.map((path) => client.origin + path),
    post_logout_redirect_uris: code ? [`${client.origin}/`] : [],
    dpop_bound_access_tokens: client.dpop,
    ...(client.logoutPath === undefined
      ? {}
      : { backchannel_logout_uri: client.origin + client.logoutPath, backchannel_logout_session_required: true }),
  };
}

/** `sid` names the user's session with this client (as OpenID Connect's log-out does), `auth_time` when it began. */
async function sessionClaims(context: KoaContextWithOIDC): Promise<Record<string, unknown> | undefined> {
  const source = context.oidc.entities.AuthorizationCode ?? context.oidc.entities.RefreshToken;
  const session = source?.sessionUid && (await context.oidc.provider.Session.findByUid(source.sessionUid));
  if (!source?.clientId || !session) return undefined;
  return { sid: session.sidFor(source.clientId), auth_time: source.authTime };
}

/**
 * No consent page for the product's own pages: signing in is all the user has to say. The grant holds what was asked
 * for, as far as this account can have it at all; the rest is refused in it for good, so that nobody is asked again.
 */
async function firstPartyGrant(settings: IdentitySettings, context: KoaContextWithOIDC) {
  const { client, session, provider, requestParamScopes } = context.oidc;
  if (!client || !session?.accountId) return undefined;
  const known = session.grantIdFor(client.clientId);
  const grant =
    (known ? await provider.Grant.find(known) : undefined) ??
    new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
  if (grant.accountId !== session.accountId) return undefined;
  const allowed = settings.accounts.find((account) => account.id === session.accountId)?.scopes ?? [];
  const asked = settings.api.scopes.filter((scope) => requestParamScopes.has(scope));
  grant.addOIDCScope([...requestParamScopes].filter((scope) => !settings.api.scopes.includes(scope)).join(" "));
  for (const scope of asked) {
    if (allowed.includes(scope)) grant.addResourceScope(settings.api.resource, scope);
    else grant.rejectResourceScope(settings.api.resource, scope);
  }
  await grant.save();
  return grant;
}
