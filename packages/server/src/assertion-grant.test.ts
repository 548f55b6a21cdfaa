import { decodeJwt } from "jose";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  assertionRequest,
  bodyOf,
  type Changes,
  frameKey,
  host,
  now,
  partnerIssuer,
  privateJwk,
  refusalOf,
  resource,
  type Setting,
  setUp,
  signAssertion,
  type TokenRequestChanges,
  tokenRequest,
  view,
} from "../test/support.js";
import type { TokenOrder } from "./assertion-grant.js";
import { endedSessions } from "./ended-sessions.js";
import { publicKeys } from "./keys.js";

const key = await frameKey();
const otherKey = await privateJwk("other-1");
const deskKey = await privateJwk("desk-1");
const anotherKey = await frameKey();

interface Token {
  access_token: string;
  token_type: string;
  expires_in: number;
  scope: string;
}

async function redeem(assertion: string, changes: TokenRequestChanges = {}, setting: Setting = {}) {
  return setUp(setting).assertionGrant.fetch(await tokenRequest(key, assertion, changes));
}

async function refusal(assertion: string, changes: TokenRequestChanges = {}, setting: Setting = {}) {
  const response = await redeem(assertion, changes, setting);
  return refusalOf(response, assertion, "pairwise-ada", "session-1");
}

const token = (response: Response | undefined) => bodyOf<Token>(response);

afterEach(() => {
  vi.useRealTimers();
});

