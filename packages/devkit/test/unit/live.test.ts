import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { check } from "../../src/check.js";
import type { CheckReport } from "../../src/report.js";
import { fromLines, host, manifestAt, serve, servePartner } from "../support/partner.js";

const told = ({ findings }: CheckReport) =>
  findings.map(({ severity, subject, code }) => `${severity} ${subject} ${code}`);
const codes = ({ findings }: CheckReport) => findings.map(({ severity, code }) => `${severity} ${code}`);

const policy = (...directives: string[]) => ({ "Content-Security-Policy": directives.join("; ") });
const tight = [
  "default-src 'none'",
  "script-src 'self'",
  "connect-src 'self' https://id.trackwell.example https://api.trackwell.example",
  "base-uri 'none'",
  "form-action 'none'",
];

describe("a partner that does as headersFor says", () => {
  it("has nothing against it, strictly", async () => {
    const { origin, asked } = await servePartner();
    const report = await check(origin, { hosts: [host], strict: true });
    expect(report).toMatchObject({
      format: 1,
      ok: true,
      exitCode: 0,
      live: true,
      url: `${origin}/.well-known/partner-panel.json`,
      manifest: { id: "com.trackwell.issues", origin, views: [{ name: "issue", url: `${origin}/embed/issue` }] },
      findings: [],
      headers: { manifest: [], view: [] },
      comparison: null,
    });
    // As a host's page asks, and as a browser that frames the view does: with nobody's credentials.
    expect(asked.map(({ path }) => path)).toEqual(["/.well-known/partner-panel.json", "/embed/issue"]);
    expect(asked[0]?.headers).toMatchObject({ origin: host, "sec-fetch-mode": "cors" });
    expect(asked[1]?.headers).toMatchObject({ referer: `${host}/`, "sec-fetch-dest": "iframe" });
    for (const { headers } of asked) {
      expect(headers).not.toHaveProperty("cookie");
      expect(headers).not.toHaveProperty("authorization");
    }
  });

  it("is what another becomes who pastes what the check prints", async () => {
    const bare = await servePartner({
      manifest: {
        "Content-Type": undefined,
        "Access-Control-Allow-Origin": undefined,
        "X-Content-Type-Options": undefined,
      },
      view: {
        "Content-Security-Policy": undefined,
        "Origin-Agent-Cluster": undefined,
        "X-Content-Type-Options": undefined,
      },
    });
    const report = await check(bare.origin, { hosts: [host] });
    expect(told(report)).toEqual([
      "fault manifest MANIFEST_CORS",
      "warning manifest MANIFEST_CONTENT_TYPE",
      "warning manifest NOSNIFF_MISSING",
      "fault view FRAMING_OPEN",
      "warning view CSP_MISSING",
      "warning view AGENT_CLUSTER_MISSING",
      "warning view NOSNIFF_MISSING",
    ]);
    expect(report.exitCode).toBe(1);
    const headers = { manifest: fromLines(report.headers.manifest), view: fromLines(report.headers.view) };
    const { origin } = await servePartner(headers);
    // The policy names origins of its own manifest alone, and this one is on another port.
    expect((await check(origin, { hosts: [host], strict: true })).exitCode).toBe(0);
  });

  it("is asked by its manifest's whole address, too", async () => {
    const { origin } = await servePartner();
    expect((await check(`${origin}/.well-known/partner-panel.json`, { strict: true })).exitCode).toBe(0);
  });
});

