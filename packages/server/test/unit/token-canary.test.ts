import { ClientSecretBasic } from "oauth4webapi";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  createExchangeProxy,
  createLinkEndpoint,
  createLogoutFanout,
  createLogoutReceiver,
  type Endpoint,
  endedSessions,
  memoryReplayStore,
} from "../../src/index.js";
import { publicKeys } from "../../src/keys.js";
import { createProvider, providerIssuer, tokenEndpoint } from "../provider.js";
import {
  apiRequest,
  assertionRequest,
  clientId,
  frameKey,
  hashOf,
  host,
  hostKey,
  partnerIssuer,
  resource,
  setUp,
  signAccessToken,
  signProof,
  tokenRequest,
  view,
} from "../support.js";

/** Everything secret that passes through the helpers, and everything that comes out of them. */
class Watch {
  /** By name. */
  readonly secrets = new Map<string, string>();
  readonly seen: { where: string; text: string; mayHold: readonly string[] }[] = [];

  keep(name: string, secret: string): string {
    this.secrets.set(name, secret);
    return secret;
  }

  /** Notes an answer, which may hold the secrets named and no others. */
  async answer(where: string, response: Response | undefined, ...mayHold: string[]): Promise<unknown> {
    if (!response) throw new Error(`no answer from ${where}`);
    const body = await response.text();
    this.seen.push({ where, text: `${JSON.stringify([...response.headers])} ${body}`, mayHold });
    try {
      return JSON.parse(body);
    } catch {
      return body;
    }
  }

  error(where: string, error: unknown): void {
    const texts: string[] = [];
    for (let each = error; each instanceof Error; each = each.cause)
      texts.push(each.message, each.stack ?? "", JSON.stringify({ ...each }));
    this.seen.push({ where, text: texts.join(" ") || String(error), mayHold: [] });
  }

  leaks(): string[] {
    return this.seen.flatMap(({ where, text, mayHold }) =>
      [...this.secrets]
        .filter(([name, secret]) => !mayHold.includes(name) && text.includes(secret))
        .map(([name]) => `${name} in ${where}`),
    );
  }
}

const frame = await frameKey();
let watch: Watch;
let printed: string[];

beforeEach(() => {
  watch = new Watch();
  printed = [];
  const note = (chunk: unknown) => printed.push(String(chunk)) > 0;
  for (const method of ["log", "info", "warn", "error", "debug", "trace"] as const) {
    vi.spyOn(console, method).mockImplementation((...parts: unknown[]) => void printed.push(parts.join(" ")));
  }
  vi.spyOn(process.stdout, "write").mockImplementation(note);
  vi.spyOn(process.stderr, "write").mockImplementation(note);
});

afterEach(() => {
  vi.restoreAllMocks();
});

const post = (url: string, body: string, headers: Record<string, string>) =>
  new Request(url, { method: "POST", headers, body });

const ofHostPage = {
  origin: host,
  "sec-fetch-site": "same-origin",
  "content-type": "application/json",
  cookie: "desk=ada",
};

