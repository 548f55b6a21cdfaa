import { type JWK, jwtVerify } from "jose";
import { ClientSecretBasic } from "oauth4webapi";
import { afterEach, describe, expect, it, vi } from "vitest";
import {
  createExchangeProxy,
  createLogoutReceiver,
  type createResourceGuard,
  endedSessions,
  memoryReplayStore,
  type ReplayStore,
} from "../../src/index.js";
import { publicKeys } from "../../src/keys.js";
import { createProvider, providerIssuer, tokenEndpoint } from "../provider.js";
import {
  apiRequest,
  assertionRequest,
  bodyOf,
  frameKey,
  host,
  hostKey,
  now,
  partnerIssuer,
  privateJwk,
  refusalOf,
  resource,
  type Setting,
  setUp,
  sign,
  signAccessToken,
  signAssertion,
  signProof,
  tokenRequest,
  view,
} from "../support.js";

/**
 * The sign-in rows of the attack catalogue, as far as servers decide them. Each attack has a control beside it: the same attack where its
 * one defence is taken out, and there it lands. What pages decide is in e2e; forged log-outs, account linking and the race of
 * two processes have files of their own beside their sources.
 */

const frame = await frameKey();
const thief = await frameKey();

/** A store that forgets at once: every replay check passes. */
const forgetful: ReplayStore = { add: async () => true, has: async () => false };

const statusOf = async (access: ReturnType<ReturnType<typeof createResourceGuard>["check"]>) => {
  const answer = await access;
  return answer.ok ? 200 : answer.response.status;
};

async function askHost(setting: Setting, scope = "issues:read", jkt = frame.jkt) {
  const { assertionEndpoint } = setUp(setting);
  return assertionEndpoint.fetch(assertionRequest({ jkt, scope, partner: "com.trackwell.issues" }));
}

const granted = async (response: Response | undefined) =>
  (await bodyOf<{ access_token: string; scope: string }>(response)).scope;

afterEach(() => {
  vi.useRealTimers();
});

describe("a proof", () => {
  it("that is replayed opens nothing; it would, to an API that remembers none", async () => {
    const request = await apiRequest(frame, await signAccessToken(frame));
    for (const [replay, second] of [
      [memoryReplayStore(), 401],
      [forgetful, 200],
    ] as const) {
      const { resourceGuard } = setUp({ guard: { replay } });
      expect(await statusOf(resourceGuard.check(request.clone()))).toBe(200);
      expect(await statusOf(resourceGuard.check(request.clone()))).toBe(second);
    }
  });

  it("that is moved opens neither another address nor another method nor another token's; it is good where it belongs", async () => {
    const token = await signAccessToken(frame);
    const request = await apiRequest(frame, token);
    const dpop = request.headers.get("dpop") ?? "";
    const { resourceGuard } = setUp();
    const other = await signAccessToken(frame, { claims: { scope: "issues:read issues:write" } });
    for (const moved of [
      new Request(`${resource}/issues/8`, { headers: request.headers }),
      new Request(request.url, { method: "DELETE", headers: request.headers }),
      new Request(request.url, { headers: { authorization: `DPoP ${other}`, dpop } }),
    ]) {
      expect(await statusOf(resourceGuard.check(moved))).toBe(401);
    }
    expect(await statusOf(resourceGuard.check(request))).toBe(200);
  });

  it("that is relayed with its token, as a host's page could, opens nothing without the key", async () => {
    const token = await signAccessToken(frame);
    const spent = (await apiRequest(frame, token)).headers.get("dpop") ?? "";
    const { resourceGuard } = setUp();
    const use = (dpop: string) =>
      resourceGuard.check(new Request(`${resource}/issues/7`, { headers: { authorization: `DPoP ${token}`, dpop } }));
    // The frame's own request came first.
    expect(await statusOf(use(spent))).toBe(200);
    expect(await statusOf(use(spent))).toBe(401);
    const ofThief = (await apiRequest(thief, token)).headers.get("dpop") ?? "";
    expect(await statusOf(use(ofThief))).toBe(401);
    const ofFrame = (await apiRequest(frame, token)).headers.get("dpop") ?? "";
    expect(await statusOf(use(ofFrame))).toBe(200);
  });
});

describe("a provider that ignores the proof", () => {
  it("issues a token that the API refuses, although its signature, issuer, audience and times are good", async () => {
    const jwk = await privateJwk("careless-1");
    const jwks = publicKeys([jwk]);
    const { resourceGuard } = setUp({ guard: { issuers: [{ issuer: partnerIssuer, jwks }] } });
    const unbound = await signAccessToken(frame, { claims: { cnf: undefined } }, jwk);
    for (const authorization of [`Bearer ${unbound}`, `DPoP ${unbound}`]) {
      const request = await apiRequest(frame, unbound, { headers: { authorization } });
      expect(await statusOf(resourceGuard.check(request))).toBe(401);
    }
    // The control: to an API that looks at no more than the signature and the usual claims, it is a good token.
    const { createLocalJWKSet } = await import("jose");
    await jwtVerify(unbound, createLocalJWKSet(jwks), { issuer: partnerIssuer, audience: resource });
    const bound = await signAccessToken(frame, {}, jwk);
    expect(await statusOf(resourceGuard.check(await apiRequest(frame, bound)))).toBe(200);
  });
});

