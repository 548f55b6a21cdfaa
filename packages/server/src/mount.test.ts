import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bodyOf, type FrameKey, frameKey, hashOf, type Setting, setUp, signProof, view } from "../test/support.js";
import { type Endpoint, jwtBearerGrant } from "./index.js";

/** The way README.md mounts a helper in node:http; two back ends that know each other only by address. */
async function listen(endpoint: Endpoint): Promise<{ url: string; server: Server }> {
  const server = createServer(async (req, res) => {
    const headers = new Headers();
    for (const [name, values] of Object.entries(req.headersDistinct)) {
      for (const value of values ?? []) headers.append(name, value);
    }
    const body = req.method === "GET" || req.method === "HEAD" ? null : (Readable.toWeb(req) as ReadableStream);
    const request = new Request(new URL(req.url ?? "/", "http://localhost"), {
      method: req.method ?? "GET",
      headers,
      body,
      duplex: "half",
    } as RequestInit);
    const response = (await endpoint.fetch(request)) ?? new Response("Not found", { status: 404 });
    res.writeHead(response.status, Object.fromEntries(response.headers));
    res.end(await response.text());
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

describe("over HTTP, in node:http", () => {
  const servers: Server[] = [];
  let key: FrameKey;
  let desk: string;
  let trackwell: string;

  beforeEach(async () => {
    key = await frameKey();
    // Each back end must know its address before it is made, and has one only once it listens.
    const late = async (make: (url: string) => Endpoint) => {
      let endpoint: Endpoint | undefined;
      const { url, server } = await listen({ fetch: async (request) => endpoint?.fetch(request) });
      servers.push(server);
      endpoint = make(url);
      return url;
    };
    desk = await late((publicUrl) => setUp({ endpoint: { publicUrl } }).assertionEndpoint);
    trackwell = await late((publicUrl) => {
      const grant: Setting["grant"] = {
        publicUrl,
        hosts: [{ issuer: desk, jwks: new URL("/panel/jwks.json", desk), scopes: ["issues:read"] }],
        links: { find: (_host, subject) => subject },
        fetch: (url, init) => fetch(url, init),
      };
      const { assertionGrant, resourceGuard } = setUp({ grant, guard: { publicUrl } });
      return {
        async fetch(request) {
          const answer = (await assertionGrant.fetch(request)) ?? (await resourceGuard.fetch(request));
          if (answer || !new URL(request.url).pathname.startsWith("/api/")) return answer;
          const access = await resourceGuard.check(request, { scope: "issues:read" });
          return access.ok ? Response.json({ for: access.claims.sub }, { headers: access.headers }) : access.response;
        },
      };
    });
  });

  afterEach(() => {
    for (const server of servers.splice(0)) server.close();
  });

  const askDesk = (headers: Record<string, string> = {}) =>
    fetch(`${desk}/panel/assertion`, {
      method: "POST",
      headers: {
        origin: desk,
        "sec-fetch-site": "same-origin",
        "content-type": "application/json",
        cookie: "desk=ada",
        ...headers,
      },
      body: JSON.stringify({ jkt: key.jkt, scope: "issues:read", partner: "com.trackwell.issues" }),
    });

  const redeem = async (assertion: string, origin = view) =>
    fetch(`${trackwell}/token`, {
      method: "POST",
      headers: { origin, dpop: await signProof(key, { htm: "POST", htu: `${trackwell}/token` }) },
      body: new URLSearchParams({ grant_type: jwtBearerGrant, client_id: "panel", assertion }),
    });

  const callApi = async (token: string, holder = key, headers: Record<string, string> = {}) => {
    const htu = `${trackwell}/api/issues`;
    const dpop = await signProof(holder, { htm: "GET", htu, ath: await hashOf(token) });
    return fetch(htu, { headers: { authorization: `DPoP ${token}`, dpop, origin: view, ...headers } });
  };

  it("a frame gets from assertion to answer, and nobody else does", async () => {
    expect((await askDesk({ origin: trackwell })).status).toBe(403);
    expect((await askDesk({ cookie: "" })).status).toBe(401);
    const { assertion } = await bodyOf<{ assertion: string }>(await askDesk());

    expect((await redeem(assertion, desk)).status).toBe(403);
    const { access_token } = await bodyOf<{ access_token: string }>(await redeem(assertion));
    expect((await redeem(assertion)).status).toBe(400);

    const response = await callApi(access_token);
    expect(response.headers.get("access-control-allow-origin")).toBe(view);
    expect(await bodyOf(response)).toEqual({ for: "pairwise-ada" });
    expect((await callApi(access_token, await frameKey())).status).toBe(401);
    expect((await callApi(access_token, key, { authorization: `Bearer ${access_token}` })).status).toBe(401);
    expect((await callApi(access_token, key, { origin: desk })).status).toBe(403);
  });

  it("everything else is not theirs", async () => {
    expect((await fetch(`${desk}/api/tickets`)).status).toBe(404);
    expect((await fetch(`${trackwell}/token`, { method: "POST", body: new URLSearchParams({ a: "b" }) })).status).toBe(
      404,
    );
  });
});
