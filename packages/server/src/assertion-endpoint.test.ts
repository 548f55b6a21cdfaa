import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from "jose";
import { describe, expect, it } from "vitest";
import {
  assertionRequest,
  bodyOf,
  clientId,
  frameKey,
  host,
  now,
  partnerIssuer,
  privateJwk,
  refusalOf,
  resource,
  type Setting,
  setUp,
} from "../test/support.js";
import { createAssertionEndpoint } from "./assertion-endpoint.js";

const { jkt } = await frameKey();
const asked = { jkt, scope: "issues:read issues:write", partner: "com.trackwell.issues" };

interface Minted {
  assertion: string;
  scope: string;
  expires_in: number;
}

async function mint(body: unknown = asked, setting: Setting = {}) {
  const { assertionEndpoint } = setUp(setting);
  return bodyOf<Minted>(await assertionEndpoint.fetch(assertionRequest(body)));
}

async function refusal(body: unknown, headers: Record<string, string | undefined> = {}, setting: Setting = {}) {
  return refusalOf(await setUp(setting).assertionEndpoint.fetch(assertionRequest(body, headers)));
}

describe("createAssertionEndpoint", () => {
  it("mints an assertion that its own JWKS verifies, with every claim", async () => {
    const { assertionEndpoint } = setUp();
    const response = await assertionEndpoint.fetch(assertionRequest(asked));
    expect(response?.headers.get("cache-control")).toBe("no-store");
    const { assertion, scope, expires_in } = await bodyOf<Minted>(response);
    expect({ scope, expires_in }).toEqual({ scope: asked.scope, expires_in: 60 });

    const jwks = await assertionEndpoint.fetch(new Request(`${host}/panel/jwks.json`));
    expect(jwks?.headers.get("content-type")).toBe("application/jwk-set+json");
    const keys = await bodyOf<JSONWebKeySet>(jwks);
    const { payload, protectedHeader } = await jwtVerify(assertion, createLocalJWKSet(keys));
    expect(protectedHeader).toEqual({ typ: "oauth-id-jag+jwt", alg: "ES256", kid: "desk-1" });
    expect(payload).toEqual({
      iss: host,
      sub: "pairwise-ada",
      aud: partnerIssuer,
      client_id: clientId,
      jti: expect.stringMatching(/^[\w-]{20,}$/),
      iat: expect.closeTo(now(), -1),
      exp: (payload.iat ?? 0) + 60,
      auth_time: expect.closeTo(now() - 100, -1),
      sid: "session-1",
      scope: asked.scope,
      resource,
      cnf: { jkt },
    });
  });

  it("gives every assertion a jti of its own", async () => {
    const { assertionEndpoint } = setUp();
    const jtis = await Promise.all(
      Array.from({ length: 20 }, async () => {
        const { assertion } = await bodyOf<Minted>(await assertionEndpoint.fetch(assertionRequest(asked)));
        return decodeJwt(assertion).jti;
      }),
    );
    expect(new Set(jtis).size).toBe(20);
  });

  it("publishes no private member of any key", async () => {
    const keys = [await privateJwk("a"), { ...(await privateJwk("b")), k: "secret", p: "secret" }] as const;
    const { assertionEndpoint } = setUp({ endpoint: { keys } });
    const jwks = await assertionEndpoint.fetch(new Request(`${host}/panel/jwks.json`));
    const { keys: published } = await bodyOf<JSONWebKeySet>(jwks);
    expect(published.map(({ kid }) => kid)).toEqual(["a", "b"]);
    for (const key of published) {
      expect(Object.keys(key).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
    }
  });

  it("describes itself", async () => {
    const response = await setUp().assertionEndpoint.fetch(
      new Request(`${host}/.well-known/oauth-authorization-server`),
    );
    expect(await response?.json()).toMatchObject({ issuer: host, jwks_uri: `${host}/panel/jwks.json` });
  });

  it("leaves other addresses to others, with the body unread", async () => {
    const request = new Request(`${host}/api/tickets`, { method: "POST", body: "x" });
    expect(await setUp().assertionEndpoint.fetch(request)).toBeUndefined();
    expect(await request.text()).toBe("x");
  });

  it.each<[string, Record<string, string | undefined>]>([
    ["another site", { origin: "https://mallory.example", "sec-fetch-site": "cross-site" }],
    ["another origin of the same site", { origin: "https://shop.desk.example", "sec-fetch-site": "same-site" }],
    ["a page that hides its origin", { origin: "null" }],
    ["who knows where", { origin: undefined }],
    ["an origin that only begins like the host's", { origin: `${host}.evil.example` }],
    ["a request that claims the origin, but not the browser's word for it", { "sec-fetch-site": "cross-site" }],
    ["a browser that does not say where from", { "sec-fetch-site": undefined }],
    ["the address bar", { "sec-fetch-site": "none" }],
  ])("refuses %s", async (_, headers) => {
    expect(await refusal(asked, headers)).toMatchObject({ status: 403, error: "access_denied" });
  });

  it("asks whose session it is only for the host's own pages", async () => {
    let asks = 0;
    const endpoint = {
      authenticate: () => {
        asks += 1;
        return undefined;
      },
    };
    await refusal(asked, { origin: "https://mallory.example" }, { endpoint });
    expect(asks).toBe(0);
    expect(await refusal(asked, {}, { endpoint })).toMatchObject({ status: 401, error: "login_required" });
    expect(asks).toBe(1);
  });

  it("refuses who is not signed in", async () => {
    expect(await refusal(asked, { cookie: undefined })).toMatchObject({ status: 401, error: "login_required" });
  });

  it("refuses what a form on another page could send", async () => {
    for (const type of ["text/plain", "application/x-www-form-urlencoded", undefined]) {
      expect(await refusal(asked, { "content-type": type })).toMatchObject({ status: 400, error: "invalid_request" });
    }
  });

  it.each<[string, unknown]>([
    ["no JSON", "jkt"],
    ["no jkt", { ...asked, jkt: undefined }],
    ["a jkt that is no thumbprint", { ...asked, jkt: "key" }],
    ["no scope", { ...asked, scope: "" }],
    ["no partner", { ...asked, partner: 7 }],
    ["a list", [asked]],
    ["more than 4 KiB", { ...asked, more: "x".repeat(4_096) }],
  ])("refuses a body with %s", async (_, body) => {
    expect(await refusal(body)).toMatchObject({ status: 400, error: "invalid_request" });
  });

  it.each(["com.mallory", "constructor", "__proto__", "toString"])("knows no partner %s", async (partner) => {
    expect(await refusal({ ...asked, partner })).toMatchObject({ status: 400, error: "invalid_target" });
  });

  it.each(["issues:read admin", "issues:read-all", "ISSUES:READ"])("refuses the scope %s", async (scope) => {
    expect(await refusal({ ...asked, scope })).toMatchObject({ status: 400, error: "invalid_scope" });
  });

  it("narrows to the policy, which cannot widen", async () => {
    const policy = (allowed: string[]): Setting => ({ endpoint: { policy: () => allowed } });
    expect(await mint(asked, policy(["issues:read"]))).toMatchObject({ scope: "issues:read" });
    const narrow = { ...asked, scope: "issues:read" };
    expect(await mint(narrow, policy(["issues:read", "issues:write", "admin"]))).toMatchObject({
      scope: "issues:read",
    });
    expect(await refusal(asked, {}, policy([]))).toMatchObject({ status: 403, error: "access_denied" });
  });

  it("does not take GET", async () => {
    const response = await setUp().assertionEndpoint.fetch(new Request(`${host}/panel/assertion`));
    expect(await refusalOf(response)).toMatchObject({ status: 405 });
  });

  it("compares with the public address, behind a proxy", async () => {
    const request = assertionRequest(asked);
    const proxied = new Request("http://10.0.0.7:3000/panel/assertion", request);
    expect((await setUp().assertionEndpoint.fetch(proxied))?.status).toBe(200);
    const inside = new Request(
      "http://10.0.0.7:3000/panel/assertion",
      assertionRequest(asked, { origin: "http://10.0.0.7:3000" }),
    );
    expect((await setUp().assertionEndpoint.fetch(inside))?.status).toBe(403);
  });

  it("rejects with what a callback throws", async () => {
    const failure = new Error("database is down");
    const { assertionEndpoint } = setUp({
      endpoint: {
        authenticate: () => {
          throw failure;
        },
      },
    });
    await expect(assertionEndpoint.fetch(assertionRequest(asked))).rejects.toBe(failure);
  });

  it("rejects when its first key cannot sign", async () => {
    const { d: _, ...publicHalf } = await privateJwk("a");
    const { kid: __, ...nameless } = await privateJwk("b");
    const { alg: ___, ...vague } = await privateJwk("c");
    for (const bad of [
      publicHalf,
      nameless,
      vague,
      { kty: "oct", k: "A".repeat(43), kid: "d", alg: "HS256" } as const,
    ]) {
      const { assertionEndpoint } = setUp({ endpoint: { keys: [bad] } });
      await expect(assertionEndpoint.fetch(assertionRequest(asked))).rejects.toThrow(TypeError);
    }
  });

  it("tells a wrong configuration at once", async () => {
    const keys = [await privateJwk("a")] as const;
    const options = { authenticate: () => undefined, policy: () => [], pairwise: () => "", keys, partners: {} };
    for (const publicUrl of [
      "http://desk.example",
      "desk.example",
      "https://u:p@desk.example",
      "https://desk.example/?a",
    ]) {
      expect(() => createAssertionEndpoint({ ...options, publicUrl })).toThrow(TypeError);
    }
    for (const publicUrl of ["https://desk.example", "http://desk.localhost:4100", "http://127.0.0.1:1"]) {
      expect(createAssertionEndpoint({ ...options, publicUrl })).toBeDefined();
    }
  });

  it.each([
    ["milliseconds", Date.now()],
    ["the future", now() + 60],
    ["before 1970", -1],
    ["no number", Number.NaN],
    ["a Date", new Date()],
  ])("tells the developer that an authTime of %s is none", async (_, authTime) => {
    const authenticate = () => ({ user: "ada", sid: "session-1", authTime: authTime as number });
    const { assertionEndpoint } = setUp({ endpoint: { authenticate } });
    const asked = assertionRequest({ jkt: "A".repeat(43), scope: "issues:read", partner: "com.trackwell.issues" });
    await expect(assertionEndpoint.fetch(asked)).rejects.toThrow(/authTime .* in seconds since the epoch/);
  });

  it.each(["/panel/jwks.json", "/.well-known/oauth-authorization-server"])(
    "answers HEAD of %s like GET, without a body",
    async (path) => {
      const { assertionEndpoint } = setUp();
      const [get, head] = await Promise.all(
        ["GET", "HEAD"].map((method) => assertionEndpoint.fetch(new Request(host + path, { method }))),
      );
      expect([head?.status, await head?.text()]).toEqual([200, ""]);
      expect([...(head?.headers ?? [])]).toEqual([...(get?.headers ?? ["none"])]);
    },
  );
});
