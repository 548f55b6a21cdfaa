import { AsyncLocalStorage } from "node:async_hooks";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import type { ReadableStream } from "node:stream/web";

/** Where the views of the tests run. */
export const view = "https://app.trackwell.example";

/** Set while one of the servers works: their clocks are right, whatever that of the view's computer is. */
const serverSide = new AsyncLocalStorage<boolean>();

/** Sets the wall clock of the view's computer off by so much; the returned function puts it right. */
export function skewClock(milliseconds: number): () => void {
  const real = Date.now;
  Date.now = () => real() + (serverSide.getStore() === true ? 0 : milliseconds);
  return () => {
    Date.now = real;
  };
}

export interface Running {
  close(): void;
}

type NodeHandler = (req: IncomingMessage, res: ServerResponse) => unknown;

/** Serves on a port of its own. */
export async function listenNode(running: Running[], handle: NodeHandler): Promise<string> {
  const server = createServer((req, res) => {
    // What a server throws is to be read in the test's failure, and nobody is to wait for it.
    const fail = (error: unknown) => res.writeHead(500).end(String(error));
    serverSide.run(true, () => void Promise.resolve(handle(req, res)).catch(fail));
  });
  running.push({
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export type Handler = (request: Request) => Promise<Response | undefined>;

/** Serves `Request → Response` on a port of its own, by way of node:http. */
export async function listen(running: Running[], make: (url: string) => Handler): Promise<string> {
  let handler: Handler = async () => undefined;
  const url = await listenNode(running, async (req, res) => {
    const body = req.method === "GET" ? null : (Readable.toWeb(req) as ReadableStream);
    const init = { method: req.method, headers: req.headers, body, duplex: "half" } as RequestInit;
    const request = new Request(new URL(req.url ?? "/", "http://localhost"), init);
    const response = (await handler(request)) ?? new Response("Not found", { status: 404 });
    res.writeHead(response.status, Object.fromEntries(response.headers));
    res.end(await response.text());
  });
  handler = make(url);
  return url;
}

/** As a browser fetches from the view: with its origin. */
export const viewFetch = ((input, init) => {
  const headers = new Headers(init?.headers);
  headers.set("origin", view);
  return fetch(input, { ...init, headers });
}) as typeof fetch;
