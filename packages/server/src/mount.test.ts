import { decodeJwt } from "jose";
import { ClientSecretBasic } from "oauth4webapi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { behindTls, type Mount, mounts, type Running, tlsFetch } from "../test/mounts.js";
import { createProvider, providerIssuer, tokenEndpoint } from "../test/provider.js";
import {
  bodyOf,
  clientId,
  type FrameKey,
  frameKey,
  hashOf,
  hostKey,
  partnerIssuer,
  resource,
  type Setting,
  setUp,
  signAccessToken,
  signProof,
  view,
} from "../test/support.js";
import {
  createExchangeProxy,
  createLinkEndpoint,
  createLogoutFanout,
  createLogoutReceiver,
  createSignInPages,
  type Endpoint,
  endedSessions,
  jwtBearerGrant,
  type LogoutResult,
} from "./index.js";

/** Where a suite runs: how a helper is mounted, what is in front of it, and how its server is reached. */
interface Setup {
  mount: Mount;
  fetch: typeof fetch;
}

const behindProxy: Setup = {
  fetch: tlsFetch,
  async mount(endpoint) {
    const upstream = await mounts["Express after express.json()"]?.(endpoint);
    if (!upstream) throw new Error("no such mount");
    const proxy = await behindTls(upstream.url, "/behind");
    const close = () => {
      proxy.close();
      upstream.close();
    };
    return { url: proxy.url, close };
  },
};

const setups: [string, Setup][] = [
  ...Object.entries(mounts).map(([name, mount]): [string, Setup] => [name, { mount, fetch }]),
  ["behind a proxy that ends TLS and takes a path off", behindProxy],
];

/** Several helpers at one address: the first that knows a request answers it. */
const together = (...endpoints: Endpoint[]): Endpoint => ({
  async fetch(request) {
    for (const endpoint of endpoints) {
      const response = await endpoint.fetch(request);
      if (response) return response;
    }
    return undefined;
  },
});

