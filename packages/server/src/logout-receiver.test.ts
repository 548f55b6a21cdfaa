import { afterEach, describe, expect, it, vi } from "vitest";
import {
  type Changes,
  changed,
  host,
  hostKey,
  now,
  partnerIssuer,
  privateJwk,
  refusalOf,
  sign,
} from "../test/support.js";
import { endedSessions } from "./ended-sessions.js";
import { publicKeys } from "./keys.js";
import { createLogoutReceiver, type EndedSession, type LogoutReceiverOptions } from "./logout-receiver.js";
import { memoryReplayStore } from "./replay.js";

const event = "http://schemas.openid.net/event/backchannel-logout";
const otherKey = await privateJwk("other-1");

afterEach(() => {
  vi.useRealTimers();
});

function logoutToken({ claims, header }: Changes = {}, jwk = hostKey): Promise<string> {
  const honest = {
    iss: host,
    aud: partnerIssuer,
    sub: "pairwise-ada",
    sid: "session-1",
    jti: crypto.randomUUID(),
    iat: now(),
    exp: now() + 120,
    events: { [event]: {} },
  };
  return sign(changed(honest, claims), changed({ typ: "logout+jwt" }, header), jwk);
}

function receiver(options: Partial<LogoutReceiverOptions> = {}) {
  const ended: EndedSession[] = [];
  const endpoint = createLogoutReceiver({
    issuers: [
      { issuer: host, jwks: publicKeys([hostKey]) },
      { issuer: "https://other.example", jwks: publicKeys([otherKey]) },
    ],
    audience: partnerIssuer,
    replay: memoryReplayStore(),
    end: (session) => void ended.push(session),
    ...options,
  });
  const post = async (token: string, init: RequestInit = {}) =>
    endpoint.fetch(
      new Request("https://id.trackwell.example/backchannel-logout", {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ logout_token: token }).toString(),
        ...init,
      }),
    );
  return { post, ended, endpoint };
}

