import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { afterEach, describe, expect, it } from "vitest";
import { bodyOf, host, hostKey, partnerIssuer, refusalOf } from "../test/support.js";
import { endedSessions } from "./ended-sessions.js";
import { publicKeys } from "./keys.js";
import { createLogoutFanout, type LogoutFanoutOptions, type LogoutResult } from "./logout-fanout.js";
import { createLogoutReceiver } from "./logout-receiver.js";
import { toNodeHandler } from "./node.js";
import { pairwiseSubjects } from "./pairwise.js";
import { memoryReplayStore } from "./replay.js";

interface Session {
  user: string;
  sid: string;
}

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(handler: (request: IncomingMessage, response: ServerResponse) => unknown): Promise<string> {
  const server = createServer(handler);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function fanout(uris: Record<string, string>, options: Partial<LogoutFanoutOptions<Session>> = {}) {
  const happened: string[] = [];
  const endpoint = createLogoutFanout<Session>({
    publicUrl: host,
    keys: [hostKey],
    partners: Object.fromEntries(
      Object.entries(uris).map(([name, uri]) => [name, { issuer: partnerIssuer, backchannel_logout_uri: uri }]),
    ),
    authenticate: (request) =>
      request.headers.get("cookie") === "desk=ada" ? { user: "ada", sid: "session-1" } : undefined,
    end: ({ sid }) => void happened.push(`ended ${sid}`),
    report: (results) => void happened.push(...results.map(({ partner, ok }) => `${partner} ${ok}`)),
    ...options,
  });
  return { ...endpoint, happened };
}

const logOut = (headers: Record<string, string> = {}) =>
  new Request(`${host}/panel/logout`, {
    method: "POST",
    headers: {
      origin: host,
      "sec-fetch-site": "same-origin",
      "content-type": "application/json",
      cookie: "desk=ada",
      ...headers,
    },
    body: "{}",
  });

describe("createLogoutFanout", () => {
  it("ends the session at a partner that really receives it, over the network", async () => {
    const { end, isRevoked } = endedSessions(memoryReplayStore());
    const receiver = createLogoutReceiver({
      issuers: [{ issuer: host, jwks: publicKeys([hostKey]) }],
      audience: partnerIssuer,
      replay: memoryReplayStore(),
      end,
    });
    const trackwell = await listen(toNodeHandler(receiver));
    const { fetch, happened } = fanout({ trackwell: `${trackwell}/backchannel-logout` });
    const claims = { iss: partnerIssuer, host, sid: "session-1" };
    expect(await isRevoked(claims)).toBe(false);
    const { partners } = await bodyOf<{ partners: LogoutResult[] }>(await fetch(logOut()));
    expect(partners).toEqual([{ partner: "trackwell", ok: true, attempts: 1, status: 204 }]);
    expect(happened).toEqual(["ended session-1", "trackwell true"]);
    expect(await isRevoked(claims)).toBe(true);
  });

  it("makes tokens as the standard has them, with the name that this partner knows the user by", async () => {
    const tokens: string[] = [];
    const pairwise = pairwiseSubjects(new Uint8Array(32));
    const { notify } = fanout(
      { trackwell: "https://id.trackwell.example/out" },
      {
        pairwise,
        fetch: async (_, init) => {
          tokens.push(new URLSearchParams(String(init?.body)).get("logout_token") ?? "");
          return new Response(null, { status: 200 });
        },
      },
    );
    await notify({ user: "ada", sid: "session-1" });
    const [token = ""] = tokens;
    expect(decodeProtectedHeader(token)).toEqual({ typ: "logout+jwt", alg: "ES256", kid: "desk-1" });
    const { iat = 0, exp = 0, jti, ...claims } = decodeJwt(token);
    expect(claims).toEqual({
      iss: host,
      aud: partnerIssuer,
      sub: await pairwise({ user: "ada" }, { issuer: partnerIssuer }),
      sid: "session-1",
      events: { "http://schemas.openid.net/event/backchannel-logout": {} },
    });
    expect([exp - iat, typeof jti]).toEqual([120, "string"]);
  });

  it("tells the others although one is slow, one is down, one redirects and one refuses, and says which", async () => {
    const jtis: Record<string, string[]> = {};
    const answers: Record<string, (n: number, response: ServerResponse) => void> = {
      good: (_, response) => response.writeHead(200).end(),
      // The third time is soon enough.
      recovers: (n, response) => response.writeHead(n < 3 ? 503 : 204).end(),
      broken: (_, response) => response.writeHead(500).end("stack"),
      refuses: (_, response) => response.writeHead(400).end("{}"),
      redirects: (_, response) => response.writeHead(307, { location: "/good" }).end(),
      silent: () => {},
    };
    const partner = await listen(async (request, response) => {
      const name = (request.url ?? "").slice(1);
      let body = "";
      for await (const chunk of request) body += String(chunk);
      jtis[name] ??= [];
      const seen = jtis[name];
      seen.push(decodeJwt(new URLSearchParams(body).get("logout_token") ?? "").jti ?? "");
      answers[name]?.(seen.length, response);
    });
    const uris = Object.fromEntries(Object.keys(answers).map((name) => [name, `${partner}/${name}`]));
    const { fetch, happened } = fanout({ ...uris, gone: "http://127.0.0.1:1/" });
    const began = performance.now();
    const { partners } = await bodyOf<{ partners: LogoutResult[] }>(await fetch(logOut()));
    expect(performance.now() - began).toBeLessThan(15_000);
    expect(partners).toEqual([
      { partner: "good", ok: true, attempts: 1, status: 200 },
      { partner: "recovers", ok: true, attempts: 3, status: 204 },
      { partner: "broken", ok: false, attempts: 3, status: 500 },
      { partner: "refuses", ok: false, attempts: 1, status: 400 },
      { partner: "redirects", ok: false, attempts: 1, status: 307 },
      { partner: "silent", ok: false, attempts: 3 },
      { partner: "gone", ok: false, attempts: 3 },
    ]);
    expect(happened[0]).toBe("ended session-1");
    // Each time a new token: the partner may have used the last one up, and then failed.
    expect(new Set(jtis["recovers"]).size).toBe(3);
    expect(jtis["good"]).toHaveLength(1);
  }, 30_000);

  it("is for the host's own pages, and for who is signed in", async () => {
    const { fetch, happened } = fanout({});
    for (const [headers, status, error] of [
      [{ origin: "https://evil.example" }, 403, "access_denied"],
      [{ "sec-fetch-site": "same-site" }, 403, "access_denied"],
      [{ "content-type": "text/plain" }, 400, "invalid_request"],
      [{ cookie: "" }, 401, "login_required"],
    ] as const) {
      expect(await refusalOf(await fetch(logOut(headers)))).toMatchObject({ status, error });
    }
    expect((await fetch(new Request(`${host}/panel/logout`)))?.status).toBe(405);
    expect(await fetch(new Request(`${host}/panel/other`, { method: "POST" }))).toBeUndefined();
    expect(happened).toEqual([]);
    expect((await fetch(logOut()))?.status).toBe(200);
  });

  it("tells no partner when the host's own session could not be ended", async () => {
    const { fetch, happened } = fanout({}, { end: () => Promise.reject(new Error("database is down")) });
    await expect(fetch(logOut())).rejects.toThrow("database is down");
    expect(happened).toEqual([]);
  });

  it("tells a wrong configuration at once", () => {
    expect(() => fanout({ trackwell: "http://id.trackwell.example/out" })).toThrow(TypeError);
    expect(() => fanout({}, { publicUrl: "desk" })).toThrow(TypeError);
  });
});