describe("the manifest's answer", () => {
  it.each<[string, Record<string, string | string[] | undefined>, string[], string[]]>([
    [
      "for another host alone",
      { "Access-Control-Allow-Origin": "https://other.example", Vary: "Origin" },
      [host],
      ["fault MANIFEST_CORS"],
    ],
    [
      "for a host that is not asked about",
      { "Access-Control-Allow-Origin": host, Vary: "Origin" },
      [],
      ["warning MANIFEST_CORS"],
    ],
    ["for this host", { "Access-Control-Allow-Origin": host, Vary: "Accept, Origin" }, [host], []],
    ["for this host, without Vary", { "Access-Control-Allow-Origin": host }, [host], ["warning MANIFEST_VARY"]],
    [
      "for one host of two",
      { "Access-Control-Allow-Origin": host, Vary: "Origin" },
      [host, "https://b.example"],
      ["fault MANIFEST_CORS", "fault FRAMING_REFUSED"],
    ],
    ["for all, twice", { "Access-Control-Allow-Origin": ["*", "*"] }, [host], ["fault MANIFEST_CORS"]],
    ["as JSON of another name", { "Content-Type": "application/manifest+json; charset=utf-8" }, [host], []],
    ["as text", { "Content-Type": "text/plain" }, [host], ["warning MANIFEST_CONTENT_TYPE"]],
    ["with a cookie", { "Set-Cookie": "a=b" }, [host], ["warning COOKIE_SET"]],
  ])("%s", async (_, manifest, hosts, expected) => {
    const { origin } = await servePartner({ manifest });
    expect(codes(await check(origin, { hosts }))).toEqual(expected);
  });

  it("may be for each host that asks", async () => {
    const { origin } = await serve((request, response) => {
      const own = request.headers.origin ?? "";
      if (request.url === "/embed/issue") {
        response.setHeader("Content-Type", "text/html");
        response.setHeader("Content-Security-Policy", "frame-ancestors https://a.example https://b.example");
      } else if (own !== "https://c.example") response.setHeader("Access-Control-Allow-Origin", own);
      response.setHeader("Vary", "Origin");
      response.end(JSON.stringify(manifestAt(origin)));
    });
    const faults = async (hosts: string[]) => {
      const { findings } = await check(origin, { hosts });
      return findings.filter(({ severity }) => severity === "fault").map(({ code }) => code);
    };
    expect(await faults(["https://a.example", "https://b.example"])).toEqual([]);
    expect(await faults(["https://a.example", "https://c.example"])).toEqual(["MANIFEST_CORS", "FRAMING_REFUSED"]);
  });
});

