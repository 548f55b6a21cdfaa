import { ClientSecretBasic } from "oauth4webapi";
import { describe, expect, it } from "vitest";
import { createProvider, type ProviderChanges, providerIssuer, providerKey, tokenEndpoint } from "../test/provider.js";
import {
  apiRequest,
  bodyOf,
  type Changes,
  frameKey,
  host,
  now,
  refusalOf,
  resource,
  setUp,
  signProof,
} from "../test/support.js";
import { createExchangeProxy, type ExchangeProxyOptions } from "./exchange-proxy.js";
import { publicKeys } from "./keys.js";

const key = await frameKey();
const { publicJwk: otherJwk } = await frameKey();

interface Token {
  access_token: string;
}

type Options = Partial<ExchangeProxyOptions<{ user: string }>>;

function proxy(changes: ProviderChanges = {}, options: Options = {}) {
  const provider = createProvider(changes);
  const endpoint = createExchangeProxy<{ user: string }>({
    publicUrl: host,
    issuer: providerIssuer,
    tokenEndpoint,
    clientId: "desk",
    clientAuthentication: ClientSecretBasic("desk-secret"),
    authenticate: (request) => (request.headers.get("cookie") === "desk=ada" ? { user: "ada" } : undefined),
    policy: (_session, { scope }) => scope.filter((each) => each !== "issues:admin"),
    subjectToken: ({ user }) => ({ token: `${user}'s own token` }),
    partners: {
      trackwell: { resource, scopes: ["issues:read", "issues:write", "issues:admin"] },
      ledger: { audience: "ledger-api", scopes: ["issues:read"] },
    },
    fetch: provider.fetch,
    ...options,
  });
  return { ...endpoint, forms: provider.forms };
}

const frameProof = (changes?: Changes) => signProof(key, { htm: "POST", htu: tokenEndpoint }, changes);

