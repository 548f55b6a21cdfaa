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

/** A partner whose first answer comes when the test has it come, if somebody still wants it; later ones come at once. */
async function serveSlowly() {
  let answerFirst = () => {};
  let isGivenUp = false;
  let count = 0;
  const server = await serve((origin) => (_request, response) => {
    count += 1;
    if (count > 1) return void response.end(manifestOf(origin));
    answerFirst = () => void response.end(manifestOf(origin));
    response.once("close", () => {
      isGivenUp = !response.writableFinished;
    });
  });
  return { ...server, answerFirst: () => answerFirst(), isGivenUp: () => isGivenUp };
}

test("the fetch ends when the last who waited gives up, and the next one starts another", async () => {
  const { url, requests, isGivenUp } = await serveSlowly();
  const [first, second] = [new AbortController(), new AbortController()];
  const waiting = [first, second].map(({ signal }) => loadManifest(url, { signal }));
  const outcomes = Promise.allSettled(waiting);
  await expect.poll(() => requests.length).toBe(1);
  first.abort();
  second.abort();
  await expect.poll(isGivenUp).toBe(true);
  expect((await loadManifest(url)).id).toBe("com.partner.issues");
  for (const outcome of await outcomes) expect(outcome).toMatchObject({ reason: { code: "MANIFEST_UNREACHABLE" } });
  expect(requests).toHaveLength(2);
});

test("one who gives up takes it from nobody else, whether the address is forgotten or not", async () => {
  for (const isForgotten of [false, true]) {
    const { url, requests, answerFirst, isGivenUp } = await serveSlowly();
    const hasty = new AbortController();
    loadManifest(url, { signal: hasty.signal }).catch(() => {});
    const patient = loadManifest(url, { signal: new AbortController().signal });
    await expect.poll(() => requests.length).toBe(1);
    if (isForgotten) forgetManifest(url);
    hasty.abort();
    const again = loadManifest(url);
    if (isForgotten) expect((await again).id).toBe("com.partner.issues");
    expect(isGivenUp()).toBe(false);
    answerFirst();
    expect((await patient).id).toBe("com.partner.issues");
    expect((await again) === (await patient)).toBe(!isForgotten);
    expect(requests).toHaveLength(isForgotten ? 2 : 1);
  }
});

test("one that arrived stays, whoever gives up later", async () => {
  const { url, requests } = await serve((origin) => (_request, response) => void response.end(manifestOf(origin)));
  const later = new AbortController();
  const first = await loadManifest(url, { signal: later.signal });
  later.abort();
  expect(await loadManifest(url)).toBe(first);
  expect(requests).toHaveLength(1);
});

test("cookies and caches are left out of it", async () => {
  const seen: RequestInit[] = [];
  const { url } = await serve((origin) => (_request, response) => void response.end(manifestOf(origin)));
  await loadManifest(url, {
    fetch: (input, init) => {
      seen.push(init ?? {});
      return fetch(input, init);
    },
  });
  expect(seen[0]).toMatchObject({ cache: "no-cache", redirect: "error", credentials: "omit" });
});