describe.each(setups)("mounted: %s", (_, { mount, fetch }) => {
  const running: Running[] = [];
  let key: FrameKey;
  let desk: string;
  let trackwell: string;

  beforeEach(async () => {
    key = await frameKey();
    // Each back end must know its address before it is made, and has one only once it listens.
    const late = async (make: (url: string) => Endpoint) => {
      let endpoint: Endpoint | undefined;
      const server = await mount({ fetch: async (request) => endpoint?.fetch(request) });
      running.push(server);
      endpoint = make(server.url);
      return server.url;
    };
    let deskEndpoint: Endpoint | undefined;
    desk = await late((publicUrl) => {
      deskEndpoint = setUp({ endpoint: { publicUrl } }).assertionEndpoint;
      return { fetch: async (request) => deskEndpoint?.fetch(request) };
    });
    trackwell = await late((publicUrl) => {
      const { end, isRevoked } = endedSessions(setUp().replay);
      const links = new Map<string, string>();
      const hosts = [{ issuer: desk, jwks: `${desk}/panel/jwks.json`, scopes: ["issues:read"] }];
      const grant: Setting["grant"] = {
        publicUrl,
        hosts,
        links: { find: (host, subject) => links.get(`${host} ${subject}`) },
        fetch,
      };
      const { assertionGrant, resourceGuard, replay } = setUp({ grant, guard: { publicUrl, isRevoked } });
      const api: Endpoint = {
        async fetch(request) {
          if (!new URL(request.url).pathname.startsWith("/api/")) return undefined;
          const access = await resourceGuard.check(request, { scope: "issues:read" });
          return access.ok ? Response.json({ for: access.claims.sub }, { headers: access.headers }) : access.response;
        },
      };
      const link = createLinkEndpoint<string>({
        ...{ issuer: partnerIssuer, clientId, resource, hosts, origins: [view], guard: resourceGuard, replay, fetch },
        account: ({ sub }) => sub,
        async link(host, subject, account) {
          links.set(`${host} ${subject}`, account);
          return true;
        },
      });
      const logout = createLogoutReceiver({ issuers: hosts, audience: partnerIssuer, replay, end, fetch });
      return together(assertionGrant, resourceGuard, link, logout, createSignInPages(), api);
    });
    const fanout = createLogoutFanout({
      publicUrl: desk,
      keys: [hostKey],
      partners: { trackwell: { issuer: partnerIssuer, backchannel_logout_uri: `${trackwell}/backchannel-logout` } },
      authenticate: () => ({ sid: "session-1" }),
      end: () => {},
      fetch,
    });
    const exchange = createExchangeProxy<{ user: string }>({
      publicUrl: desk,
      issuer: providerIssuer,
      tokenEndpoint,
      clientId: "desk",
      clientAuthentication: ClientSecretBasic("desk-secret"),
      authenticate: (request) => (request.headers.get("cookie") === "desk=ada" ? { user: "ada" } : undefined),
      policy: (_session, { scope }) => scope,
      subjectToken: ({ user }) => ({ token: `${user}'s own token` }),
      partners: { trackwell: { resource, scopes: ["issues:read"] } },
      fetch: createProvider().fetch,
    });
    deskEndpoint = together(setUp({ endpoint: { publicUrl: desk } }).assertionEndpoint, exchange, fanout);
  });

  afterEach(() => {
    for (const server of running.splice(0)) server.close();
  });

  const ofDesk = (path: string, body: unknown, headers: Record<string, string> = {}) =>
    fetch(desk + path, {
      method: "POST",
      headers: {
        origin: new URL(desk).origin,
        "sec-fetch-site": "same-origin",
        "content-type": "application/json",
        cookie: "desk=ada",
        ...headers,
      },
      body: JSON.stringify(body),
    });

  const askDesk = (headers?: Record<string, string>) =>
    ofDesk("/panel/assertion", { jkt: key.jkt, scope: "issues:read", partner: "com.trackwell.issues" }, headers);

  const assertion = async () => (await bodyOf<{ assertion: string }>(await askDesk())).assertion;

  const redeem = async (text: string, { origin = view, htu = `${trackwell}/token` } = {}) =>
    fetch(`${trackwell}/token`, {
      method: "POST",
      headers: { origin, dpop: await signProof(key, { htm: "POST", htu }) },
      body: new URLSearchParams({ grant_type: jwtBearerGrant, client_id: "panel", assertion: text }),
    });

  const withToken = async (path: string, token: string, init: RequestInit = {}, holder = key) => {
    const htu = trackwell + path;
    const dpop = await signProof(holder, { htm: init.method ?? "GET", htu, ath: await hashOf(token) });
    const headers = { authorization: `DPoP ${token}`, dpop, origin: view, ...init.headers };
    return fetch(htu, { ...init, headers });
  };

  const link = async () => {
    const token = await signAccessToken(key, { claims: { sid: "of-trackwell" } });
    const body = JSON.stringify({ assertion: await assertion() });
    const headers = { "content-type": "application/json" };
    return withToken("/panel/link", token, { method: "POST", headers, body });
  };

  it("a frame gets from assertion to answer, and nobody else does", async () => {
    expect((await askDesk({ origin: "https://evil.example" })).status).toBe(403);
    expect((await askDesk({ cookie: "" })).status).toBe(401);
    expect((await link()).status).toBe(204);
    const text = await assertion();
    expect((await redeem(text, { origin: desk })).status).toBe(403);
    const { access_token } = await bodyOf<{ access_token: string }>(await redeem(text));
    expect((await redeem(text)).status).toBe(400);

    const response = await withToken("/api/issues", access_token);
    expect(response.headers.get("access-control-allow-origin")).toBe(view);
    expect(await bodyOf(response)).toEqual({ for: "ada.t" });
    expect((await withToken("/api/issues", access_token, {}, await frameKey())).status).toBe(401);
    const bearer = { headers: { authorization: `Bearer ${access_token}` } };
    expect((await withToken("/api/issues", access_token, bearer)).status).toBe(401);
    expect((await withToken("/api/issues", access_token, { headers: { origin: desk } })).status).toBe(403);
  });

  it("a token of the provider that both trust is exchanged for the frame's key, once and for the host's own page", async () => {
    const proof = await signProof(key, { htm: "POST", htu: tokenEndpoint });
    const asking = { proof, scope: "issues:read", partner: "trackwell" };
    expect((await ofDesk("/panel/exchange", asking, { origin: "https://evil.example" })).status).toBe(403);
    expect((await ofDesk("/panel/exchange", asking, { cookie: "" })).status).toBe(401);
    const response = await ofDesk("/panel/exchange", asking);
    expect(response.status).toBe(200);
    const answer = await bodyOf<{ access_token: string }>(response);
    expect(answer).toMatchObject({ token_type: "DPoP", scope: "issues:read" });
    expect(decodeJwt(answer.access_token)).toMatchObject({ aud: resource, cnf: { jkt: key.jkt } });
    expect((await ofDesk("/panel/exchange", asking)).status).toBe(400);
  });

  it("a log-out at the host closes the partner's API to the session", async () => {
    await link();
    const { access_token } = await bodyOf<{ access_token: string }>(await redeem(await assertion()));
    expect((await withToken("/api/issues", access_token)).status).toBe(200);
    const { partners } = await bodyOf<{ partners: LogoutResult[] }>(await ofDesk("/panel/logout", {}));
    expect(partners).toEqual([{ partner: "trackwell", ok: true, attempts: 1, status: 204 }]);
    expect((await withToken("/api/issues", access_token)).status).toBe(401);
  });

  it("an unlinked user is asked to sign in, and is in once linked", async () => {
    expect(await (await redeem(await assertion())).json()).toMatchObject({ error: "interaction_required" });
    expect((await link()).status).toBe(204);
    expect((await redeem(await assertion())).status).toBe(200);
  });

  it("proofs are for the public address, whatever the server itself is called", async () => {
    await link();
    for (const htu of ["http://10.0.0.7:3000/token", "http://localhost/token", `${trackwell}/token/`]) {
      expect(await (await redeem(await assertion(), { htu })).json()).toMatchObject({ error: "invalid_dpop_proof" });
    }
    expect((await redeem(await assertion())).status).toBe(200);
  });

  it("two proofs or two tokens in one request are refused", async () => {
    await link();
    const { access_token } = await bodyOf<{ access_token: string }>(await redeem(await assertion()));
    const htu = `${trackwell}/api/issues`;
    const proof = async () => signProof(key, { htm: "GET", htu, ath: await hashOf(access_token) });
    const send = (headers: [string, string][]) => fetch(htu, { headers: [["origin", view], ...headers] });
    const authorization = `DPoP ${access_token}`;
    const good: [string, string] = ["dpop", await proof()];
    const twice = await send([
      ["authorization", authorization],
      ["dpop", await proof()],
      ["dpop", await proof()],
    ]);
    expect(twice.status).toBe(401);
    expect((await send([["authorization", authorization], good])).status).toBe(200);
  });

  it("the metadata and the static pages are served", async () => {
    const metadata = await bodyOf(await fetch(`${trackwell}/.well-known/oauth-protected-resource/v1`));
    expect(metadata).toMatchObject({ resource, dpop_bound_access_tokens_required: true });
    const page = await fetch(`${trackwell}/panel/callback`);
    expect(page.status).toBe(200);
    expect(page.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(await page.text()).toContain("<!doctype html>");
  });

  it("everything else goes on to who comes next, with its body even where that was looked into", async () => {
    expect((await fetch(`${desk}/api/tickets`)).status).toBe(404);
    const body = new URLSearchParams([
      ["grant_type", "authorization_code"],
      ["code", "c"],
    ]);
    // The grant reads a form at its own address to see which grant it is.
    const own = await bodyOf(await fetch(`${trackwell}/token`, { method: "POST", body }));
    expect(own).toEqual({ own: { grant_type: "authorization_code", code: "c" } });
  });
});