describe("createAssertionGrant", () => {
  it("trades what a real endpoint minted for a DPoP token, and nothing more", async () => {
    const { assertionEndpoint, assertionGrant } = setUp();
    const minted = await assertionEndpoint.fetch(
      assertionRequest({ jkt: key.jkt, scope: "issues:read issues:write", partner: "com.trackwell.issues" }),
    );
    const { assertion } = await bodyOf<{ assertion: string }>(minted);
    const response = await assertionGrant.fetch(await tokenRequest(key, assertion));
    expect(response?.headers.get("cache-control")).toBe("no-store");
    expect(response?.headers.get("access-control-allow-origin")).toBe(view);
    const answer = await token(response);
    expect(answer).toEqual({
      access_token: expect.any(String),
      token_type: "DPoP",
      expires_in: 300,
      scope: "issues:read issues:write",
    });
    expect(decodeJwt(answer.access_token)).toMatchObject({
      sub: "ada.t",
      aud: resource,
      sid: "session-1",
      cnf: { jkt: key.jkt },
    });
  });

  it("orders the token with all that a log-out and a step-up will need", async () => {
    const orders: TokenOrder<string>[] = [];
    const issue = async (order: TokenOrder<string>) => {
      orders.push(order);
      return { access_token: "opaque", expires_in: 20, refresh_token: "kept here", id_token: "kept here" };
    };
    const authTime = now() - 5_000;
    const answer = await redeem(
      await signAssertion(key, { claims: { auth_time: authTime } }),
      { form: { scope: "issues:read", resource } },
      { grant: { issue } },
    );
    expect(await token(answer)).toEqual({
      access_token: "opaque",
      token_type: "DPoP",
      expires_in: 20,
      scope: "issues:read",
    });
    expect(orders).toEqual([
      {
        account: "ada.t",
        clientId: "panel",
        resource,
        scope: ["issues:read"],
        jkt: key.jkt,
        maxLife: 300,
        host,
        sid: "session-1",
        authTime,
      },
    ]);
  });

  it("says whose token it is, in what may be shown of them and nothing else", async () => {
    const account = {
      sub: "ada.t",
      name: "Ada O.",
      preferred_username: "ada",
      password: "kept here",
      email: undefined,
    };
    const issue = async () => ({ access_token: "t", expires_in: 20, account });
    const answer = await token(await redeem(await signAssertion(key), {}, { grant: { issue } }));
    expect(answer).toMatchObject({ account: { sub: "ada.t", name: "Ada O.", preferred_username: "ada" } });
    expect(JSON.stringify(answer)).not.toContain("kept here");
  });

  it.each([0, 301, Number.NaN])("hands on no token that lives %d s", async (expires_in) => {
    const issue = async () => ({ access_token: "t", expires_in });
    await expect(redeem(await signAssertion(key), {}, { grant: { issue } })).rejects.toThrow(TypeError);
  });

  it("tells the truth about a token that has less than was ordered, and hands on none that has more", async () => {
    const minting = (scope: string[]): Setting => ({
      grant: { issue: async () => ({ access_token: "t", expires_in: 20, scope }) },
    });
    const less = await redeem(await signAssertion(key), {}, minting(["issues:read"]));
    expect(await token(less)).toMatchObject({ scope: "issues:read" });
    await expect(redeem(await signAssertion(key), {}, minting(["issues:read", "admin"]))).rejects.toThrow(TypeError);
  });

  describe("is the view's alone", () => {
    it.each([
      ["a page of the host", host],
      ["a page that hides its origin", "null"],
      ["an origin that only begins like the view's", `${view}.evil.example`],
      ["the view's origin in other letters", view.toUpperCase()],
      ["no page at all", undefined],
    ])("so %s cannot redeem, and cannot read the answer", async (_, origin) => {
      // Everything else about the request is right: its own key, an assertion for that key, a proof of it.
      const response = await redeem(await signAssertion(key), { headers: { origin } });
      expect(response?.headers.get("access-control-allow-origin")).toBeNull();
      expect(await refusalOf(response)).toMatchObject({ status: 403, error: "unauthorized_client" });
    });

    it("and a browser is told so beforehand", async () => {
      const ask = (origin: string) =>
        setUp().assertionGrant.fetch(
          new Request(`${partnerIssuer}/token`, {
            method: "OPTIONS",
            headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "dpop" },
          }),
        );
      const allowed = await ask(view);
      expect(allowed?.status).toBe(204);
      expect(Object.fromEntries(allowed?.headers ?? [])).toMatchObject({
        "access-control-allow-origin": view,
        "access-control-allow-methods": "POST",
        "access-control-allow-headers": "dpop",
        vary: "Origin",
      });
      expect(allowed?.headers.has("access-control-allow-credentials")).toBe(false);
      const refused = await ask(host);
      expect(refused?.status).toBe(403);
      expect([...(refused?.headers.keys() ?? [])]).toEqual(["vary"]);
    });
  });

  describe("leaves to the provider", () => {
    it.each([
      ["another grant", { grant_type: "authorization_code" }],
      ["no grant", { grant_type: undefined }],
    ])("%s, with the body unread", async (_, form) => {
      const request = await tokenRequest(key, "", { form });
      expect(await setUp().assertionGrant.fetch(request)).toBeUndefined();
      expect(await request.text()).toContain("client_id=panel");
    });

    it("another address, method or media type", async () => {
      const { assertionGrant } = setUp();
      const init = { method: "POST", body: "{}", headers: { "content-type": "application/json" } };
      expect(await assertionGrant.fetch(new Request(`${partnerIssuer}/token`, init))).toBeUndefined();
      expect(await assertionGrant.fetch(new Request(`${partnerIssuer}/token`))).toBeUndefined();
      const asText = await tokenRequest(key, await signAssertion(key), { headers: { "content-type": "text/plain" } });
      expect(await assertionGrant.fetch(asText)).toBeUndefined();
      const elsewhere = new Request(`${partnerIssuer}/auth`, await tokenRequest(key, await signAssertion(key)));
      expect(await assertionGrant.fetch(elsewhere)).toBeUndefined();
    });
  });

  it.each<[string, TokenRequestChanges, string]>([
    ["without assertion", { form: { assertion: undefined } }, "invalid_request"],
    ["without client", { form: { client_id: undefined } }, "invalid_client"],
    ["of another client", { form: { client_id: "trackwell-web" } }, "invalid_client"],
    ["for another resource", { form: { resource: "https://api.other.example" } }, "invalid_target"],
    ["without proof", { headers: { dpop: undefined } }, "invalid_dpop_proof"],
    ["with the proof of another method", { proof: { claims: { htm: "GET" } } }, "invalid_dpop_proof"],
    ["with a proof for the API", { proof: { claims: { htu: resource } } }, "invalid_dpop_proof"],
    ["with a proof 10 minutes old", { proof: { claims: { iat: now() - 600 } } }, "use_dpop_nonce"],
    ["with a proof of 10 minutes from now", { proof: { claims: { iat: now() + 600 } } }, "use_dpop_nonce"],
    ["with a proof of another key", { proofKey: anotherKey }, "invalid_grant"],
    ["for a scope that the assertion lacks", { form: { scope: "issues:read admin" } }, "invalid_scope"],
    ["for a scope of no form", { form: { scope: "issues:read  issues:write" } }, "invalid_scope"],
  ])("refuses a request %s", async (_, changes, error) => {
    expect(await refusal(await signAssertion(key), changes)).toMatchObject({ status: 400, error });
  });

  it.each([-600, 600])("lets in a frame whose clock is off by %d s, with the nonce that it was given", async (off) => {
    const { assertionGrant } = setUp();
    const assertion = await signAssertion(key);
    const iat = now() + off;
    const first = await assertionGrant.fetch(await tokenRequest(key, assertion, { proof: { claims: { iat } } }));
    const nonce = first?.headers.get("dpop-nonce");
    expect(first?.headers.get("access-control-expose-headers")).toContain("DPoP-Nonce");
    expect(await refusalOf(first)).toMatchObject({ status: 400, error: "use_dpop_nonce" });
    const second = await tokenRequest(key, assertion, { proof: { claims: { iat, nonce } } });
    await token(await assertionGrant.fetch(second.clone()));
    // The same again: the nonce dates a proof, it does not let it be used twice.
    expect(await refusalOf(await assertionGrant.fetch(second))).toMatchObject({ error: "invalid_dpop_proof" });
  });

  it("refuses a parameter that is there twice", async () => {
    const honest = await tokenRequest(key, await signAssertion(key));
    const body = `${await honest.clone().text()}&client_id=other`;
    const response = await setUp().assertionGrant.fetch(new Request(honest, { body }));
    expect(await refusalOf(response)).toMatchObject({ status: 400, error: "invalid_request" });
  });

  it("refuses a request of more than 64 KiB", async () => {
    const response = await redeem(await signAssertion(key), { form: { more: "x".repeat(64 * 1024) } });
    expect(await refusalOf(response)).toMatchObject({ status: 413 });
    const other = { grant_type: "refresh_token", more: "x".repeat(64 * 1024) };
    expect(
      await redeem(await signAssertion(key), { form: other }),
      "of another grant, it is another's",
    ).toBeUndefined();
    await token(await redeem(await signAssertion(key), { form: { more: "x".repeat(60 * 1024) } }));
  });

  it.each<[string, Changes]>([
    ["of type JWT", { header: { typ: "JWT" } }],
    ["of no type", { header: { typ: undefined } }],
    ["that is an access token", { header: { typ: "at+jwt" } }],
    ["that is a log-out token", { header: { typ: "logout+jwt" } }],
    ["of a host that is not trusted", { claims: { iss: "https://evil.example" } }],
    ["of a host by another spelling", { claims: { iss: `${host}/` } }],
    ["of nobody", { claims: { iss: undefined } }],
    ["for another partner", { claims: { aud: "https://id.other.example" } }],
    ["for two partners", { claims: { aud: [partnerIssuer, "https://id.other.example"] } }],
    ["for no partner", { claims: { aud: undefined } }],
    ["for another client", { claims: { client_id: "trackwell-web" } }],
    ["for no client", { claims: { client_id: undefined } }],
    ["for another resource", { claims: { resource: "https://api.other.example" } }],
    ["for no resource", { claims: { resource: undefined } }],
    ["for another key", { claims: { cnf: { jkt: "A".repeat(43) } } }],
    ["for no key", { claims: { cnf: undefined } }],
    ["for a key by value", { claims: { cnf: { jwk: key.publicJwk } } }],
    ["about nobody", { claims: { sub: undefined } }],
    ["about something", { claims: { sub: 7 } }],
    ["without jti", { claims: { jti: undefined } }],
    ["with a jti of 257 characters", { claims: { jti: "j".repeat(257) } }],
    ["without session", { claims: { sid: undefined } }],
    ["without time of sign-in", { claims: { auth_time: undefined } }],
    ["with a time of sign-in in milliseconds", { claims: { auth_time: Date.now() } }],
    ["with a time of sign-in that is to come", { claims: { auth_time: now() + 60 } }],
    ["with a time of sign-in before 1970", { claims: { auth_time: -1 } }],
    ["of blanks for scopes", { claims: { scope: " " } }],
    ["without scope", { claims: { scope: undefined } }],
    ["that never ends", { claims: { exp: undefined } }],
    ["without beginning", { claims: { iat: undefined } }],
    ["that lives 61 s", { claims: { exp: now() + 61, iat: now() } }],
    ["that lives 10 minutes", { claims: { exp: now() + 600 } }],
    ["that ended before it began", { claims: { exp: now() - 1, iat: now() } }],
    ["that is over", { claims: { iat: now() - 90, exp: now() - 30 } }],
    ["of a host whose clock is 10 minutes slow", { claims: { iat: now() - 600, exp: now() - 540 } }],
    ["of a host whose clock is 10 minutes fast", { claims: { iat: now() + 600, exp: now() + 660 } }],
    ["that is not valid yet", { claims: { nbf: now() + 600 } }],
  ])("refuses an assertion %s", async (_, changes) => {
    expect(await refusal(await signAssertion(key, changes))).toMatchObject({ status: 400, error: "invalid_grant" });
  });

  // Dated when the test begins: those before it take their time.
  it.each<[string, () => Changes]>([
    ["whose clock is 5 s slow", () => ({ claims: { iat: now() - 65, exp: now() - 5 } })],
    ["whose clock is 5 s fast", () => ({ claims: { iat: now() + 5, exp: now() + 65 } })],
    ["with a jti of 256 characters", () => ({ claims: { jti: "j".repeat(256) } })],
  ])("accepts an assertion of a host %s", async (_, changes) => {
    await token(await redeem(await signAssertion(key, changes())));
  });

  it("refuses a signature that is not the host's", async () => {
    const forger = await privateJwk("desk-1");
    const { d: _, ...shown } = forger;
    const honest = await signAssertion(key);
    const [header, payload, signature] = honest.split(".") as [string, string, string];
    const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const claims = { ...decodeJwt(honest), sub: "pairwise-eve" };
    for (const bad of [
      await signAssertion(key, {}, forger),
      await signAssertion(key, { header: { jwk: shown } }, forger),
      await signAssertion(key, { header: { kid: "unknown" } }, forger),
      await signAssertion(key, { header: { kid: undefined } }, forger),
      `${header}.${encode(claims)}.${signature}`,
      `${encode({ alg: "none", typ: "oauth-id-jag+jwt" })}.${payload}.`,
      `${header}.${payload}`,
      "not.a.jwt",
      "x",
    ]) {
      expect(await refusal(bad)).toMatchObject({ status: 400, error: "invalid_grant" });
    }
    await token(await redeem(honest));
  });

  describe("with two hosts", () => {
    const hosts = [
      { issuer: host, jwks: publicKeys([deskKey]), scopes: ["issues:read", "issues:write"] },
      { issuer: "https://other.example", jwks: publicKeys([otherKey]), scopes: ["issues:read"] },
    ];
    const setting: Setting = { grant: { hosts, links: { find: (_issuer, subject) => subject } } };

    it("lets neither speak for the other", async () => {
      const mixed = await signAssertion(key, { claims: { iss: host } }, otherKey);
      expect(await refusal(mixed, {}, setting)).toMatchObject({ error: "invalid_grant" });
      await token(await redeem(await signAssertion(key, { claims: { iss: host } }, deskKey), {}, setting));
    });

    it("holds each under its own ceiling", async () => {
      const other = () => signAssertion(key, { claims: { iss: "https://other.example" } }, otherKey);
      expect(await token(await redeem(await other(), {}, setting))).toMatchObject({ scope: "issues:read" });
      const wide: TokenRequestChanges = { form: { scope: "issues:read issues:write" } };
      expect(await refusal(await other(), wide, setting)).toMatchObject({ error: "invalid_scope" });
      expect(await token(await redeem(await signAssertion(key, {}, deskKey), wide, setting))).toMatchObject({
        scope: "issues:read issues:write",
      });
      const above = await signAssertion(
        key,
        { claims: { iss: "https://other.example", scope: "issues:write" } },
        otherKey,
      );
      expect(await refusal(above, {}, setting)).toMatchObject({ error: "invalid_scope" });
    });

    it("keeps their users apart", async () => {
      const find = (issuer: string, subject: string) => (issuer === host ? subject : undefined);
      const apart: Setting = { grant: { hosts, links: { find } } };
      await token(await redeem(await signAssertion(key, {}, deskKey), {}, apart));
      const same = await signAssertion(key, { claims: { iss: "https://other.example" } }, otherKey);
      expect(await refusal(same, {}, apart)).toMatchObject({ error: "interaction_required" });
    });
  });

  describe("uses up", () => {
    it("an assertion, even with a fresh proof", async () => {
      const { assertionGrant } = setUp();
      const assertion = await signAssertion(key);
      await token(await assertionGrant.fetch(await tokenRequest(key, assertion)));
      const again = await assertionGrant.fetch(await tokenRequest(key, assertion));
      expect(await refusalOf(again, assertion)).toMatchObject({ status: 400, error: "invalid_grant" });
    });

    it("a proof, even with a fresh assertion", async () => {
      const { assertionGrant } = setUp();
      const first = await tokenRequest(key, await signAssertion(key));
      const dpop = first.headers.get("dpop") ?? "";
      await token(await assertionGrant.fetch(first));
      const again = await tokenRequest(key, await signAssertion(key), { headers: { dpop } });
      expect(await refusalOf(await assertionGrant.fetch(again))).toMatchObject({ error: "invalid_dpop_proof" });
    });

    it("one assertion once, in however many back ends that share a store", async () => {
      const one = setUp();
      const two = setUp({ grant: { replay: one.replay } });
      const assertion = await signAssertion(key);
      const responses = await Promise.all(
        Array.from({ length: 20 }, async (_, n) =>
          (n % 2 ? one : two).assertionGrant.fetch(await tokenRequest(key, assertion)),
        ),
      );
      expect(responses.filter((response) => response?.status === 200)).toHaveLength(1);
    });

    it("nothing for who cannot prove the key: the owner can still redeem", async () => {
      const { assertionGrant } = setUp();
      const assertion = await signAssertion(key);
      const thief = await tokenRequest(key, assertion, { proofKey: await frameKey() });
      expect(await refusalOf(await assertionGrant.fetch(thief))).toMatchObject({ error: "invalid_grant" });
      await token(await assertionGrant.fetch(await tokenRequest(key, assertion)));
    });

    it("nothing at all when the store fails: there is no token then", async () => {
      const replay = { add: () => Promise.reject(new Error("store is down")), has: async () => false };
      await expect(redeem(await signAssertion(key), {}, { grant: { replay } })).rejects.toThrow("store is down");
    });
  });

  it("takes a parameter without a value for none", async () => {
    const { assertionGrant } = setUp();
    const asked = await tokenRequest(key, await signAssertion(key), { form: { scope: "", resource: "" } });
    expect(await bodyOf(await assertionGrant.fetch(asked))).toMatchObject({ scope: "issues:read issues:write" });
  });

  it("takes no assertion of a session that was logged out", async () => {
    const { end, isRevoked } = endedSessions(setUp().replay);
    const { assertionGrant } = setUp({ grant: { isRevoked } });
    const ask = async (sid: string) =>
      assertionGrant.fetch(await tokenRequest(key, await signAssertion(key, { claims: { sid } })));
    await end({ issuer: host, sid: "session-1" });
    expect(await refusalOf(await ask("session-1"))).toMatchObject({ status: 400, error: "invalid_grant" });
    expect((await ask("session-2"))?.status).toBe(200);
  });

  it("asks for interaction when no account is linked", async () => {
    const assertion = await signAssertion(key, { claims: { sub: "pairwise-new" } });
    expect(await refusal(assertion)).toMatchObject({ status: 400, error: "interaction_required" });
  });

  describe("fetches the host's keys", () => {
    it("once", async () => {
      const { assertionGrant, fetched } = setUp();
      for (let n = 0; n < 3; n += 1)
        await token(await assertionGrant.fetch(await tokenRequest(key, await signAssertion(key))));
      expect(fetched).toEqual([`${host}/panel/jwks.json`]);
    });

    it("for no assertion of a host that is not trusted", async () => {
      const { assertionGrant, fetched } = setUp();
      const bad = await signAssertion(key, {
        claims: { iss: "https://evil.example" },
        header: { jku: "https://evil.example" },
      });
      await assertionGrant.fetch(await tokenRequest(key, bad));
      expect(fetched).toEqual([]);
    });

    it("and says so when it cannot", async () => {
      const answers = [() => Promise.reject(new Error("no network")), async () => new Response("", { status: 500 })];
      for (const fetch of answers) {
        expect(await refusal(await signAssertion(key), {}, { grant: { fetch } })).toMatchObject({
          status: 503,
          error: "temporarily_unavailable",
        });
      }
    });

    it("again when they were rotated", async () => {
      vi.useFakeTimers({ toFake: ["Date"] });
      const [before, after] = [await privateJwk("1"), await privateJwk("2")];
      let published = [before];
      const { assertionGrant } = setUp({ grant: { fetch: async () => Response.json(publicKeys(published)) } });
      const use = async (jwk: typeof before) =>
        (await assertionGrant.fetch(await tokenRequest(key, await signAssertion(key, {}, jwk))))?.status;
      expect([await use(before), await use(after)]).toEqual([200, 400]);
      published = [before, after];
      // Within 5 s of the last fetch, an unknown kid causes no other.
      vi.setSystemTime(Date.now() + 4_000);
      expect(await use(after)).toBe(400);
      vi.setSystemTime(Date.now() + 2_000);
      expect([await use(after), await use(before)]).toEqual([200, 200]);
    });
  });

  it("compares the proof with the public address, behind a proxy that takes a path off", async () => {
    const { assertionGrant } = setUp({ grant: { publicUrl: `${partnerIssuer}/oidc/` } });
    const request = async (htu: string) =>
      new Request(
        "http://10.0.0.7:3000/token",
        await tokenRequest(key, await signAssertion(key), { proof: { claims: { htu } } }),
      );
    await token(await assertionGrant.fetch(await request(`${partnerIssuer}/oidc/token`)));
    for (const htu of ["http://10.0.0.7:3000/token", `${partnerIssuer}/token`]) {
      const response = await assertionGrant.fetch(await request(htu));
      expect(await refusalOf(response)).toMatchObject({ error: "invalid_dpop_proof" });
    }
  });

  it("tells a wrong configuration at once", () => {
    expect(() => setUp({ grant: { origins: [`${view}/`] } })).toThrow(TypeError);
    expect(() => setUp({ grant: { origins: ["*"] } })).toThrow(TypeError);
    expect(() => setUp({ grant: { origins: ["null"] } })).toThrow(TypeError);
    expect(() => setUp({ grant: { hosts: [{ issuer: host, jwks: "http://desk.example/jwks", scopes: [] }] } })).toThrow(
      TypeError,
    );
  });
});
