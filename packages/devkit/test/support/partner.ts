import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { headersFor, type ManifestInput } from "@partner-panel/manifest";
import { afterEach } from "vitest";

const cleanUp: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0)) await step();
});

/** A server on this machine under a name that Node does not resolve by itself. Closed after the test. */
export async function serve(listener: RequestListener): Promise<{ origin: string; server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUp.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return { origin: `http://partner.localhost:${(server.address() as AddressInfo).port}`, server };
}

/** A server that speaks for itself, byte by byte. Closed after the test. */
export async function serveBytes(onConnection: (socket: Socket) => void): Promise<string> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  cleanUp.push(
    () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  );
  return `http://partner.localhost:${(server.address() as AddressInfo).port}`;
}

export const host = "https://desk.example";

/** A manifest with a view, a scope and a sign-in, for a partner at that origin. */
export function manifestAt(origin: string, members: Partial<ManifestInput> = {}): ManifestInput {
  return {
    manifest_version: 1,
    id: "com.trackwell.issues",
    version: "2.3.0",
    name: "Trackwell Issues",
    origin,
    protocol: "^1.0.0",
    scopes: { "ticket:read": { title: "See the open ticket" } },
    auth: { issuer: "https://id.trackwell.example", client_id: "panel", resource: "https://api.trackwell.example" },
    surfaces: { link: { entry: "/" }, panel: { views: { issue: { entry: "/embed/issue", title: "Linked issue" } } } },
    ...members,
  };
}

/** Header lines by name, as a server sets them. */
export function fromLines(lines: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]),
  );
}

type Answers = Record<string, string | string[] | undefined>;

export interface Partner {
  readonly origin: string;
  readonly manifest: ManifestInput;
  /** What each path was asked with. */
  readonly asked: { path: string; headers: IncomingHttpHeaders }[];
}

/**
 * A partner that does as `headersFor` says, but for what is put over it.
 *
 * @param over headers that replace or (undefined) take away what it would send.
 */
export async function servePartner(
  over: {
    readonly members?: Partial<ManifestInput>;
    readonly manifest?: Answers;
    readonly view?: Answers;
    readonly hosts?: readonly string[];
  } = {},
): Promise<Partner> {
  const asked: Partner["asked"] = [];
  const { origin } = await serve((request, response) => {
    const path = request.url ?? "";
    asked.push({ path, headers: request.headers });
    const lines = headersFor(manifest, { hosts: over.hosts ?? [host] }).partner;
    const [body, own, changed] = path.startsWith("/.well-known/")
      ? [JSON.stringify(manifest), fromLines(lines.manifest), over.manifest]
      : ["<!doctype html><title>Issue</title>", { ...fromLines(lines.view), "Content-Type": "text/html" }, over.view];
    for (const [name, value] of Object.entries({ ...own, ...changed })) {
      if (value !== undefined) response.setHeader(name, value);
    }
    response.end(body);
  });
  const manifest = manifestAt(origin, over.members);
  return { origin, manifest, asked };
}