const asking = (body: unknown, headers: Record<string, string> = {}) =>
  new Request(`${host}/panel/exchange`, {
    method: "POST",
    headers: {
      origin: host,
      "sec-fetch-site": "same-origin",
      "content-type": "application/json",
      cookie: "desk=ada",
      ...headers,
    },
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

const asked = async (changes: Record<string, unknown> = {}) =>
  asking({ proof: await frameProof(), scope: "issues:read issues:write", partner: "trackwell", ...changes });

describe("createExchangeProxy", () => {
  it("gets a token for one audience, bound to the frame's key, that opens the partner's API to the frame alone", async () => {
    const { fetch, forms } = proxy();
    const response = await fetch(await asked());
    expect(response?.headers.get("cache-control")).toBe("no-store");
    const answer = await bodyOf<Token>(response);
    expect(answer).toEqual({
      access_token: expect.any(String),
      token_type: "DPoP",
      expires_in: 300,
      scope: "issues:read issues:write",
    });
    expect(Object.fromEntries(forms[0] ?? [])).toEqual({
      grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
      subject_token: "ada's own token",
      subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
      requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
      scope: "issues:read issues:write",
      resource,
    });
    const { resourceGuard } = setUp({
      guard: { issuers: [{ issuer: providerIssuer, jwks: publicKeys([providerKey]) }] },
    });
    expect((await resourceGuard.check(await apiRequest(key, answer.access_token))).ok).toBe(true);
    // The host's page has carried the token. It has another key, or none.
    const thief = await apiRequest(key, answer.access_token, { proofKey: await frameKey() });
    expect((await resourceGuard.check(thief)).ok).toBe(false);
    const bearer = { authorization: `Bearer ${answer.access_token}` };
    expect((await resourceGuard.check(await apiRequest(key, answer.access_token, { headers: bearer }))).ok).toBe(false);
  });

  it("names the audience as the provider does", async () => {
    const { fetch, forms } = proxy();
    await bodyOf(await fetch(await asked({ partner: "ledger", scope: "issues:read" })));
    expect([forms[0]?.get("audience"), forms[0]?.get("resource")]).toEqual(["ledger-api", null]);
  });

  it("asks for no more than the policy allows", async () => {
    const { fetch, forms } = proxy();
    expect(await bodyOf(await fetch(await asked({ scope: "issues:admin issues:read" })))).toMatchObject({
      scope: "issues:read",
    });
    expect(forms[0]?.get("scope")).toBe("issues:read");
    expect(await refusalOf(await fetch(await asked({ scope: "issues:admin" })))).toMatchObject({
      status: 403,
      error: "access_denied",
    });
    expect(await refusalOf(await fetch(await asked({ scope: "issues:read openid" })))).toMatchObject({
      error: "invalid_scope",
    });
    expect(forms).toHaveLength(1);
  });

  it.each<[string, Changes]>([
    ["for another token endpoint", { claims: { htu: "https://id.evil.example/token" } }],
    ["for the API", { claims: { htu: resource } }],
    ["for another method", { claims: { htm: "GET" } }],
    ["of another type", { header: { typ: "JWT" } }],
    ["that shows another key", { header: { jwk: otherJwk } }],
  ])("hands on no proof %s", async (_, changes) => {
    const { fetch, forms } = proxy();
    const proof = await frameProof(changes);
    expect(await refusalOf(await fetch(await asked({ proof })), proof)).toMatchObject({
      status: 400,
      error: "invalid_dpop_proof",
    });
    expect(forms).toEqual([]);
  });

  it.each<[string, ProviderChanges]>([
    ["a Bearer token", { answer: { token_type: "Bearer" } }],
    ["a token of a type that nobody knows", { answer: { token_type: "mac" } }],
    ["a token of no type", { answer: { token_type: undefined } }],
    ["no token", { answer: { access_token: undefined } }],
    ["a token bound to no key", { claims: { cnf: undefined } }],
    ["a token bound to another key", { claims: { cnf: { jkt: "A".repeat(43) } } }],
    ["a token for another audience", { claims: { aud: "https://api.other.example" } }],
    ["a token for two audiences", { claims: { aud: [resource, "https://api.other.example"] } }],
    ["a token for everybody", { claims: { aud: undefined } }],
    ["a token for nobody", { claims: { aud: [] } }],
    [
      "more scopes than were asked for, as a list",
      { claims: { scope: undefined, scp: ["issues:read", "issues:admin"] } },
    ],
    ["more scopes than were asked for, as scp", { claims: { scp: "issues:read issues:admin" } }],
    ["more scopes than were asked for", { answer: { scope: "issues:read issues:write issues:admin" } }],
    ["a token that has more scopes than its answer says", { claims: { scope: "issues:read issues:admin" } }],
  ])("hands on nothing of a provider that gives %s", async (_, changes) => {
    const { fetch, forms } = proxy({
      opaque: changes.claims ? undefined : "canary-token",
      ...changes,
    } as ProviderChanges);
    const response = await fetch(await asked());
    expect(await refusalOf(response, "canary-token", "A".repeat(43))).toMatchObject({
      status: 502,
      error: "token_refused",
    });
    // The provider did give one: what kept it from the page is this.
    expect(forms).toHaveLength(1);
  });

  it("takes a token that cannot be read at its type's word", async () => {
    expect(await bodyOf(await proxy({ opaque: "opaque" }).fetch(await asked()))).toMatchObject({
      access_token: "opaque",
    });
  });

  it("passes the provider's nonce back, for one more try by the frame", async () => {
    const { fetch, forms } = proxy({ wantsNonce: true });
    const first = await fetch(await asked());
    const nonce = first?.headers.get("dpop-nonce");
    expect(await refusalOf(first)).toMatchObject({ status: 400, error: "use_dpop_nonce" });
    expect(forms).toEqual([]);
    const proof = await frameProof({ claims: { nonce, iat: now() - 600 } });
    expect((await fetch(await asked({ proof })))?.status).toBe(200);
    // A proof is the provider's to use up; it does.
    expect(await refusalOf(await fetch(await asked({ proof })))).toMatchObject({ error: "invalid_dpop_proof" });
  });

  it("says why the provider refused, by its code and in none of its words", async () => {
    const { fetch } = proxy({}, { clientAuthentication: ClientSecretBasic("wrong") });
    expect(await refusalOf(await fetch(await asked()), "could not be authenticated")).toMatchObject({
      status: 400,
      error: "invalid_client",
    });
  });

  it.each<[string, string, unknown, string]>([
    ["in the body", 'Basic realm="canary"', { error: "invalid_client", error_description: "canary" }, "invalid_client"],
    ["in the challenge alone", 'DPoP error="invalid_token", error_description="canary"', undefined, "invalid_token"],
    [
      "in both, of which the body's counts",
      'DPoP error="invalid_token"',
      { error: "invalid_client" },
      "invalid_client",
    ],
    ["in a later challenge", 'Basic realm="canary", DPoP error="invalid_token"', { error: 7 }, "invalid_token"],
  ])("reads the reason of a 401 with a challenge: %s", async (_, challenge, body, error) => {
    const answer = async () => Response.json(body ?? null, { status: 401, headers: { "www-authenticate": challenge } });
    const { fetch } = proxy({}, { fetch: answer });
    expect(await refusalOf(await fetch(await asked()), "canary")).toMatchObject({ status: 400, error });
  });

  it.each([{ error: "use_dpop_nonce" }, null])(
    "passes back a nonce that comes with a challenge and the body %o",
    async (body) => {
      const headers = { "www-authenticate": 'DPoP error="use_dpop_nonce"', "dpop-nonce": "n-1" };
      const response = await proxy({}, { fetch: async () => Response.json(body, { status: 401, headers }) }).fetch(
        await asked(),
      );
      expect(response?.headers.get("dpop-nonce")).toBe("n-1");
      expect(await refusalOf(response)).toMatchObject({ status: 400, error: "use_dpop_nonce" });
    },
  );

  it.each([
    ["nothing", undefined],
    ["null", null],
    ["no token", { token: undefined }],
    ["an empty token", { token: "" }],
    ["a token that is none", { token: 7 }],
  ])("asks for a new sign-in where the session has %s, and asks the provider for nothing", async (_, given) => {
    const { fetch, forms } = proxy({}, { subjectToken: async () => given as { token: string } });
    expect(await refusalOf(await fetch(await asked()))).toMatchObject({ status: 401, error: "login_required" });
    expect(forms).toEqual([]);
  });

  it("asks for a new sign-in where the provider takes the user's token no longer", async () => {
    const { fetch } = proxy({}, { subjectToken: () => ({ token: "another's token" }) });
    expect(await refusalOf(await fetch(await asked()), "canary", "another's token")).toMatchObject({
      status: 401,
      error: "login_required",
    });
  });

  it.each([{ scp: ["issues:read", "issues:write"] }, { scp: "issues:read" }])(
    "takes a token whose scopes are written as %o",
    async (claims) => {
      expect((await proxy({ claims: { scope: undefined, ...claims } }).fetch(await asked()))?.status).toBe(200);
    },
  );

  it.each<[string, () => Promise<Response>]>([
    ["cannot be reached", () => Promise.reject(new TypeError("fetch failed"))],
    ["fails", async () => Response.json({ error: "server_error" }, { status: 500 })],
    ["answers with a page", async () => new Response("<html>canary", { status: 502 })],
    [
      "refuses it for no reason",
      async () => new Response(null, { status: 401, headers: { "www-authenticate": 'Basic realm="canary"' } }),
    ],
    [
      "fails with a challenge",
      async () =>
        Response.json(
          { error: "invalid_client" },
          { status: 500, headers: { "www-authenticate": 'DPoP error="invalid_token"' } },
        ),
    ],
    ["redirects", async () => new Response(null, { status: 302, headers: { location: "https://evil.example" } })],
    ["answers with nothing", async () => new Response(null, { status: 204 })],
    ["answers with no end", async () => new Response("x".repeat(70_000))],
  ])("says that a provider gave no answer that %s", async (_, fetch) => {
    const answer = await refusalOf(await proxy({}, { fetch }).fetch(await asked()), "canary");
    expect(answer).toMatchObject({ status: 503, error: "temporarily_unavailable" });
  });

  it("does not take a fault of its own client authentication for the provider's", async () => {
    const clientAuthentication = () => Promise.reject(new Error("no such key"));
    await expect(proxy({}, { clientAuthentication }).fetch(await asked())).rejects.toThrow("no such key");
  });

  it("is for the host's own pages, and for who is signed in", async () => {
    const { fetch, forms } = proxy();
    const body = { proof: await frameProof(), scope: "issues:read", partner: "trackwell" };
    for (const [headers, status, error] of [
      [{ origin: "https://evil.example" }, 403, "access_denied"],
      [{ origin: "null" }, 403, "access_denied"],
      [{ "sec-fetch-site": "cross-site" }, 403, "access_denied"],
      [{ "content-type": "text/plain" }, 400, "invalid_request"],
      [{ cookie: "" }, 401, "login_required"],
    ] as const) {
      expect(await refusalOf(await fetch(asking(body, headers)))).toMatchObject({ status, error });
    }
    for (const [changes, status, error] of [
      [{ partner: "other" }, 400, "invalid_target"],
      [{ partner: "constructor" }, 400, "invalid_target"],
      [{ proof: 7 }, 400, "invalid_request"],
      [{ proof: undefined }, 400, "invalid_request"],
      [{ scope: "" }, 400, "invalid_request"],
      [{ more: "x".repeat(17_000) }, 413, "invalid_request"],
    ] as const) {
      expect(await refusalOf(await fetch(asking({ ...body, ...changes })))).toMatchObject({ status, error });
    }
    expect(await refusalOf(await fetch(asking("no JSON")))).toMatchObject({ status: 400 });
    expect((await fetch(new Request(`${host}/panel/exchange`)))?.status).toBe(405);
    expect(await fetch(new Request(`${host}/panel/other`))).toBeUndefined();
    expect(forms).toEqual([]);
  });
});
