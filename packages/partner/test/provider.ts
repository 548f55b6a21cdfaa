import {
  createAssertionEndpoint,
  createAssertionGrant,
  createExchangeProxy,
  createLinkEndpoint,
  createResourceGuard,
  type HostSession,
  jwtBearerGrant,
  memoryReplayStore,
} from "@partner-panel/server";
import { exportJWK, generateKeyPair } from "jose";
import { ClientSecretBasic } from "oauth4webapi";
import type Provider from "oidc-provider";
import type { Configuration, KoaContextWithOIDC } from "oidc-provider";
import { listen, listenNode, type Running, view } from "./servers.js";

/*
 * A real OpenID provider that both sides trust: the view signs in there by mode `code`, the host's back end exchanges its user's token
 * there, and an assertion of the host's is taken there. With it the partner's API and its link endpoint, and the host's back end.
 */

const warn = console.warn;
// Its one line on Node 20, "Unsupported runtime": it works there.
console.warn = (...parts) => String(parts[0]).includes("Unsupported runtime") || warn(...parts);
const { Provider: OidcProvider } = await import("oidc-provider").finally(() => {
  console.warn = warn;
});
/** The library's own check of proofs, which custom grants have no other way to. */
const { default: validateDpop } = (await import(
  // @ts-expect-error: it has no types.
  "oidc-provider/lib/helpers/validate_dpop.js"
)) as { default: (provider: Provider, ctx: KoaContextWithOIDC) => Promise<{ thumbprint: string } | undefined> };

const tokenExchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
const scopes = ["issues:read", "issues:write"];

/** What a test may change while the servers run. */
export interface ProviderKnobs {
  /** Who answers the provider's sign-in page, and whether that one says no. */
  account: string;
  isDenied: boolean;
  /** Whether the provider demands its nonce in each proof. */
  requireNonce: boolean;
  /** Whether the provider overlooks proofs in a token exchange, and gives a token that works without a key. */
  isBlind: boolean;
  /** Who is signed in at the host; undefined: nobody. */
  user: string | undefined;
  /** Seconds since 1970, when the host's user last proved who they are. */
  authTime: number;
  /** The accounts of host users. */
  links: Map<string, string>;
  /** Seconds; what the API's `/strict` wants at most since the user signed in. */
  maxAge: number;
  offersPar: boolean;
  /** Whether its pages cut themselves off from whoever opened them. */
  isSevering: boolean;
  /** Whether its sign-in page waits for a person. */
  isWaiting: boolean;
  refreshTokens: boolean;
}

const seconds = () => Math.floor(Date.now() / 1000);