describe("a token", () => {
  it("is in the answer that hands it out, and in no other answer, error or line of a log", async () => {
    const replay = memoryReplayStore();
    const setting = { grant: { replay }, guard: { replay, isRevoked: endedSessions(replay).isRevoked } };
    const { assertionEndpoint, assertionGrant, resourceGuard } = setUp(setting);
    watch.keep("cookie", "desk=ada");
    watch.keep("private key", String(hostKey.d));
    watch.keep("client secret", "desk-secret");
    watch.keep("subject token", "ada's own token");

    // Mode assertion, and each thing a second time, so that it is refused.
    const asked = { jkt: frame.jkt, scope: "issues:read", partner: "com.trackwell.issues" };
    const minted = (await watch.answer(
      "assertion endpoint",
      await assertionEndpoint.fetch(assertionRequest(asked)),
      "assertion",
    )) as { assertion: string };
    const assertion = watch.keep("assertion", minted.assertion);
    const redemption = await tokenRequest(frame, assertion);
    watch.keep("proof", redemption.headers.get("dpop") ?? "");
    const given = (await watch.answer("grant", await assertionGrant.fetch(redemption.clone()), "access token")) as {
      access_token: string;
    };
    const token = watch.keep("access token", given.access_token);
    await watch.answer("grant, proof again", await assertionGrant.fetch(redemption));
    await watch.answer("grant, assertion again", await assertionGrant.fetch(await tokenRequest(frame, assertion)));
    for (const form of [{ scope: assertion }, { client_id: assertion }, { resource: token }, { grant_type: undefined }])
      await assertionGrant
        .fetch(await tokenRequest(frame, assertion, { form }))
        .then((response) => response && watch.answer("grant, mangled", response));

    // The API, in all the ways that it refuses.
    for (const [where, changes] of Object.entries({
      bearer: { headers: { authorization: `Bearer ${token}` } },
      twice: { headers: { authorization: `DPoP ${token}, DPoP ${token}` } },
      "in the query": { headers: { authorization: undefined }, url: `${resource}/issues/7?access_token=${token}` },
      "no proof": { headers: { dpop: undefined } },
      "token as proof": { headers: { dpop: token } },
      "another key": { proofKey: await frameKey() },
      "wrong clock": { proof: { claims: { iat: 0 } } },
      "token as nonce": { proof: { claims: { nonce: token } } },
      "token as htu": { proof: { claims: { htu: token } } },
      "other origin": { headers: { origin: host } },
    })) {
      const access = await resourceGuard.check(await apiRequest(frame, token, changes));
      if (access.ok) throw new Error(`let in: ${where}`);
      await watch.answer(`guard, ${where}`, access.response);
    }
    for (const needs of [{ scope: "issues:write" }, { maxAge: 1 }, { acrValues: ["phr"] }]) {
      const access = await resourceGuard.check(await apiRequest(frame, token), needs);
      if (access.ok) throw new Error("let in");
      await watch.answer("guard, needs more", access.response);
    }
    const good = await resourceGuard.check(await apiRequest(frame, token));
    watch.seen.push({ where: "guard, headers", text: JSON.stringify(good.ok && good.headers), mayHold: [] });

    // Linking.
    const own = watch.keep("code token", await signAccessToken(frame));
    const link = createLinkEndpoint<string>({
      ...{ issuer: partnerIssuer, clientId, resource, origins: [view], guard: resourceGuard, replay },
      hosts: [{ issuer: host, jwks: publicKeys([hostKey]) }],
      account: ({ sub }) => sub,
      link: async () => false,
    });
    const linkAt = "https://api.trackwell.example/panel/link";
    for (const body of [JSON.stringify({ assertion }), JSON.stringify({ assertion: own }), own]) {
      const dpop = await signProof(frame, { htm: "POST", htu: linkAt, ath: await hashOf(own) });
      const headers = { origin: view, "content-type": "application/json", authorization: `DPoP ${own}`, dpop };
      await watch.answer("link", await link.fetch(post(linkAt, body, headers)));
    }

    // Mode exchange, with a provider that answers well, badly, and with the token in its own words.
    for (const [where, provider, mayHold] of [
      ["exchange", createProvider({ opaque: watch.keep("exchanged token", "canary-exchanged") }), ["exchanged token"]],
      ["exchange, Bearer", createProvider({ opaque: "canary-exchanged", answer: { token_type: "Bearer" } }), []],
      ["exchange, wide", createProvider({ opaque: "canary-exchanged", answer: { scope: "admin" } }), []],
      ["exchange, odd", createProvider({ opaque: "canary-exchanged", answer: { expires_in: "canary-exchanged" } }), []],
      ["exchange, error", { fetch: saying(400, { error: "canary-exchanged" }) }, []],
      [
        "exchange, words",
        { fetch: saying(400, { error: "invalid_grant", error_description: "canary-exchanged" }) },
        [],
      ],
      ["exchange, broken", { fetch: saying(500, "canary-exchanged ada's own token") }, []],
      ["exchange, down", { fetch: () => Promise.reject(new Error("canary-exchanged")) }, []],
    ] as const) {
      const proxy = createExchangeProxy({
        ...{ publicUrl: host, issuer: providerIssuer, tokenEndpoint, clientId: "desk" },
        clientAuthentication: ClientSecretBasic("desk-secret"),
        authenticate: () => ({ user: "ada", sid: "session-1", authTime: 0 }),
        policy: (_session, { scope }) => scope,
        subjectToken: () => ({ token: "ada's own token" }),
        partners: { trackwell: { resource, scopes: ["issues:read"] } },
        fetch: provider.fetch,
      });
      const proof = await signProof(frame, { htm: "POST", htu: tokenEndpoint });
      const body = JSON.stringify({ proof, scope: "issues:read", partner: "trackwell" });
      await watch.answer(where, await proxy.fetch(post(`${host}/panel/exchange`, body, ofHostPage)), ...mayHold);
    }

    // Log-out: the logout token is the partner's alone.
    const { end } = endedSessions(replay);
    const issuers = [{ issuer: host, jwks: publicKeys([hostKey]) }];
    const receiver = createLogoutReceiver({ issuers, audience: partnerIssuer, replay, end });
    const fanout = createLogoutFanout({
      ...{ publicUrl: host, keys: [hostKey] as const, end: () => {} },
      authenticate: () => ({ sid: "session-1" }),
      partners: { trackwell: { issuer: partnerIssuer, backchannel_logout_uri: `${partnerIssuer}/backchannel-logout` } },
      fetch: async (input, init) => {
        const request = new Request(input, init);
        watch.keep("logout token", new URLSearchParams(await request.clone().text()).get("logout_token") ?? "");
        await watch.answer("log-out receiver", await receiver.fetch(request.clone()));
        await watch.answer("log-out receiver, again", await receiver.fetch(request));
        return new Response(null, { status: 204 });
      },
    });
    await watch.answer("log-out", await fanout.fetch(post(`${host}/panel/logout`, "{}", ofHostPage)));
    const ended = await resourceGuard.check(await apiRequest(frame, token));
    if (ended.ok) throw new Error("let in after log-out");
    await watch.answer("guard, after log-out", ended.response);

    // What callbacks throw comes out as it is; nothing is added to it.
    const failing = setUp({ grant: { issue: () => Promise.reject(new Error("minting failed")) } });
    const request = await tokenRequest(frame, (await signedAnew(assertionEndpoint)).assertion);
    await failing.assertionGrant.fetch(request).catch((error: unknown) => watch.error("a callback's error", error));

    expect(watch.leaks()).toEqual([]);
    expect(printed).toEqual([]);
    // It was looked for where there was something to be found, and each secret was one.
    expect(watch.seen.length).toBeGreaterThan(35);
    expect([...watch.secrets.values()].every((secret) => secret.length > 7)).toBe(true);
  });

  it("would be found: the watch notices one in an answer, in a header, and in the cause of an error", async () => {
    watch.keep("token", "canary-token");
    await watch.answer("body", new Response("a canary-token here"));
    await watch.answer("header", new Response(null, { headers: { "x-debug": "canary-token" } }));
    await watch.answer("its own", new Response("canary-token"), "token");
    watch.error("cause", new Error("outer", { cause: new Error("canary-token") }));
    watch.error("member", Object.assign(new Error("outer"), { claims: { jti: "canary-token" } }));
    console.error("canary-token");
    process.stderr.write("canary-token");
    expect(watch.leaks()).toEqual(["token in body", "token in header", "token in cause", "token in member"]);
    expect(printed).toEqual(["canary-token", "canary-token"]);
  });
});

const saying = (status: number, body: unknown) => async () =>
  new Response(typeof body === "string" ? body : JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json" },
  });

async function signedAnew(endpoint: Endpoint): Promise<{ assertion: string }> {
  const asked = { jkt: frame.jkt, scope: "issues:read", partner: "com.trackwell.issues" };
  const response = await endpoint.fetch(assertionRequest(asked));
  return (await response?.json()) as { assertion: string };
}
