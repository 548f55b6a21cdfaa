import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type ApiRequestChanges,
  apiRequest,
  assertionRequest,
  bodyOf,
  type Changes,
  frameKey,
  hashOf,
  host,
  now,
  partnerIssuer,
  privateJwk,
  refusalOf,
  resource,
  type Setting,
  setUp,
  signAccessToken,
  signProof,
  tokenRequest,
  view,
} from "../test/support.js";
import { publicKeys } from "./keys.js";
import { dpopNonces } from "./nonces.js";
import type { AccessNeeds } from "./resource-guard.js";

const key = await frameKey();
const hashOfAnother = await hashOf("another");

async function check(token: string, changes: ApiRequestChanges = {}, needs: AccessNeeds = {}, setting: Setting = {}) {
  return setUp(setting).resourceGuard.check(await apiRequest(key, token, changes), needs);
}

async function refusal(...parameters: Parameters<typeof check>) {
  const access = await check(...parameters);
  if (access.ok) return { status: 200, error: "none", description: "", challenge: "" };
  const challenge = access.response.headers.get("www-authenticate") ?? "";
  return { ...(await refusalOf(access.response, parameters[0])), challenge };
}

afterEach(() => {
  vi.useRealTimers();
});

const metadataAddress = "https://api.trackwell.example/.well-known/oauth-protected-resource/v1";