export async function providerEnds(callback = `${view}/panel/callback`) {
  const running: Running[] = [];
  const knobs: ProviderKnobs = {
    account: "ada.t",
    isDenied: false,
    requireNonce: false,
    isBlind: false,
    user: "ada",
    authTime: seconds(),
    links: new Map([["pairwise-ada", "ada.t"]]),
    maxAge: 60,
    offersPar: true,
    isSevering: false,
    isWaiting: false,
    refreshTokens: true,
  };
  /** Requests to the provider, as `METHOD /path` with the form's grant type. */
  const seen: string[] = [];
  const replay = memoryReplayStore();
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid: "one", alg: "ES256", use: "sig" };
  const hostKey = { ...jwk, kty: "EC", kid: "desk" };
  const auth = { issuer: "", client_id: "panel", resource: "", scopes, modes: ["assertion", "exchange", "code"] };
  const origin = new URL(callback).origin;

  const api = await listen(running, (publicUrl) => {
    auth.resource = `${publicUrl}/api`;
    let guard: ReturnType<typeof createResourceGuard> | undefined;
    return async (request) => {
      // The issuer gets its address after this one.
      guard ??= createResourceGuard({
        publicUrl,
        issuers: [{ issuer: auth.issuer, jwks: `${auth.issuer}/jwks` }],
        audience: auth.resource,
        origins: [origin],
        replay,
        isRevoked: () => false,
      });
      const link = createLinkEndpoint<string>({
        issuer: auth.issuer,
        clientId: "panel",
        resource: auth.resource,
        hosts: [{ issuer: host, jwks: `${host}/panel/jwks.json` }],
        guard,
        origins: [origin],
        account: ({ sub }) => sub,
        link: async (_host, subject, account) => {
          if (knobs.links.has(subject) || [...knobs.links.values()].includes(account)) return false;
          knobs.links.set(subject, account);
          return true;
        },
        replay,
        signInAge: Number.POSITIVE_INFINITY,
      });
      const answered = (await link.fetch(request)) ?? (await guard.fetch(request));
      if (answered) return answered;
      const { pathname } = new URL(request.url);
      const needs = pathname === "/api/strict" ? { maxAge: knobs.maxAge } : {};
      const access = await guard.check(request, needs);
      if (!access.ok) return access.response;
      const { sub, scope, auth_time } = access.claims;
      return Response.json({ path: pathname, sub, scope, auth_time }, { headers: access.headers });
    };
  });

  let handle: Parameters<typeof listenNode>[1] = () => {};
  auth.issuer = await listenNode(running, (req, res) => handle(req, res));
  const provider = new OidcProvider(auth.issuer, configuration());
  // Made when all that the provider uses is there.
  let callbackOf: ReturnType<Provider["callback"]> | undefined;
  handle = (req, res) => {
    seen.push(`${req.method} ${(req.url ?? "").replace(/\?.*|(?<=interaction\/).*/, "")}`);
    if (knobs.isSevering) res.setHeader("cross-origin-opener-policy", "same-origin");
    // An issuer without PAR has no such member in its metadata; the library can only be told when it is made.
    if (!knobs.offersPar && req.url?.startsWith("/.well-known/")) {
      const end = res.end.bind(res) as (text: string) => typeof res;
      res.end = ((text: Buffer) => {
        const { pushed_authorization_request_endpoint: _, ...rest } = JSON.parse(text.toString()) as object & {
          pushed_authorization_request_endpoint?: string;
        };
        const body = JSON.stringify(rest);
        res.setHeader("content-length", Buffer.byteLength(body));
        return end(body);
      }) as typeof res.end;
    }
    callbackOf ??= provider.callback();
    return callbackOf(req, res);
  };

  function configuration(): Configuration {
    const server = {
      scope: scopes.join(" "),
      audience: auth.resource,
      accessTokenTTL: 300,
      accessTokenFormat: "jwt" as const,
      jwt: { sign: { alg: "ES256" as const } },
    };
    return {
      jwks: { keys: [jwk] } as never,
      cookies: { keys: ["a-key-of-a-test"] },
      clients: [
        {
          client_id: "panel",
          token_endpoint_auth_method: "none",
          grant_types: ["authorization_code", "refresh_token", jwtBearerGrant],
          redirect_uris: [callback],
          dpop_bound_access_tokens: true,
          id_token_signed_response_alg: "ES256",
        },
        {
          client_id: "desk",
          client_secret: "desk-secret",
          grant_types: [tokenExchangeGrant],
          redirect_uris: [],
          response_types: [],
          id_token_signed_response_alg: "ES256",
        },
      ],
      clientBasedCORS: (_ctx, from) => from === origin,
      findAccount: (_ctx, id) => ({
        accountId: id,
        claims: () => ({ sub: id, name: id === "ada.t" ? "Ada" : "Ben", email: `${id}@trackwell.example` }),
      }),
      claims: { openid: ["sub"], profile: ["name"], email: ["email"] },
      conformIdTokenClaims: false,
      features: {
        devInteractions: { enabled: false },
        userinfo: { enabled: false },
        dPoP: {
          enabled: true,
          nonceSecret: crypto.getRandomValues(Buffer.alloc(32)),
          requireNonce: () => knobs.requireNonce,
        },
        pushedAuthorizationRequests: { enabled: true },
        resourceIndicators: {
          enabled: true,
          defaultResource: (_ctx, _client, asked) => asked ?? auth.resource,
          useGrantedResource: () => true,
          getResourceServerInfo: () => server,
        },
      },
      extraTokenClaims: async (ctx, token) =>
        exchanged.get(token) ?? { auth_time: ctx.oidc.entities.AuthorizationCode?.authTime },
      issueRefreshToken: () => knobs.refreshTokens,
      loadExistingGrant: async (ctx) => {
        const { client, session } = ctx.oidc;
        if (!client || !session?.accountId) return undefined;
        const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
        grant.addOIDCScope("openid profile email offline_access");
        grant.addResourceScope(auth.resource, scopes.join(" "));
        await grant.save();
        return grant;
      },
      interactions: { url: (_ctx, { uid }) => `/interaction/${uid}` },
      rotateRefreshToken: true,
    };
  }

  const exchanged = new WeakMap<object, Record<string, unknown>>();
  provider.use(async (ctx, next) => {
    if (!ctx.path.startsWith("/interaction/")) return next();
    if (knobs.isWaiting) {
      ctx.body = "Who are you?";
      return;
    }
    const result = knobs.isDenied
      ? { error: "access_denied", error_description: "no" }
      : { login: { accountId: knobs.account } };
    ctx.redirect(await provider.interactionResult(ctx.req, ctx.res, result));
  });

  const mint = async (
    ctx: KoaContextWithOIDC,
    { account, scope, jkt, claims }: { account: string; scope: string; jkt: string | undefined; claims: object },
  ) => {
    const { client } = ctx.oidc;
    if (!client) throw new Error("no client");
    const grant = new provider.Grant({ clientId: client.clientId, accountId: account });
    grant.addResourceScope(auth.resource, scope);
    const token = new provider.AccessToken({
      client,
      accountId: account,
      scope,
      grantId: await grant.save(),
      gty: "custom",
    } as never);
    token.resourceServer = new provider.ResourceServer(auth.resource, {
      scope: scopes.join(" "),
      audience: auth.resource,
      accessTokenTTL: 300,
      accessTokenFormat: "jwt",
      jwt: { sign: { alg: "ES256" } },
    });
    if (jkt !== undefined) token.setThumbprint("jkt", jkt);
    exchanged.set(token, { ...claims });
    return token.save();
  };

  provider.registerGrantType(
    tokenExchangeGrant,
    async (ctx) => {
      const proof = knobs.isBlind ? undefined : await validateDpop(provider, ctx);
      const { subject_token, scope } = ctx.oidc.params as Record<string, string>;
      if (subject_token !== "the token of ada") ctx.throw(400, "invalid_grant");
      const claims = { auth_time: knobs.authTime };
      const access_token = await mint(ctx, { account: "ada.t", scope: scope ?? "", jkt: proof?.thumbprint, claims });
      const token_type = proof ? "DPoP" : "Bearer";
      ctx.body = { access_token, token_type, expires_in: 300, scope, issued_token_type: "access_token" };
    },
    ["subject_token", "subject_token_type", "requested_token_type", "scope", "resource", "audience"],
    ["resource"],
  );

  const host = await listen(running, (publicUrl) => {
    const authenticate = () =>
      knobs.user === undefined ? undefined : { user: knobs.user, sid: "session-1", authTime: knobs.authTime };
    const policy = (_session: HostSession, { scope }: { scope: readonly string[] }) => scope;
    const assertions = createAssertionEndpoint({
      publicUrl,
      authenticate,
      policy,
      pairwise: ({ user }) => `pairwise-${user}`,
      keys: [hostKey],
      partners: { trackwell: auth },
    });
    const exchanges = createExchangeProxy({
      publicUrl,
      issuer: auth.issuer,
      tokenEndpoint: `${auth.issuer}/token`,
      clientId: "desk",
      clientAuthentication: ClientSecretBasic("desk-secret"),
      authenticate,
      policy,
      subjectToken: ({ user }) => ({ token: `the token of ${user}` }),
      partners: { trackwell: { scopes, resource: auth.resource } },
    });
    return async (request) => (await assertions.fetch(request)) ?? exchanges.fetch(request);
  });

  // With the address of the host's keys, which is known by now.
  const assertionGrant = createAssertionGrant<string>({
    issuer: auth.issuer,
    publicUrl: auth.issuer,
    clientId: "panel",
    resource: auth.resource,
    origins: [origin],
    hosts: [{ issuer: host, jwks: `${host}/panel/jwks.json`, scopes }],
    links: { find: (_host, subject) => knobs.links.get(subject) },
    replay,
    issue: async ({ account, scope, jkt, authTime }) => {
      const ctx = OidcProvider.ctx as KoaContextWithOIDC;
      const claims = { auth_time: authTime, host };
      return { access_token: await mint(ctx, { account, scope: scope.join(" "), jkt, claims }), expires_in: 300 };
    },
  });
  provider.registerGrantType(
    jwtBearerGrant,
    async (ctx) => {
      const given = Object.entries(ctx.oidc.params ?? {}).filter(([, value]) => value !== undefined);
      const body = new URLSearchParams(given as [string, string][]);
      const headers = new Headers(ctx.headers as Record<string, string>);
      headers.delete("content-length");
      const response = await assertionGrant.fetch(new Request(ctx.href, { method: "POST", headers, body }));
      if (!response) throw new Error("not a grant");
      ctx.status = response.status;
      ctx.set(Object.fromEntries(response.headers));
      ctx.body = await response.json();
    },
    ["assertion", "scope", "resource"],
    ["resource"],
  );

  /** As the host's page asks its back end. */
  const ask = (path: string, question: object) =>
    fetch(`${host}${path}`, {
      method: "POST",
      headers: { origin: host, "sec-fetch-site": "same-origin", "content-type": "application/json" },
      body: JSON.stringify({ ...question, partner: "trackwell" }),
    });

  return {
    auth,
    api,
    host,
    knobs,
    seen,
    callback,
    assertion: (question: { jkt: string; scope: string }) => ask("/panel/assertion", question),
    exchange: (question: { proof: string; scope: string }) => ask("/panel/exchange", question),
    close: () => {
      for (const each of running) each.close();
    },
  };
}
