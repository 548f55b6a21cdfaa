import { readFileSync } from "node:fs";
import { createServer, request as httpRequest, type IncomingMessage, type Server } from "node:http";
import { createServer as createTlsServer, request as httpsRequest } from "node:https";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import type { ReadableStream as NodeStream } from "node:stream/web";
import { getRequestListener } from "@hono/node-server";
import express from "express";
import { Hono } from "hono";
import { type Endpoint, toNodeHandler } from "../src/index.js";

/** The ways that README.md shows to mount a helper, each on a server of its own, and what else is on that server. */

export interface Running {
  url: string;
  close(): void;
}

export type Mount = (endpoint: Endpoint) => Promise<Running>;

/** What an application has beside the helper, at the same address: an answer that says which body reached it. */
const ownPath = "/token";

async function listen(server: Server, scheme = "http"): Promise<Running> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `${scheme}://localhost:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

export const mounts: Record<string, Mount> = {
  Hono(endpoint) {
    const app = new Hono();
    app.use(async (context, next) => (await endpoint.fetch(context.req.raw)) ?? next());
    app.post(ownPath, async (context) => context.json({ own: await context.req.parseBody() }));
    return listen(createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false })));
  },

  Express(endpoint) {
    const app = express();
    app.use(toNodeHandler(endpoint));
    app.use(express.urlencoded());
    app.post(ownPath, (request, response) => void response.json({ own: request.body }));
    return listen(createServer(app));
  },

  "Express after express.json()"(endpoint) {
    const app = express();
    app.use(express.json());
    app.use(toNodeHandler(endpoint));
    app.use(express.urlencoded());
    app.post(ownPath, (request, response) => void response.json({ own: request.body }));
    return listen(createServer(app));
  },

  "Express after express.json() and express.urlencoded()"(endpoint) {
    const app = express();
    app.use(express.json(), express.urlencoded());
    app.use(toNodeHandler(endpoint));
    app.post(ownPath, (request, response) => void response.json({ own: request.body }));
    return listen(createServer(app));
  },

  "node:http"(endpoint) {
    const handle = toNodeHandler(endpoint);
    return listen(
      createServer((request, response) =>
        handle(request, response, () => {
          const { url, body } = request as IncomingMessage & { body?: unknown };
          response.statusCode = url === ownPath ? 200 : 404;
          response.end(JSON.stringify({ own: body }));
        }),
      ),
    );
  },
};

const certificate = (name: string) => readFileSync(new URL(`tls/${name}.pem`, import.meta.url));

/**
 * A proxy that ends TLS and takes a path off, as in front of a product: what is behind it sees http, another host and another path.
 */
export async function behindTls(upstream: string, path: string): Promise<Running> {
  const server = createTlsServer({ key: certificate("key"), cert: certificate("certificate") }, (request, response) => {
    if (!request.url?.startsWith(path)) return void response.writeHead(404).end();
    const forwarded = httpRequest(
      new URL(request.url.slice(path.length), upstream),
      { method: request.method ?? "GET", headers: { ...request.headers, host: "10.0.0.7:3000" } },
      (answer) => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    forwarded.on("error", () => response.writeHead(502).end());
    request.pipe(forwarded);
  });
  const running = await listen(server as unknown as Server, "https");
  return { ...running, url: running.url + path };
}

/** `fetch` that trusts the proxy's certificate. */
export const tlsFetch: typeof fetch = async (input, init) => {
  const request = new Request(input, init);
  const body = Buffer.from(await request.arrayBuffer());
  return new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      request.url,
      { method: request.method, headers: Object.fromEntries(request.headers), ca: certificate("certificate") },
      (answer) => {
        const status = answer.statusCode ?? 502;
        const headers = Object.entries(answer.headers).map(([name, value]): [string, string] => [name, String(value)]);
        const stream = status === 204 ? null : (Readable.toWeb(answer) as NodeStream as ReadableStream);
        resolve(new Response(stream, { status, headers }));
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
};
