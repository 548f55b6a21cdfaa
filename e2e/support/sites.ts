import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface Answer {
  status?: number;
  headers?: Record<string, string>;
  body?: string;
  /** Waits before it answers. */
  after?: Promise<unknown>;
}

export interface Site {
  /** `http://NAME.localhost:PORT`; another NAME is another site, whatever the port. */
  readonly origin: string;
  close(): Promise<void>;
}

const listen = (server: Server, port: number, host: string) =>
  new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });

/**
 * A small web site of a test's own at a free port, or at the one given: `answer` gets the path with its query. A string
 * is an HTML page.
 * Listens on both loopback addresses, for browsers resolve `*.localhost` to either.
 */
export async function startSite(
  name: string,
  answer: (path: string, request: IncomingMessage) => string | Answer | undefined,
  at = 0,
): Promise<Site> {
  const handle = async (request: IncomingMessage, response: import("node:http").ServerResponse) => {
    const found = answer(request.url ?? "/", request) ?? {
      status: 404,
      body: "Not found",
    };
    const { status = 200, headers = {}, body = "", after } = typeof found === "string" ? { body: found } : found;
    await after;
    response.writeHead(status, {
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-store",
      ...headers,
    });
    response.end(body);
  };
  const servers = [createServer(handle), createServer(handle)] as const;
  await listen(servers[0], at, "127.0.0.1");
  const { port } = servers[0].address() as AddressInfo;
  try {
    await listen(servers[1], port, "::1");
  } catch (error) {
    // A machine without IPv6 is no reason to fail; a port taken there by somebody else is.
    if ((error as NodeJS.ErrnoException).code !== "EADDRNOTAVAIL") throw error;
  }
  return {
    origin: `http://${name}.localhost:${port}`,
    async close() {
      await Promise.all(
        servers.map((server) => {
          server.closeAllConnections();
          return new Promise((resolve) => server.close(resolve));
        }),
      );
    },
  };
}