describe("the view's answer", () => {
  it.each<[string, Record<string, string | string[] | undefined>, string[]]>([
    ["lets any site frame it", policy(...tight, "frame-ancestors *"), ["fault FRAMING_INEXACT"]],
    ["lets any https site frame it", policy(...tight, "frame-ancestors https:"), ["fault FRAMING_INEXACT"]],
    ["has a wildcard host", policy(...tight, "frame-ancestors https://*.desk.example"), ["fault FRAMING_INEXACT"]],
    ["names the host without scheme", policy(...tight, "frame-ancestors desk.example"), ["fault FRAMING_INEXACT"]],
    [
      "names the host with a slash",
      policy(...tight, `frame-ancestors ${host}/`),
      ["fault FRAMING_INEXACT", "fault FRAMING_REFUSED"],
    ],
    ["names an IPv6 address", policy(...tight, `frame-ancestors ${host} http://[::1]:4100`), ["fault FRAMING_INEXACT"]],
    ["names another host", policy(...tight, "frame-ancestors https://other.example"), ["fault FRAMING_REFUSED"]],
    ["lets nobody frame it", policy(...tight, "frame-ancestors 'none'"), ["fault FRAMING_REFUSED"]],
    ["lets itself frame it, too", policy(...tight, `frame-ancestors 'self' ${host}`), []],
    [
      "only reports",
      { "Content-Security-Policy": tight.join("; "), "Content-Security-Policy-Report-Only": `frame-ancestors ${host}` },
      ["fault FRAMING_OPEN"],
    ],
    [
      "has a second policy against the host",
      { "Content-Security-Policy": [[...tight, `frame-ancestors ${host}`].join("; "), "frame-ancestors 'none'"] },
      ["fault FRAMING_REFUSED"],
    ],
    ["has X-Frame-Options too", { "X-Frame-Options": "DENY" }, ["warning FRAMING_CONTRADICTION"]],
    ["has X-Frame-Options alone", { ...policy(...tight), "X-Frame-Options": "SAMEORIGIN" }, ["fault FRAMING_REFUSED"]],
    [
      "lets inline scripts run",
      policy(...tight.with(1, "script-src 'self' 'unsafe-inline'"), `frame-ancestors ${host}`),
      ["warning CSP_UNSAFE"],
    ],
    [
      "lets inline scripts run, but for its nonce",
      policy(...tight.with(1, "script-src 'nonce-a1' 'unsafe-inline'"), `frame-ancestors ${host}`),
      [],
    ],
    [
      "lets eval run",
      policy(...tight.with(1, "script-src 'self' 'unsafe-eval'"), `frame-ancestors ${host}`),
      ["warning CSP_UNSAFE"],
    ],
    [
      "takes scripts from anywhere",
      policy(...tight.with(1, "script-src https:"), `frame-ancestors ${host}`),
      ["warning CSP_UNSAFE"],
    ],
    [
      "takes scripts from a host the manifest keeps quiet about",
      policy(...tight.with(1, "script-src https://cdn.example"), `frame-ancestors ${host}`),
      ["warning CSP_UNDECLARED"],
    ],
    ["has pictures as data:", policy(...tight, "img-src 'self' data:", `frame-ancestors ${host}`), []],
    [
      "sends anything anywhere",
      policy(...tight.with(2, "connect-src *"), `frame-ancestors ${host}`),
      ["warning CSP_WIDE"],
    ],
    [
      "keeps the view from its provider",
      policy(...tight.with(2, "connect-src 'self' https://api.trackwell.example"), `frame-ancestors ${host}`),
      ["fault CSP_BLOCKS"],
    ],
    [
      "keeps the view from its provider by a second policy",
      { "Content-Security-Policy": [[...tight, `frame-ancestors ${host}`].join("; "), "connect-src 'self'"] },
      ["fault CSP_BLOCKS", "fault CSP_BLOCKS"],
    ],
    [
      "opens in one policy what the other keeps shut",
      {
        "Content-Security-Policy": [
          [...tight, `frame-ancestors ${host}`].join("; "),
          "script-src * 'unsafe-inline' https://cdn.example; connect-src * https://a.example",
        ],
      },
      [],
    ],
    ["leaves the base open", policy(...tight.slice(0, 3), `frame-ancestors ${host}`), ["warning CSP_OPEN"]],
    [
      "is sandboxed out of its origin",
      policy(...tight, "sandbox allow-scripts", `frame-ancestors ${host}`),
      ["fault CSP_BLOCKS"],
    ],
    ["is no page", { "Content-Type": "application/json" }, ["fault VIEW_CONTENT_TYPE"]],
    ["is not kept in a cluster of its own", { "Origin-Agent-Cluster": "?0" }, ["warning AGENT_CLUSTER_MISSING"]],
    ["leaks its address", { "Referrer-Policy": "strict-origin, unsafe-url" }, ["warning REFERRER_LEAKS"]],
    ["keeps its address", { "Referrer-Policy": "unsafe-url, strict-origin" }, []],
    [
      "sets cookies",
      { "Set-Cookie": ["a=b; SameSite=Lax", "c=d; SameSite=None; Secure; Partitioned"] },
      ["warning COOKIE_SET"],
    ],
  ])("%s", async (_, view, expected) => {
    const { origin } = await servePartner({ view });
    expect(codes(await check(origin, { hosts: [host] }))).toEqual(expected);
  });

  it("that no host may frame is told without naming one", async () => {
    const { origin } = await servePartner({ view: policy(...tight, "frame-ancestors 'none'") });
    expect(codes(await check(origin))).toEqual(["fault FRAMING_REFUSED"]);
  });

  it("is held against the csp of the manifest", async () => {
    const csp = { connectDomains: ["https://live.example"], resourceDomains: ["https://cdn.example"] };
    expect(codes(await check((await servePartner({ members: { csp } })).origin, { hosts: [host] }))).toEqual([]);
    const { origin } = await servePartner({ members: { csp }, view: policy(...tight, `frame-ancestors ${host}`) });
    expect(codes(await check(origin, { hosts: [host] }))).toEqual(["warning CSP_BLOCKS"]);
  });

  it("on an IPv6 address can be named in no policy, and the rest is checked", async () => {
    const { origin, manifest } = await servePartner();
    const asIpv6 = JSON.parse(JSON.stringify(manifest).replaceAll(origin, "http://[::1]:1"));
    const folder = await mkdtemp(join(tmpdir(), "partner-panel-check-"));
    await writeFile(join(folder, "m.json"), JSON.stringify(asIpv6));
    const report = await check(join(folder, "m.json"), { live: true, hosts: [host] });
    await rm(folder, { recursive: true });
    expect(codes(report)).toEqual([
      "unreached MANIFEST_UNREACHED",
      "unreached VIEW_UNREACHED",
      "warning POLICY_UNSAID",
    ]);
  });

  it("on the host's own origin makes no panel", async () => {
    const { origin } = await servePartner();
    expect(codes(await check(origin, { hosts: [origin] }))).toContain("fault CONFIG_REFUSED");
  });

  it("that redirects is followed within its origin, to the headers of the page in the end", async () => {
    const { origin } = await serve((request, response) => {
      if (request.url === "/embed/issue") response.writeHead(302, { Location: "/embed/two" }).end();
      else if (request.url === "/embed/two") response.writeHead(307, { Location: `${origin}/embed/three?x=1` }).end();
      else if (request.url?.startsWith("/embed/three")) response.writeHead(200, { "Content-Type": "text/html" }).end();
      else response.setHeader("Access-Control-Allow-Origin", "*").end(JSON.stringify(manifestAt(origin)));
    });
    const report = await check(origin);
    const [first, second] = report.findings.filter(({ subject }) => subject === "view");
    expect(first).toMatchObject({ code: "VIEW_REDIRECTED", severity: "warning", url: `${origin}/embed/three?x=1` });
    expect(first?.message).toContain("/embed/three?x=1");
    expect(second?.code).toBe("FRAMING_OPEN");
  });

  it.each([
    ["to another origin", "https://evil.example/", "fault VIEW_LEAVES"],
    ["to where no address leads", "http://[", "fault VIEW_LEAVES"],
    ["round and round", "/embed/issue", "fault VIEW_REDIRECTS"],
  ])("that redirects %s is a fault", async (_, location, expected) => {
    let asked = 0;
    const { origin } = await serve((request, response) => {
      asked += 1;
      if (request.url === "/embed/issue") response.writeHead(302, { Location: location }).end();
      else response.setHeader("Access-Control-Allow-Origin", "*").end(JSON.stringify(manifestAt(origin)));
    });
    expect(codes(await check(origin)).at(-1)).toBe(expected);
    expect(asked).toBe(expected.endsWith("LEAVES") ? 2 : 7);
  });

  it("is asked for each view, in the manifest's order", async () => {
    const views = Object.fromEntries(
      Array.from({ length: 9 }, (_, index) => [`v${index}`, { entry: `/embed/${index}` }]),
    );
    const { origin } = await servePartner({
      members: { surfaces: { link: { entry: "/" }, panel: { views } } },
      view: { "Origin-Agent-Cluster": undefined },
    });
    const asked: string[] = [];
    const { findings } = await check(origin, { hosts: [host], onProgress: (what) => asked.push(what) });
    expect(findings.map(({ view }) => view)).toEqual(Object.keys(views));
    expect(asked.join(" ").split(" ")).toHaveLength(10);
  });
});