describe("createResourceGuard", () => {
  it("lets in the token that a real grant issued for a real assertion, with its key", async () => {
    const { assertionEndpoint, assertionGrant, resourceGuard } = setUp();
    const minted = await assertionEndpoint.fetch(
      assertionRequest({ jkt: key.jkt, scope: "issues:read", partner: "com.trackwell.issues" }),
    );
    const { assertion } = await bodyOf<{ assertion: string }>(minted);
    const redeemed = await assertionGrant.fetch(await tokenRequest(key, assertion));
    const { access_token } = await bodyOf<{ access_token: string }>(redeemed);
    const access = await resourceGuard.check(await apiRequest(key, access_token), { scope: "issues:read" });
    expect(access).toMatchObject({ ok: true, claims: { sub: "ada.t", sid: "session-1", scope: "issues:read" } });
  });

  it("asks for a token with a challenge that says how to get one", async () => {
    const { challenge, status } = await refusal("", { headers: { authorization: undefined } });
    expect(status).toBe(401);
    expect(challenge).toBe(`DPoP algs="ES256 Ed25519 EdDSA", resource_metadata="${metadataAddress}"`);
  });

  describe("keeps out who holds the token but not its key", () => {
    it("without proof", async () => {
      const token = await signAccessToken(key);
      const { status, error, challenge } = await refusal(token, { headers: { dpop: undefined } });
      expect({ status, error }).toEqual({ status: 401, error: "invalid_dpop_proof" });
      expect(challenge).toMatch(/^DPoP error="invalid_dpop_proof", error_description="[^"]+", algs="/);
    });

    it("as Bearer", async () => {
      const token = await signAccessToken(key);
      for (const headers of [
        { authorization: `Bearer ${token}`, dpop: undefined },
        { authorization: `Bearer ${token}` },
        { authorization: token },
        { authorization: `DPoP ${token}, DPoP ${token}` },
        { authorization: `DPoP ${token}, Bearer ${token}` },
      ]) {
        const { status, error, challenge } = await refusal(token, { headers });
        expect({ status, error }).toEqual({ status: 401, error: "invalid_token" });
        expect(challenge).toMatch(/^DPoP error="invalid_token"/);
      }
    });

    it("with a proof of a key of their own", async () => {
      const token = await signAccessToken(key);
      expect(await refusal(token, { proofKey: await frameKey() })).toMatchObject({
        status: 401,
        error: "invalid_token",
      });
      expect((await check(token)).ok).toBe(true);
    });

    it("in the query or the body", async () => {
      const token = await signAccessToken(key);
      const { resourceGuard } = setUp();
      const url = `${resource}/issues/7?access_token=${token}`;
      expect((await resourceGuard.check(new Request(url))).ok).toBe(false);
    });
  });

  it.each<[string, ApiRequestChanges]>([
    ["for another method", { proof: { claims: { htm: "POST" } } }],
    ["for another address", { proof: { claims: { htu: `${resource}/issues/8` } } }],
    ["for the token endpoint", { proof: { claims: { htu: `${partnerIssuer}/token` } } }],
    ["for no token", { proof: { claims: { ath: undefined } } }],
    ["for another token", { proof: { claims: { ath: hashOfAnother } } }],
  ])("refuses a proof %s", async (_, changes) => {
    expect(await refusal(await signAccessToken(key), changes)).toMatchObject({
      status: 401,
      error: "invalid_dpop_proof",
    });
  });

  it.each([-600, 600])("asks a frame whose clock is off by %d s for a nonce, and lets it in with that", async (off) => {
    const { resourceGuard } = setUp();
    const token = await signAccessToken(key);
    const iat = now() + off;
    const ask = async (claims: Record<string, unknown>) =>
      resourceGuard.check(await apiRequest(key, token, { headers: { origin: view }, proof: { claims } }));
    const first = await ask({ iat });
    if (first.ok) throw new Error("let in");
    expect(first.response.status).toBe(401);
    expect(first.response.headers.get("www-authenticate")).toMatch(/^DPoP error="use_dpop_nonce"/);
    const nonce = first.response.headers.get("dpop-nonce");
    expect((await ask({ iat, nonce })).ok).toBe(true);
    expect((await ask({ iat, nonce: "made-up" })).ok).toBe(false);
  });

  it("hands out the next nonce before the one in use ends", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const nonces = dpopNonces();
    const nonce = await nonces.issue();
    vi.setSystemTime(Date.now() + 120_000);
    const access = await check(await signAccessToken(key), { proof: { claims: { nonce } } }, {}, { guard: { nonces } });
    expect(access.ok && access.headers).toEqual({ vary: "Origin", "dpop-nonce": await nonces.issue() });
  });

  it("takes each proof once, in however many back ends that share a store", async () => {
    const one = setUp();
    const two = setUp({ guard: { replay: one.replay } });
    const request = await apiRequest(key, await signAccessToken(key));
    const all = await Promise.all(
      Array.from({ length: 10 }, (_, n) => (n % 2 ? one : two).resourceGuard.check(request.clone())),
    );
    expect(all.filter(({ ok }) => ok)).toHaveLength(1);
  });

  it("uses up no proof for a token that was not good", async () => {
    const { replay, resourceGuard } = setUp();
    const request = await apiRequest(key, await signAccessToken(key, { claims: { aud: "https://other.example" } }), {
      proof: { claims: { jti: "canary" } },
    });
    expect((await resourceGuard.check(request)).ok).toBe(false);
    expect(await replay.has(`dpop ${key.jkt} canary`)).toBe(false);
    await resourceGuard.check(
      await apiRequest(key, await signAccessToken(key), { proof: { claims: { jti: "canary" } } }),
    );
    expect(await replay.has(`dpop ${key.jkt} canary`)).toBe(true);
  });

  it.each<[string, Changes]>([
    ["an assertion", { header: { typ: "oauth-id-jag+jwt" } }],
    ["an ID token", { header: { typ: "JWT" } }],
    ["of no type", { header: { typ: undefined } }],
    ["of another issuer", { claims: { iss: "https://evil.example" } }],
    ["of nobody", { claims: { iss: undefined } }],
    ["for another API", { claims: { aud: "https://api.other.example" } }],
    ["for an API that only begins like this one", { claims: { aud: `${resource}/more` } }],
    ["for no API", { claims: { aud: undefined } }],
    ["about nobody", { claims: { sub: undefined } }],
    ["bound to no key", { claims: { cnf: undefined } }],
    ["bound to something else", { claims: { cnf: { "x5t#S256": "A".repeat(43) } } }],
    ["that is over", { claims: { iat: now() - 400, exp: now() - 100 } }],
    ["of an issuer whose clock is 10 minutes slow", { claims: { iat: now() - 900, exp: now() - 600 } }],
    ["of an issuer whose clock is 10 minutes fast", { claims: { iat: now() + 600, exp: now() + 900 } }],
    ["not valid yet", { claims: { nbf: now() + 600 } }],
    ["that never ends", { claims: { exp: undefined } }],
    ["without beginning", { claims: { iat: undefined } }],
    ["about a number", { claims: { sub: 5 } }],
    ["of a session that is a number, and could not be revoked", { claims: { sid: 5 } }],
    ["of a host that is no string", { claims: { host: ["https://desk.example"] } }],
    ["with a scope of no form", { claims: { scope: ["issues:read"] } }],
  ])("refuses a token: %s", async (_, changes) => {
    expect(await refusal(await signAccessToken(key, changes))).toMatchObject({ status: 401, error: "invalid_token" });
  });

  it.each<[string, Changes]>([
    ["for two APIs of which this is one", { claims: { aud: ["https://other.example", resource] } }],
    ["whose type is written in full", { header: { typ: "application/at+jwt" } }],
    ["over for 5 s", { claims: { exp: now() - 5 } }],
    ["of 5 s from now", { claims: { iat: now() + 5 } }],
  ])("accepts a token %s", async (_, changes) => {
    expect((await check(await signAccessToken(key, changes))).ok).toBe(true);
  });

  it("refuses a signature that is not the issuer's", async () => {
    const forger = await privateJwk("trackwell-1");
    const good = await signAccessToken(key);
    const none = Buffer.from(JSON.stringify({ alg: "none", typ: "at+jwt" })).toString("base64url");
    for (const bad of [await signAccessToken(key, {}, forger), `${none}.${good.split(".")[1]}.`, "opaque"]) {
      expect(await refusal(bad)).toMatchObject({ status: 401, error: "invalid_token" });
    }
  });

  it("refuses an algorithm that it did not choose, even from the issuer itself", async () => {
    for (const [alg, accepted] of [
      ["ES384", true],
      ["ES512", false],
    ] as const) {
      const jwk = await privateJwk("k", alg);
      const guard = { issuers: [{ issuer: partnerIssuer, jwks: publicKeys([jwk]) }] };
      expect((await check(await signAccessToken(key, {}, jwk), {}, {}, { guard })).ok).toBe(accepted);
    }
  });

  it("says which scheme it wants", async () => {
    const token = await signAccessToken(key);
    const { description } = await refusal(token, { headers: { authorization: `Bearer ${token}` } });
    expect(description).toContain("DPoP scheme");
  });

  it("refuses a token that was revoked, by its session", async () => {
    const loggedOut = new Set(["session-1"]);
    const setting: Setting = { guard: { isRevoked: async ({ sid }) => loggedOut.has(sid as string) } };
    expect(await refusal(await signAccessToken(key), {}, {}, setting)).toMatchObject({
      status: 401,
      error: "invalid_token",
    });
    const other = await signAccessToken(key, { claims: { sid: "session-2" } });
    expect((await check(other, {}, {}, setting)).ok).toBe(true);
  });

  it("fails when it cannot know whether a token was revoked or a proof used", async () => {
    const token = await signAccessToken(key);
    const isRevoked = () => Promise.reject(new Error("down"));
    await expect(check(token, {}, {}, { guard: { isRevoked } })).rejects.toThrow("down");
    const replay = { add: () => Promise.reject(new Error("full")), has: async () => false };
    await expect(check(token, {}, {}, { guard: { replay } })).rejects.toThrow("full");
  });

  it("says 503 when the issuer's keys cannot be had", async () => {
    const guard = {
      issuers: [{ issuer: partnerIssuer, jwks: `${partnerIssuer}/jwks` }],
      fetch: async () => new Response("", { status: 502 }),
    };
    const answer = await refusal(await signAccessToken(key), {}, {}, { guard });
    expect(answer).toMatchObject({ status: 503, error: "temporarily_unavailable", challenge: "" });
  });

  describe("needs", () => {
    it("scopes, all of them and exactly", async () => {
      const token = await signAccessToken(key, { claims: { scope: "issues:read issues:list" } });
      for (const scope of ["issues:read", "issues:list issues:read"]) {
        expect((await check(token, {}, { scope })).ok).toBe(true);
      }
      for (const scope of ["issues:write", "issues:read issues:write", "issues", "issues:rea", "ISSUES:READ"]) {
        const { status, error, challenge } = await refusal(token, {}, { scope });
        expect({ status, error }).toEqual({ status: 403, error: "insufficient_scope" });
        expect(challenge).toContain(`scope="${scope}"`);
      }
      const none = await signAccessToken(key, { claims: { scope: undefined } });
      expect((await check(none)).ok).toBe(true);
      expect(await refusal(none, {}, { scope: "issues:read" })).toMatchObject({ error: "insufficient_scope" });
    });

    it("a recent sign-in", async () => {
      const token = await signAccessToken(key, { claims: { auth_time: now() - 1_000 } });
      expect((await check(token, {}, { maxAge: 1_100 })).ok).toBe(true);
      const { status, error, challenge } = await refusal(token, {}, { maxAge: 900 });
      expect({ status, error }).toEqual({ status: 401, error: "insufficient_user_authentication" });
      expect(challenge).toContain('max_age="900"');
      const undated = await signAccessToken(key, { claims: { auth_time: undefined } });
      expect(await refusal(undated, {}, { maxAge: 900 })).toMatchObject({ error: "insufficient_user_authentication" });
    });

    it.each([
      ["of milliseconds", Date.now()],
      ["an hour ahead", now() + 3_600],
      ["ahead by more than clocks differ", now() + 30],
      ["before 1970", -1],
      ["beyond all time", Number.MAX_VALUE],
      ["that is a text", String(now())],
    ])("a recent sign-in, which one %s is not", async (_, auth_time) => {
      const text = await signAccessToken(key, { claims: { auth_time } });
      expect(await refusal(text, {}, { maxAge: 900 })).toMatchObject({
        status: 401,
        error: "insufficient_user_authentication",
      });
      expect((await check(text)).ok).toBe(true);
    });

    it("a sign-in no longer ago than it says, to the second", async () => {
      vi.useFakeTimers({ toFake: ["Date"] });
      for (const [age, maxAge, ok] of [
        [9, 0, false],
        [1, 0, false],
        [0, 0, true],
        [901, 900, false],
        [900, 900, true],
        // By an issuer whose clock is ahead.
        [-9, 0, true],
      ] as const) {
        const token = await signAccessToken(key, { claims: { auth_time: now() - age } });
        expect((await check(token, {}, { maxAge })).ok).toBe(ok);
      }
    });

    it("a way of signing in", async () => {
      const token = await signAccessToken(key, { claims: { acr: "phr" } });
      expect((await check(token, {}, { acrValues: ["phrh", "phr"] })).ok).toBe(true);
      const { error, challenge } = await refusal(token, {}, { acrValues: ["phrh", "mfa"] });
      expect(error).toBe("insufficient_user_authentication");
      expect(challenge).toContain('acr_values="phrh mfa"');
    });
  });

  describe("and the origin of pages", () => {
    it("lets the view read answers and refusals", async () => {
      const token = await signAccessToken(key);
      const good = await check(token, { headers: { origin: view } });
      expect(good.ok && good.headers["access-control-allow-origin"]).toBe(view);
      const bad = await check("opaque", { headers: { origin: view } });
      if (bad.ok) throw new Error("let in");
      expect(bad.response.headers.get("access-control-allow-origin")).toBe(view);
      expect(bad.response.headers.get("access-control-expose-headers")).toContain("WWW-Authenticate");
    });

    it.each([host, "null", `${view}.evil.example`])("keeps out %s", async (origin) => {
      const access = await check(await signAccessToken(key), { headers: { origin } });
      if (access.ok) throw new Error("let in");
      expect(access.response.headers.has("access-control-allow-origin")).toBe(false);
      expect(await refusalOf(access.response)).toMatchObject({ status: 403, error: "access_denied" });
    });

    it("answers preflights for its own addresses, the view's with yes", async () => {
      const ask = (url: string, origin: string) =>
        setUp().resourceGuard.fetch(
          new Request(url, { method: "OPTIONS", headers: { origin, "access-control-request-method": "PATCH" } }),
        );
      const yes = await ask(`${resource}/issues/7`, view);
      expect(yes?.status).toBe(204);
      expect(yes?.headers.get("access-control-allow-methods")).toContain("PATCH");
      expect(yes?.headers.get("access-control-allow-headers")).toBe("authorization, content-type, dpop");
      const no = await ask(`${resource}/issues/7`, host);
      expect([no?.status, no?.headers.has("access-control-allow-origin")]).toEqual([403, false]);
      expect(await ask("https://api.trackwell.example/v10", view)).toBeUndefined();
    });
  });

  it("describes the resource to whoever asks", async () => {
    const { resourceGuard } = setUp();
    const response = await resourceGuard.fetch(new Request(metadataAddress));
    expect(response?.headers.get("access-control-allow-origin")).toBe("*");
    expect(await response?.json()).toEqual({
      resource,
      authorization_servers: [partnerIssuer],
      scopes_supported: ["issues:read", "issues:write"],
      bearer_methods_supported: [],
      dpop_bound_access_tokens_required: true,
      dpop_signing_alg_values_supported: ["ES256", "Ed25519", "EdDSA"],
    });
    const head = await resourceGuard.fetch(new Request(metadataAddress, { method: "HEAD" }));
    expect([head?.status, await head?.text()]).toEqual([200, ""]);
    expect([...(head?.headers ?? [])]).toEqual([...(response?.headers ?? [])]);
    expect(await resourceGuard.fetch(new Request(`${resource}/issues/7`))).toBeUndefined();
  });

  it("compares the proof with the public address, behind a proxy that takes a path off", async () => {
    const guard = { publicUrl: resource };
    const token = await signAccessToken(key);
    const url = "http://10.0.0.7:3000/issues/7?full=1";
    expect((await check(token, { url }, {}, { guard })).ok).toBe(true);
    const proof = { claims: { htu: "http://10.0.0.7:3000/issues/7" } };
    expect(await refusal(token, { url, proof }, {}, { guard })).toMatchObject({ error: "invalid_dpop_proof" });
  });

  describe.each(["//evil.example/issues", "/\\evil.example/issues", "//[", "//:99999/", "//"])(
    "asked for %s",
    (path) => {
      const url = `http://10.0.0.7:3000${path}`;

      it.each(["https://api.trackwell.example", "https://api.trackwell.example/v1"])(
        "takes a proof for that path below %s, and for no other host",
        async (publicUrl) => {
          const token = await signAccessToken(key);
          const guard = { publicUrl };
          for (const htu of [`https:${path}`, "https://evil.example/issues", publicUrl]) {
            const proof = { claims: { htu } };
            expect(await refusal(token, { url, proof }, {}, { guard })).toMatchObject({
              status: 401,
              error: "invalid_dpop_proof",
            });
          }
          const proof = { claims: { htu: publicUrl + path } };
          expect((await check(token, { url, proof }, {}, { guard })).ok).toBe(true);
        },
      );

      it.each(["GET", "HEAD", "POST", "OPTIONS", "DELETE"])(
        "with %s, leaves it to others and asks for a token",
        async (method) => {
          const { resourceGuard } = setUp({ guard: { publicUrl: resource } });
          const headers = { origin: view };
          expect(await resourceGuard.fetch(new Request(url, { method, headers }))).toBeUndefined();
          const access = await resourceGuard.check(new Request(url, { method, headers }));
          expect(access.ok || access.response.status).toBe(401);
        },
      );
    },
  );

  it("takes a proof with the lower-case scheme, as HTTP has it", async () => {
    const token = await signAccessToken(key);
    expect((await check(token, { headers: { authorization: `dpop ${token}` } })).ok).toBe(true);
  });

  it("takes only one proof", async () => {
    const token = await signAccessToken(key);
    const proof = await signProof(key, { htm: "GET", htu: `${resource}/issues/7`, ath: await hashOf(token) });
    const request = await apiRequest(key, token, { headers: { dpop: proof } });
    request.headers.append("dpop", proof);
    expect((await setUp().resourceGuard.check(request)).ok).toBe(false);
  });
});