describe("scope", () => {
  const wide = "issues:read issues:write";

  it("is not widened by the host's page beyond the manifest", async () => {
    const ask = (scopes: string[]) => {
      const { assertionEndpoint } = setUp({
        endpoint: { partners: { p: { issuer: partnerIssuer, client_id: "panel", resource, scopes } } },
      });
      return assertionEndpoint.fetch(assertionRequest({ jkt: frame.jkt, scope: wide, partner: "p" }));
    };
    expect(await refusalOf(await ask(["issues:read"]))).toMatchObject({ error: "invalid_scope" });
    expect((await ask(["issues:read", "issues:write"]))?.status).toBe(200);
  });

  it("is not widened by the host's page beyond the host's policy", async () => {
    const minted = async (policy: (scope: readonly string[]) => readonly string[]) =>
      (await bodyOf<{ scope: string }>(await askHost({ endpoint: { policy: (_, { scope }) => policy(scope) } }, wide)))
        .scope;
    expect(await minted(() => ["issues:read", "admin"])).toBe("issues:read");
    expect(await minted((scope) => scope)).toBe(wide);
  });

  it("is not widened by the host's back end beyond the partner's ceiling", async () => {
    const redeem = async (ceiling: string[]) => {
      const hosts = [{ issuer: host, jwks: publicKeys([hostKey]), scopes: ceiling }];
      const assertion = await signAssertion(frame, { claims: { scope: `${wide} admin` } });
      return granted(await setUp({ grant: { hosts } }).assertionGrant.fetch(await tokenRequest(frame, assertion)));
    };
    expect(await redeem(["issues:read"])).toBe("issues:read");
    expect(await redeem(["issues:read", "admin"])).toBe("issues:read admin");
  });

  it("is not widened by the view beyond the assertion", async () => {
    const redeem = async (asserted: string) => {
      const assertion = await signAssertion(frame, { claims: { scope: asserted } });
      const request = await tokenRequest(frame, assertion, { form: { scope: wide } });
      return setUp().assertionGrant.fetch(request);
    };
    expect(await refusalOf(await redeem("issues:read"))).toMatchObject({ error: "invalid_scope" });
    expect(await granted(await redeem(wide))).toBe(wide);
  });
});

describe("audience", () => {
  it("is not the host page's, the host back end's or the view's to choose", async () => {
    const other = "https://api.other.example";
    // The host's page names a partner, not an audience: what else it sends is not looked at.
    const { assertionEndpoint, assertionGrant } = setUp();
    const asked = {
      jkt: frame.jkt,
      scope: "issues:read",
      partner: "com.trackwell.issues",
      resource: other,
      aud: other,
    };
    const { assertion } = await bodyOf<{ assertion: string }>(await assertionEndpoint.fetch(assertionRequest(asked)));
    for (const [text, form] of [
      [assertion, { resource: other }],
      [await signAssertion(frame, { claims: { resource: other } }), {}],
      [await signAssertion(frame, { claims: { aud: other } }), {}],
      [await signAssertion(frame, { claims: { aud: [partnerIssuer, other] } }), {}],
    ] as const) {
      expect((await assertionGrant.fetch(await tokenRequest(frame, text, { form })))?.status).toBe(400);
    }
    // The control: unchanged, it is good.
    expect(await granted(await assertionGrant.fetch(await tokenRequest(frame, assertion)))).toBe("issues:read");
  });
});

