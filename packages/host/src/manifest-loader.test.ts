import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "vitest";
import { forgetManifest, loadManifest } from "./manifest-loader.js";

const servers: Server[] = [];

afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
});

/** A partner's server, on an origin of its own. */
async function serve(answer: (origin: string) => RequestListener): Promise<{ url: string; requests: string[] }> {
  const requests: string[] = [];
  let listener: RequestListener = () => {};
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url} ${request.headers["cache-control"] ?? ""}`);
    listener(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  listener = answer(origin);
  return { url: `${origin}/manifest.json`, requests };
}

const manifestOf = (origin: string, more: Record<string, unknown> = {}) =>
  JSON.stringify({
    manifest_version: 1,
    id: "com.partner.issues",
    version: "1.0.0",
    name: "Issues",
    origin,
    protocol: "^1.0.0",
    surfaces: { link: { entry: "/" } },
    ...more,
  });

test("is fetched once for all who ask at a time, and afterwards", async () => {
  const { url, requests } = await serve((origin) => (_request, response) => void response.end(manifestOf(origin)));
  const [first, second] = await Promise.all([loadManifest(url), loadManifest(url)]);
  expect(first).toBe(second);
  expect(await loadManifest(url)).toBe(first);
  expect(first.id).toBe("com.partner.issues");
  expect(requests).toHaveLength(1);
});

test("is fetched again after a failure", async () => {
  let isUp = false;
  const { url } = await serve((origin) => (_request, response) => {
    response.statusCode = isUp ? 200 : 503;
    response.end(manifestOf(origin));
  });
  await expect(loadManifest(url)).rejects.toMatchObject({ code: "MANIFEST_UNREACHABLE" });
  isUp = true;
  expect((await loadManifest(url)).id).toBe("com.partner.issues");
});

test("a redirect is not followed, not even to the same origin", async () => {
  const { url, requests } = await serve((origin) => (request, response) => {
    if (request.url === "/manifest.json") response.writeHead(302, { location: "/elsewhere.json" });
    response.end(manifestOf(origin));
  });
  await expect(loadManifest(url)).rejects.toMatchObject({ code: "MANIFEST_UNREACHABLE" });
  expect(requests).toHaveLength(1);
});

test("64 KiB are counted while reading: an endless one is left after that", async () => {
  let sent = 0;
  let isClosed = false;
  const { url } = await serve(() => (_request, response) => {
    response.on("close", () => {
      isClosed = true;
    });
    const send = () => {
      while (!isClosed && response.write("x".repeat(1_024))) sent += 1_024;
      if (!isClosed) response.once("drain", send);
    };
    send();
  });
  await expect(loadManifest(url)).rejects.toMatchObject({ code: "MANIFEST_INVALID" });
  await expect.poll(() => isClosed).toBe(true);
  expect(sent).toBeLessThan(64 * 1_024 * 1_024);
});

test("exactly 64 KiB are taken, and one byte more is not", async () => {
  for (const [bytes, isTaken] of [
    [65_536, true],
    [65_537, false],
  ] as const) {
    const { url } = await serve((origin) => (_request, response) => {
      const text = manifestOf(origin);
      response.end(text + " ".repeat(bytes - text.length));
    });
    const outcome = loadManifest(url).then(
      () => true,
      () => false,
    );
    expect(await outcome, `${bytes} bytes`).toBe(isTaken);
  }
});

test("all faults are told, and another origin than the declared one is one of them", async () => {
  const { url } = await serve(
    () => (_request, response) => void response.end(manifestOf("https://other.example", { nonsense: 1 })),
  );
  const refused = await loadManifest(url).catch((error: unknown) => error);
  expect(refused).toMatchObject({ code: "MANIFEST_INVALID" });
  const faults = (refused as { cause: { pointer: string }[] }).cause.map(({ pointer }) => pointer);
  expect(faults).toContain("/origin");
  expect(faults).toContain("/nonsense");
});

test("one that takes too long can be given up, and asked for again", async () => {
  let isSlow = true;
  const { url, requests } = await serve((origin) => (_request, response) => {
    if (!isSlow) response.end(manifestOf(origin));
  });
  const waiting = loadManifest(url);
  await expect.poll(() => requests.length).toBe(1);
  forgetManifest(url);
  await expect(waiting).rejects.toMatchObject({ code: "MANIFEST_UNREACHABLE" });
  isSlow = false;
  expect((await loadManifest(url)).id).toBe("com.partner.issues");
});

test("cookies and caches are left out of it", async () => {
  const seen: RequestInit[] = [];
  const { url } = await serve((origin) => (_request, response) => void response.end(manifestOf(origin)));
  await loadManifest(url, (input, init) => {
    seen.push(init ?? {});
    return fetch(input, init);
  });
  expect(seen[0]).toMatchObject({ cache: "no-cache", redirect: "error", credentials: "omit" });
});