describe("createLogoutReceiver", () => {
  it("ends the session that a trusted issuer names", async () => {
    const { post, ended } = receiver();
    const response = await post(await logoutToken());
    expect([response?.status, response?.headers.get("cache-control")]).toEqual([204, "no-store"]);
    expect(ended).toEqual([{ issuer: host, sid: "session-1", sub: "pairwise-ada" }]);
  });

  it.each<[string, Changes, EndedSession]>([
    ["a session alone", { claims: { sub: undefined } }, { issuer: host, sid: "session-1" }],
    ["a user alone", { claims: { sid: undefined } }, { issuer: host, sub: "pairwise-ada" }],
  ])("takes a token that names %s", async (_, changes, expected) => {
    const { post, ended } = receiver();
    expect((await post(await logoutToken(changes)))?.status).toBe(204);
    expect(ended).toEqual([expected]);
  });

  it.each<[string, Changes]>([
    ["whose type is written in full", { header: { typ: "application/logout+jwt" } }],
    ["of a provider older than the type", { header: { typ: "JWT" } }],
    ["without type", { header: { typ: undefined } }],
    ["for one audience, as a list", { claims: { aud: [partnerIssuer] } }],
    ["of an issuer whose clock is 5 s fast", { claims: { iat: now() + 5, exp: now() + 125 } }],
    ["over for 5 s", { claims: { iat: now() - 125, exp: now() - 5 } }],
    ["290 s old that lives for an hour", { claims: { iat: now() - 290, exp: now() + 3_310 } }],
  ])("takes a token %s", async (_, changes) => {
    expect((await receiver().post(await logoutToken(changes)))?.status).toBe(204);
  });

  it.each<[string, Changes]>([
    ["of an issuer that is not trusted", { claims: { iss: "https://evil.example" } }],
    ["of nobody", { claims: { iss: undefined } }],
    ["in the name of another issuer", { claims: { iss: "https://other.example" } }],
    ["for another audience", { claims: { aud: "https://id.other.example" } }],
    ["for two audiences", { claims: { aud: [partnerIssuer, "https://id.other.example"] } }],
    ["for nobody", { claims: { aud: undefined } }],
    ["that is an assertion", { header: { typ: "oauth-id-jag+jwt" } }],
    ["that is an access token", { header: { typ: "at+jwt" } }],
    ["that is an ID token", { header: { typ: "JWT" }, claims: { events: undefined, nonce: "n" } }],
    ["with a nonce", { claims: { nonce: "n" } }],
    ["without events", { claims: { events: undefined } }],
    ["with another event", { claims: { events: { "http://schemas.openid.net/event/other": {} } } }],
    ["whose event is inherited", { claims: { events: { __proto__: { [event]: {} } } } }],
    ["whose event is no object", { claims: { events: { [event]: true } } }],
    ["whose events are a list", { claims: { events: [event] } }],
    ["that names nobody", { claims: { sub: undefined, sid: undefined } }],
    ["whose sid is a number", { claims: { sid: 7 } }],
    ["whose sub is a number", { claims: { sub: 7 } }],
    ["whose sid is empty and that names nobody else", { claims: { sid: "", sub: undefined } }],
    ["with a jti that is no string", { claims: { jti: 4 } }],
    ["without jti", { claims: { jti: undefined } }],
    ["with a jti of 257 characters", { claims: { jti: "j".repeat(257) } }],
    ["without iat", { claims: { iat: undefined } }],
    ["without exp", { claims: { exp: undefined } }],
    ["that is over", { claims: { iat: now() - 200, exp: now() - 80 } }],
    ["of 10 minutes ago that lives for an hour", { claims: { iat: now() - 600, exp: now() + 3_000 } }],
    ["of an issuer whose clock is 10 minutes fast", { claims: { iat: now() + 600, exp: now() + 720 } }],
  ])("refuses a token %s, and ends nothing", async (_, changes) => {
    const { post, ended } = receiver();
    const token = await logoutToken(changes);
    expect(await refusalOf(await post(token), token, "pairwise-ada", "session-1")).toMatchObject({
      status: 400,
      error: "invalid_request",
    });
    expect(ended).toEqual([]);
  });

  it("refuses a forged signature, whichever way it is forged; the true one it takes", async () => {
    const { post, ended } = receiver();
    const forger = await privateJwk("desk-1");
    const { d: _, ...shown } = forger;
    const good = await logoutToken();
    const [header, payload] = good.split(".") as [string, string];
    const none = Buffer.from(JSON.stringify({ alg: "none", typ: "logout+jwt" })).toString("base64url");
    for (const bad of [
      await logoutToken({}, forger),
      await logoutToken({ header: { jwk: shown } }, forger),
      `${none}.${payload}.`,
      `${header}.${payload}`,
      `${header}.${payload}.AAAA`,
      "x",
      "",
    ]) {
      expect((await post(bad))?.status).toBe(400);
    }
    expect(ended).toEqual([]);
    expect((await post(good))?.status).toBe(204);
  });

  it("takes a token once, in however many back ends that share a store", async () => {
    const replay = memoryReplayStore();
    const [one, two] = [receiver({ replay }), receiver({ replay })];
    const token = await logoutToken();
    const all = await Promise.all(Array.from({ length: 10 }, (_, n) => (n % 2 ? one : two).post(token)));
    expect(all.filter((response) => response?.status === 204)).toHaveLength(1);
    expect([...one.ended, ...two.ended]).toHaveLength(1);
  });

  it("remembers a token for as long as it could be taken", async () => {
    vi.useFakeTimers({ toFake: ["Date", "performance"] });
    const { post, ended } = receiver();
    const token = await logoutToken({ claims: { exp: now() + 3_600 } });
    await post(token);
    for (let passed = 0; passed < 400; passed += 10) {
      expect((await post(token))?.status).toBe(400);
      vi.advanceTimersByTime(10_000);
    }
    expect(ended).toHaveLength(1);
  });

  it("reports what could not be carried out, and does not hide what failed", async () => {
    expect((await receiver({ end: async () => false }).post(await logoutToken()))?.status).toBe(400);
    const failing = receiver({ end: () => Promise.reject(new Error("database is down")) });
    await expect(failing.post(await logoutToken())).rejects.toThrow("database is down");
  });

  it("says 503 when the issuer's keys cannot be had", async () => {
    const { post } = receiver({
      issuers: [{ issuer: host, jwks: `${host}/jwks` }],
      fetch: async () => new Response("", { status: 500 }),
    });
    expect((await post(await logoutToken()))?.status).toBe(503);
  });

  it("takes a form of one token alone, and nothing else", async () => {
    const { post, endpoint, ended } = receiver();
    const token = await logoutToken();
    const twice = `logout_token=${token}&logout_token=${token}`;
    expect((await post("", { body: twice }))?.status).toBe(400);
    expect((await post("", { body: "a=b" }))?.status).toBe(400);
    expect((await post(token, { headers: { "content-type": "application/json" } }))?.status).toBe(400);
    expect((await post("x".repeat(17_000)))?.status).toBe(413);
    const address = "https://id.trackwell.example/backchannel-logout";
    expect((await endpoint.fetch(new Request(`${address}?logout_token=${token}`)))?.status).toBe(405);
    expect(await endpoint.fetch(new Request(`${address}/more`, { method: "POST" }))).toBeUndefined();
    expect(ended).toEqual([]);
  });
});

describe("endedSessions", () => {
  const claims = { iss: partnerIssuer, host, sid: "session-1" };

  it("knows the tokens of a session that a host ended, and no others", async () => {
    const { end, isRevoked } = endedSessions(memoryReplayStore());
    expect(await isRevoked(claims)).toBe(false);
    expect(await end({ issuer: host, sid: "session-1" })).toBe(true);
    expect(await isRevoked(claims)).toBe(true);
    expect(await isRevoked({ ...claims, sid: "session-2" })).toBe(false);
    // By the same name, at another host and at the partner itself.
    expect(await isRevoked({ ...claims, host: "https://other.example" })).toBe(false);
    expect(await isRevoked({ iss: partnerIssuer, sid: "session-1" })).toBe(false);
    expect(await isRevoked({ iss: host, sid: "session-1" })).toBe(true);
    expect(await isRevoked({ iss: host })).toBe(false);
  });

  it("cannot be misled by what stands in an issuer or a sid", async () => {
    const { end, isRevoked } = endedSessions(memoryReplayStore());
    await end({ issuer: `${host} x`, sid: "session-1" });
    expect(await isRevoked({ iss: host, sid: "x session-1" })).toBe(false);
  });

  it("ends nothing without a sid, and says so; ending twice is no fault", async () => {
    const { end } = endedSessions(memoryReplayStore());
    expect(await end({ issuer: host, sub: "pairwise-ada" })).toBe(false);
    expect([await end({ issuer: host, sid: "s" }), await end({ issuer: host, sid: "s" })]).toEqual([true, true]);
  });
});