describe("an assertion", () => {
  it("that is stolen is worth nothing without the key, whatever origin the thief writes", async () => {
    const { assertionGrant } = setUp();
    const assertion = await signAssertion(frame);
    for (const origin of [view, host, undefined]) {
      const request = await tokenRequest(thief, assertion, { headers: { origin } });
      expect((await assertionGrant.fetch(request))?.status).toBe(origin === view ? 400 : 403);
    }
    // The control: the owner of the key redeems it, and the thief has used nothing up.
    expect((await assertionGrant.fetch(await tokenRequest(frame, assertion)))?.status).toBe(200);
  });

  it("for a key of the host page's own has nowhere to be redeemed by a page", async () => {
    const jkt = thief.jkt;
    const { assertion } = await bodyOf<{ assertion: string }>(await askHost({}, "issues:read", jkt));
    for (const [origins, expected] of [
      [[view], 403],
      [[view, host], 200],
    ] as const) {
      const { assertionGrant } = setUp({
        grant: { origins, hosts: [{ issuer: host, jwks: publicKeys([hostKey]), scopes: ["issues:read"] }] },
      });
      const request = await tokenRequest(thief, assertion, { headers: { origin: host } });
      expect((await assertionGrant.fetch(request))?.status).toBe(expected);
    }
  });

  it("that is replayed, with its key and a fresh proof, gives one token; more from a partner that remembers none", async () => {
    for (const [replay, second] of [
      [memoryReplayStore(), 400],
      [forgetful, 200],
    ] as const) {
      const { assertionGrant } = setUp({ grant: { replay } });
      const assertion = await signAssertion(frame);
      expect((await assertionGrant.fetch(await tokenRequest(frame, assertion)))?.status).toBe(200);
      expect((await assertionGrant.fetch(await tokenRequest(frame, assertion)))?.status).toBe(second);
    }
  });

  it("for another partner is refused here, and taken there", async () => {
    const other = "https://id.other.example";
    const assertion = await signAssertion(frame, { claims: { aud: other } });
    for (const [issuer, status] of [
      [partnerIssuer, 400],
      [other, 200],
    ] as const) {
      const { assertionGrant } = setUp({ grant: { issuer } });
      expect((await assertionGrant.fetch(await tokenRequest(frame, assertion)))?.status).toBe(status);
    }
  });
});

describe("life after log-out", () => {
  const partner = (isRevoked?: Setting["guard"]) => {
    const replay = memoryReplayStore();
    const sessions = endedSessions(replay);
    const { assertionGrant, resourceGuard } = setUp({ guard: { isRevoked: sessions.isRevoked, ...isRevoked } });
    const receiver = createLogoutReceiver({
      issuers: [
        { issuer: host, jwks: publicKeys([hostKey]) },
        { issuer: "https://other.example", jwks: publicKeys([hostKey]) },
      ],
      audience: partnerIssuer,
      replay,
      end: sessions.end,
    });
    const logOut = async (iss = host) => {
      const event = "http://schemas.openid.net/event/backchannel-logout";
      const times = { iat: now(), exp: now() + 120, jti: crypto.randomUUID() };
      const claims = { iss, aud: partnerIssuer, sid: "session-1", events: { [event]: {} }, ...times };
      const logout_token = await sign(claims, { typ: "logout+jwt" }, hostKey);
      return receiver.fetch(
        new Request("https://id.trackwell.example/backchannel-logout", {
          method: "POST",
          body: new URLSearchParams({ logout_token }),
        }),
      );
    };
    const signIn = async (assertion: string) =>
      (await bodyOf<{ access_token: string }>(await assertionGrant.fetch(await tokenRequest(frame, assertion))))
        .access_token;
    const use = async (token: string) => statusOf(resourceGuard.check(await apiRequest(frame, token)));
    return { logOut, signIn, use };
  };

  it("there is none: not with the token at hand, nor with one for an assertion that was at hand", async () => {
    for (const [setting, after] of [
      [undefined, 401],
      [{ isRevoked: () => false }, 200],
    ] as const) {
      const { logOut, signIn, use } = partner(setting);
      const token = await signIn(await signAssertion(frame));
      const unspent = await signAssertion(frame);
      expect(await use(token)).toBe(200);
      expect((await logOut())?.status).toBe(204);
      expect(await use(token)).toBe(after);
      expect(await use(await signIn(unspent))).toBe(after);
      // Another session of the same user is another session.
      expect(await use(await signIn(await signAssertion(frame, { claims: { sid: "session-2" } })))).toBe(200);
    }
  });

  it("is not ended by another host that names the same session", async () => {
    const { logOut, signIn, use } = partner();
    const token = await signIn(await signAssertion(frame));
    expect((await logOut("https://other.example"))?.status).toBe(204);
    expect(await use(token)).toBe(200);
    expect((await logOut())?.status).toBe(204);
    expect(await use(token)).toBe(401);
  });
});

