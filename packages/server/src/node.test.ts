import { createServer, request as httpRequest, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import express from "express";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { frameKey, hashOf, setUp, signAccessToken, signProof } from "../test/support.js";
import type { Endpoint } from "./endpoint.js";
import { type NodeRequest, toNodeHandler } from "./node.js";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Says what reached it. */
const mirror: Endpoint = {
  async fetch(request) {
    const { pathname, search, host } = new URL(request.url);
    const { method, headers } = request;
    return Response.json({ method, path: pathname + search, host, headers: [...headers], body: await request.text() });
  },
};

interface Mirrored {
  method: string;
  path: string;
  host: string;
  headers: [string, string][];
  body: string;
}

const parsers = { json: express.json(), form: express.urlencoded(), text: express.text(), raw: express.raw() };

describe("toNodeHandler", () => {
  it("hands a form on as it was sent, whoever has parsed it before", async () => {
    const app = express();
    app.use("/parsed", parsers.form);
    app.use(toNodeHandler(mirror));
    const url = await listen(app);
    // Names that are no paths in express' extended syntax, which OAuth has none of; and not the one that express leaves out, whoever sends it.
    const name = fc.stringMatching(/^[a-z_]{1,12}$/).filter((made) => made !== "__proto__");
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, fc.string()), { minLength: 1, maxLength: 8 }), async (pairs) => {
        const init = { method: "POST", body: new URLSearchParams(pairs) };
        const sorted = (body: string) =>
          [...new URLSearchParams(body)].sort(([a], [b]) => (a < b ? -1 : Number(a > b)));
        const [plain, parsed] = (await Promise.all(
          ["/plain", "/parsed"].map(async (path) => (await fetch(url + path, init)).json()),
        )) as [Mirrored, Mirrored];
        expect(sorted(parsed.body)).toEqual(sorted(plain.body));
      }),
      { numRuns: 50 },
    );
  });

  it.each([
    ["JSON", "json", "application/json", '{"a":[1,{"b":"ä"}]}'],
    ["text", "text", "text/plain", "grüß dich"],
    ["bytes", "raw", "application/octet-stream", "raw"],
  ] as const)("hands %s on that was parsed before", async (_, parser, type, body) => {
    const app = express();
    app.use(parsers[parser], toNodeHandler(mirror));
    const response = await fetch(await listen(app), { method: "POST", headers: { "content-type": type }, body });
    expect(((await response.json()) as Mirrored).body).toBe(body);
  });

  it("takes the body as it came where somebody kept it", async () => {
    const app = express();
    app.use(express.json({ verify: (request, _response, bytes) => void Object.assign(request, { rawBody: bytes }) }));
    app.use(toNodeHandler(mirror));
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: '{ "a" : 1 }' };
    expect(((await (await fetch(await listen(app), init)).json()) as Mirrored).body).toBe('{ "a" : 1 }');
  });

  it("says so when the body was read and is gone", async () => {
    const errors: unknown[] = [];
    const handle = toNodeHandler(mirror, { onError: (error) => errors.push(error) });
    const url = await listen(async (request, response) => {
      for await (const _ of request);
      await handle(request, response);
    });
    const response = await fetch(url, { method: "POST", body: "gone" });
    expect([response.status, await response.text()]).toEqual([500, ""]);
    expect(String(errors)).toContain("rawBody");
  });

  it("has no use for the body of what is not the endpoint's", async () => {
    const handle = toNodeHandler({ fetch: async () => undefined });
    const url = await listen(async (request, response) => {
      for await (const _ of request);
      await handle(request, response, () => response.end("somebody else's"));
    });
    expect(await (await fetch(url, { method: "POST", body: "gone" })).text()).toBe("somebody else's");
  });

  it.each([1, 60, 70, 300])("leaves a form of %d KB that is not the endpoint's to who reads it next", async (size) => {
    const { assertionGrant } = setUp();
    const app = express();
    app.use(toNodeHandler(assertionGrant), express.urlencoded({ limit: "10mb" }));
    app.post("/token", (request, response) => void response.json(request.body));
    const handle = toNodeHandler(assertionGrant);
    const bare = createServer((incoming, outgoing) =>
      handle(incoming, outgoing, async () => {
        const chunks: Uint8Array[] = [];
        for await (const chunk of incoming) chunks.push(chunk as Uint8Array);
        const { body = Object.fromEntries(new URLSearchParams(Buffer.concat(chunks).toString())) } =
          incoming as NodeRequest;
        outgoing.end(JSON.stringify(body));
      }),
    );
    const form = { grant_type: "refresh_token", refresh_token: "ä".repeat(size * 166), last: "1" };
    for (const listener of [app, bare.listeners("request")[0] as RequestListener]) {
      const url = `${await listen(listener)}/token`;
      const whole = await fetch(url, { method: "POST", body: new URLSearchParams(form) });
      expect(await whole.json()).toEqual(form);
      // As it comes from a browser far away: piece by piece, and of a length that is not told.
      const text = new URLSearchParams(form).toString();
      const pieces = Readable.from(text.match(/.{1,30000}/gs)?.map((piece) => Buffer.from(piece)) ?? []);
      const headers = { "content-type": "application/x-www-form-urlencoded" };
      const streamed = await fetch(url, {
        method: "POST",
        headers,
        body: Readable.toWeb(pieces),
        duplex: "half",
      } as RequestInit);
      expect(await streamed.json()).toEqual(form);
    }
  });

  it("keeps every value of a header apart from the others' names, and takes '//elsewhere/path' for a path", async () => {
    const url = await listen(toNodeHandler(mirror));
    const answer = await new Promise<Mirrored>((resolve, reject) => {
      const outgoing = httpRequest(
        url,
        { path: "//evil.example/token?a=b", headers: { dpop: ["one", "two"] } },
        (incoming) => {
          let text = "";
          incoming.on("data", (chunk) => {
            text += String(chunk);
          });
          incoming.on("end", () => resolve(JSON.parse(text)));
        },
      );
      outgoing.on("error", reject);
      outgoing.end();
    });
    expect(answer).toMatchObject({ path: "//evil.example/token?a=b", host: "localhost" });
    expect(answer.headers).toContainEqual(["dpop", "one, two"]);
  });

  it.each(["//evil.example/issues", "/\\evil.example/issues", "//[", "//:99999/"])(
    "a guard behind it compares the proof for %s with its own host",
    async (path) => {
      const { resourceGuard } = setUp();
      const key = await frameKey();
      const token = await signAccessToken(key);
      const errors: unknown[] = [];
      const handle = toNodeHandler(
        {
          async fetch(request) {
            const answer = await resourceGuard.fetch(request);
            if (answer) return answer;
            const access = await resourceGuard.check(request);
            return access.ok ? Response.json(access.claims.sub) : access.response;
          },
        },
        { onError: (error) => errors.push(error) },
      );
      const { port } = new URL(await listen(handle));
      const ask = async (htu: string | undefined) => {
        const headers = htu && {
          authorization: `DPoP ${token}`,
          dpop: await signProof(key, { htm: "GET", htu, ath: await hashOf(token) }),
        };
        return new Promise<number | undefined>((resolve, reject) => {
          // By its parts: an address that is parsed would lose such a path.
          const outgoing = httpRequest({ host: "127.0.0.1", port, path, ...(headers ? { headers } : {}) }, (answer) => {
            answer.resume();
            resolve(answer.statusCode);
          });
          outgoing.on("error", reject);
          outgoing.end();
        });
      };
      expect(await ask("https://evil.example/issues")).toBe(401);
      expect(await ask(undefined)).toBe(401);
      expect(await ask(`https://api.trackwell.example${path}`)).toBe(200);
      expect(errors).toEqual([]);
    },
  );

  it("sets each cookie, and the status, headers and body as they are", async () => {
    const headers: [string, string][] = [
      ["set-cookie", "a=1"],
      ["set-cookie", "b=2"],
      ["x-other", "3"],
    ];
    const url = await listen(toNodeHandler({ fetch: async () => new Response("body", { status: 418, headers }) }));
    const response = await fetch(url);
    expect([response.status, await response.text()]).toEqual([418, "body"]);
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(response.headers.get("x-other")).toBe("3");
  });

  it("gives a failure to next, and without one to onError, and tells the world nothing of it", async () => {
    const failing: Endpoint = { fetch: () => Promise.reject(new Error("secret")) };
    const app = express();
    app.use(toNodeHandler(failing));
    app.use((error: unknown, _request: unknown, response: express.Response, _next: unknown) => {
      response.status(503).end(error instanceof Error ? error.message : "");
    });
    expect(await (await fetch(await listen(app))).text()).toBe("secret");
    const errors: unknown[] = [];
    const bare = await fetch(await listen(toNodeHandler(failing, { onError: (error) => errors.push(error) })));
    expect([bare.status, await bare.text(), String(errors)]).toEqual([500, "", "Error: secret"]);
  });

  it("leaves to next what fetch cannot express", async () => {
    const handle = toNodeHandler(mirror);
    const response = { writeHead: () => {}, end: () => {} };
    for (const [method, url] of [
      ["TRACE", "/"],
      ["CONNECT", "example:443"],
      ["OPTIONS", "*"],
      ["GET", "http://elsewhere.example/"],
    ] as const) {
      const incoming = { method, url, rawHeaders: [], readableDidRead: false } as unknown as NodeRequest;
      await new Promise<void>((resolve) => void handle(incoming, response, () => resolve()));
    }
  });
});
