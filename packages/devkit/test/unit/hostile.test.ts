import { randomBytes } from "node:crypto";
import { pipeline, Readable } from "node:stream";
import { brotliCompressSync, createBrotliCompress, createGzip, gzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { check } from "../../src/check.js";
import { manifestAt, serve, serveBytes } from "../support/partner.js";
import { run } from "../support/run.js";

const codes = ({ findings }: Awaited<ReturnType<typeof check>>) => findings.map(({ code }) => code);
const cors = {
  "Access-Control-Allow-Origin": "*",
  "Content-Type": "application/json",
  "X-Content-Type-Options": "nosniff",
};

/** Blanks, for as long as somebody reads. */
function endless(): Readable {
  const chunk = Buffer.alloc(16_384, " ");
  return new Readable({
    read() {
      this.push(chunk);
    },
  });
}

describe("a server of manifests", () => {
  it("without end is read to 64 KiB and cut off", async () => {
    const { origin } = await serve((_, response) => {
      response.writeHead(200, cors);
      pipeline(endless(), response, () => {});
    });
    const report = await check(origin);
    expect(codes(report)).toEqual(["TOO_LARGE"]);
    expect(report.exitCode).toBe(1);
  });

  it.each([
    ["gzip", createGzip],
    ["br", createBrotliCompress],
  ])("whose %s swells without end is decoded to 64 KiB and cut off", async (encoding, createCompress) => {
    const { origin } = await serve((_, response) => {
      const compress = createCompress();
      response.writeHead(200, { ...cors, "Content-Encoding": encoding });
      pipeline(endless(), compress, response, () => {});
    });
    expect(codes(await check(origin))).toEqual(["TOO_LARGE"]);
  });

  it.each([
    ["gzip", gzipSync],
    ["br", brotliCompressSync],
    ["br, gzip", (text: string) => gzipSync(brotliCompressSync(text))],
  ])("that compresses by %s is understood", async (encoding, compress) => {
    const { origin } = await serve((_, response) => {
      const { surfaces: _panel, ...manifest } = manifestAt(origin);
      const body = JSON.stringify({ ...manifest, surfaces: { link: { entry: "/" } } });
      response.writeHead(200, { ...cors, "Content-Encoding": encoding }).end(compress(body));
    });
    expect(codes(await check(origin))).toEqual([]);
  });

  it.each<[string, Record<string, string>, Buffer]>([
    ["lies about its encoding", { "Content-Encoding": "gzip" }, Buffer.from("{}")],
    ["compresses half of it", { "Content-Encoding": "gzip" }, gzipSync(randomBytes(2_000)).subarray(0, 1_000)],
    ["answers in an encoding nobody asked for", { "Content-Encoding": "zstd" }, Buffer.from("{}")],
  ])("that %s is not reached", async (_, headers, body) => {
    const { origin } = await serve((__, response) => response.writeHead(200, { ...cors, ...headers }).end(body));
    const report = await check(origin);
    expect(codes(report)).toEqual(["MANIFEST_UNREACHED"]);
    expect(report.exitCode).toBe(2);
  });

  it("that redirects, round and round or once, is not followed", async () => {
    let asked = 0;
    const { origin } = await serve((_, response) => {
      asked += 1;
      response.writeHead(302, { Location: "/.well-known/partner-panel.json" }).end();
    });
    const report = await check(origin);
    expect(codes(report)).toEqual(["MANIFEST_REDIRECTED"]);
    expect({ asked, exitCode: report.exitCode }).toEqual({ asked: 1, exitCode: 1 });
  });

  it("that answers otherwise", async () => {
    const { origin } = await serve((_, response) => response.writeHead(404).end());
    expect(codes(await check(origin))).toEqual(["MANIFEST_STATUS"]);
  });

  it.each<[string, (write: (text: string) => void, end: () => void) => void]>([
    ["says nothing", () => {}],
    ["never ends its headers", (write) => write("HTTP/1.1 200 OK\r\nX-A: ")],
    ["never ends its body", (write) => write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")],
    ["never ends its redirect", (write) => write("HTTP/1.1 302 Found\r\nLocation: /")],
  ])("that %s is left after the time limit", async (_, speak) => {
    const origin = await serveBytes((socket) =>
      speak(
        (text) => socket.write(text),
        () => socket.end(),
      ),
    );
    const report = await check(origin, { timeoutMs: 300 });
    expect(report.findings).toMatchObject([{ code: "MANIFEST_UNREACHED", severity: "unreached" }]);
    expect(report.findings[0]?.message).toContain("within 0.3 s");
  });

  it.each([
    ["no HTTP", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["nothing at all", ""],
    ["1 MB of headers", `HTTP/1.1 200 OK\r\n${`X-A: ${"a".repeat(1_000)}\r\n`.repeat(1_000)}\r\n`],
    ["one header of 1 MB", `HTTP/1.1 200 OK\r\nX-A: ${"a".repeat(1_000_000)}\r\n\r\n`],
    ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
    ["less than it said", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nab"],
    ["less than it said, compressed", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 10\r\n\r\n\u001f"],
  ])("that answers %s is not reached, in words", async (_, bytes) => {
    const origin = await serveBytes((socket) => socket.once("data", () => socket.end(bytes)));
    const report = await check(origin);
    expect(report).toMatchObject({ exitCode: 2, findings: [{ code: "MANIFEST_UNREACHED" }] });
    expect(report.findings[0]?.message).toMatch(/^http:\/\/partner\.localhost:[0-9]+ .+\.$/);
  });

  it("that is not there", async () => {
    const { origin, server } = await serve(() => {});
    await new Promise((resolve) => server.close(resolve));
    const { findings } = await check(origin);
    expect(findings[0]?.message).toContain("nothing listens there");
  });

  it("that speaks no TLS where it should", async () => {
    const { origin } = await serve(() => {});
    expect((await check(origin.replace("http:", "https:"))).findings).toMatchObject([{ code: "MANIFEST_UNREACHED" }]);
  });
});

describe("a server of views", () => {
  const behind = async (view: Parameters<typeof serve>[0]) => {
    const { origin } = await serve((request, response) => {
      if (request.url === "/embed/issue") view(request, response);
      else response.writeHead(200, cors).end(JSON.stringify(manifestAt(origin)));
    });
    return origin;
  };

  it("without end is not read, and not kept waiting", async () => {
    let left: Promise<unknown> = Promise.reject(new Error("was not asked"));
    left.catch(() => {});
    const origin = await behind((_, response) => {
      left = new Promise((resolve) => response.once("close", resolve));
      response.writeHead(200, { "Content-Type": "text/html" });
      pipeline(endless(), response, () => {});
    });
    expect(codes(await check(origin))).toContain("FRAMING_OPEN");
    await left;
  });

  it("one of which says nothing, and another is at fault: the fault is what the status tells", async () => {
    const views = { silent: { entry: "/silent" }, open: { entry: "/open" } };
    const { origin } = await serve((request, response) => {
      const surfaces = { link: { entry: "/" }, panel: { views } };
      if (request.url === "/open") response.writeHead(200, { "Content-Type": "text/html" }).end();
      else if (request.url !== "/silent")
        response.writeHead(200, cors).end(JSON.stringify(manifestAt(origin, { surfaces })));
    });
    const report = await check(origin, { timeoutMs: 300 });
    expect(codes(report).slice(0, 2)).toEqual(["VIEW_UNREACHED", "FRAMING_OPEN"]);
    expect(report.exitCode).toBe(1);
  });

  it("that says nothing leaves the rest of the report", async () => {
    const report = await check(await behind(() => {}), { timeoutMs: 300 });
    expect(report).toMatchObject({
      exitCode: 2,
      manifest: { version: "2.3.0" },
      findings: [{ code: "VIEW_UNREACHED" }],
    });
  });
});

it("cannot move the cursor of whoever reads the report", async () => {
  // What HTTP lets through of control characters: the C1 half, with an escape of its own.
  const location = "/\u009b2J";
  const origin = await serveBytes((socket) => {
    socket.once("data", () => socket.end(Buffer.from(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\n\r\n`, "latin1")));
  });
  const redirected = await run(["check", origin]);
  expect(redirected.stdout).toContain("[U+009B]2J");
  const hidden = `\u001b[2J${location}\u202E`;
  const { origin: other } = await serve((_, response) => {
    response.writeHead(200, cors).end(JSON.stringify({ ...manifestAt(other), name: hidden, [hidden]: hidden }));
  });
  const named = await run(["check", other]);
  expect(named.stdout).toContain("[U+001B]");
  for (const { stdout, code } of [redirected, named]) {
    expect(code).toBe(1);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
    expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
  }
});