describe("a clock that is 10 minutes off", () => {
  it.each([-600, 600])(
    "by %d s at the host: refused, for an assertion would live that much longer or shorter",
    async (off) => {
      vi.useFakeTimers({ toFake: ["Date"] });
      const right = Date.now();
      const redeem = async (clockOfHost: number) => {
        vi.setSystemTime(clockOfHost);
        const { assertion } = await bodyOf<{ assertion: string }>(await askHost({}));
        vi.setSystemTime(right);
        return (await setUp().assertionGrant.fetch(await tokenRequest(frame, assertion)))?.status;
      };
      expect(await redeem(right + off * 1_000)).toBe(400);
      expect(await redeem(right)).toBe(200);
    },
  );

  it.each([-600, 600])(
    "by %d s at the user's computer: signed in and served, with the nonces that it is given",
    async (off) => {
      const { assertionGrant, resourceGuard } = setUp();
      const iat = now() + off;
      const assertion = await signAssertion(frame);
      const redeem = async (nonce?: string | null) =>
        assertionGrant.fetch(
          await tokenRequest(frame, assertion, { proof: { claims: { iat, nonce: nonce ?? undefined } } }),
        );
      const first = await redeem();
      expect(first?.status).toBe(400);
      const { access_token } = await bodyOf<{ access_token: string }>(await redeem(first?.headers.get("dpop-nonce")));
      const use = async (nonce?: string | null) =>
        resourceGuard.check(
          await apiRequest(frame, access_token, { proof: { claims: { iat, nonce: nonce ?? undefined } } }),
        );
      const asked = await use();
      const nonce = asked.ok ? undefined : asked.response.headers.get("dpop-nonce");
      expect(await statusOf(use(nonce))).toBe(200);
      // A proof of then, without a nonce, is what a thief who kept it would have.
      expect(await statusOf(use())).toBe(401);
    },
  );
});

describe("key rotation in mid-session", () => {
  const published = (keys: () => readonly JWK[]) => async () => Response.json(publicKeys(keys()));

  it("of the host: new assertions are taken at once, old ones until the old key is gone", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const [before, after] = [await privateJwk("desk-2025"), await privateJwk("desk-2026")];
    let keys: readonly JWK[] = [before];
    const { assertionGrant, resourceGuard } = setUp({ grant: { fetch: published(() => keys) } });
    const redeem = async (jwk: JWK) =>
      assertionGrant.fetch(await tokenRequest(frame, await signAssertion(frame, {}, jwk)));
    const { access_token } = await bodyOf<{ access_token: string }>(await redeem(before));
    vi.setSystemTime(Date.now() + 6_000);
    keys = [after, before];
    expect([(await redeem(after))?.status, (await redeem(before))?.status]).toEqual([200, 200]);
    // Nobody in a panel notices: the token at hand is the partner's, and stays good.
    expect(await statusOf(resourceGuard.check(await apiRequest(frame, access_token)))).toBe(200);
    keys = [after];
    vi.setSystemTime(Date.now() + 11 * 60_000);
    expect([(await redeem(after))?.status, (await redeem(before))?.status]).toEqual([200, 400]);
  });

  it("of the partner's issuer: tokens of both keys are good while both are published", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const [before, after] = [await privateJwk("id-2025"), await privateJwk("id-2026")];
    let keys: readonly JWK[] = [before];
    const issuers = [{ issuer: partnerIssuer, jwks: `${partnerIssuer}/jwks` }];
    const { resourceGuard } = setUp({ guard: { issuers, fetch: published(() => keys) } });
    const use = async (jwk: JWK) =>
      statusOf(resourceGuard.check(await apiRequest(frame, await signAccessToken(frame, {}, jwk))));
    expect([await use(before), await use(after)]).toEqual([200, 401]);
    keys = [after, before];
    vi.setSystemTime(Date.now() + 6_000);
    expect([await use(after), await use(before)]).toEqual([200, 200]);
    keys = [after];
    vi.setSystemTime(Date.now() + 11 * 60_000);
    expect([await use(after), await use(before)]).toEqual([200, 401]);
  });
});

describe("mode exchange", () => {
  it("hands the host's page no token that it could use: not of a provider that ignores the proof either", async () => {
    const ask = async (changes: Parameters<typeof createProvider>[0]) => {
      const endpoint = createExchangeProxy({
        publicUrl: host,
        issuer: providerIssuer,
        tokenEndpoint,
        clientId: "desk",
        clientAuthentication: ClientSecretBasic("desk-secret"),
        authenticate: () => ({ user: "ada", sid: "session-1", authTime: 0 }),
        policy: (_session, { scope }) => scope,
        subjectToken: () => ({ token: "ada's own token" }),
        partners: { trackwell: { resource, scopes: ["issues:read"] } },
        fetch: createProvider(changes).fetch,
      });
      const proof = await signProof(frame, { htm: "POST", htu: tokenEndpoint });
      return endpoint.fetch(
        new Request(`${host}/panel/exchange`, {
          method: "POST",
          headers: { origin: host, "sec-fetch-site": "same-origin", "content-type": "application/json" },
          body: JSON.stringify({ proof, scope: "issues:read", partner: "trackwell" }),
        }),
      );
    };
    for (const changes of [
      { answer: { token_type: "Bearer" } },
      { claims: { cnf: undefined } },
      { claims: { cnf: { jkt: thief.jkt } } },
      { claims: { aud: "https://api.other.example" } },
      { answer: { scope: "issues:read issues:write" } },
    ]) {
      expect(await refusalOf(await ask(changes))).toMatchObject({ status: 502, error: "token_refused" });
    }
    expect((await ask({}))?.status).toBe(200);
  });
});
