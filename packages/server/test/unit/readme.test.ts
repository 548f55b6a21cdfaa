import { readdir, readFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { frameKey, privateJwk } from "../support.js";

const folder = new URL("../examples/", import.meta.url);
const read = (name: string | URL) => readFile(new URL(name, folder), "utf8");

describe("the README", () => {
  it("shows the examples that are compiled and run here, and no other TypeScript", async () => {
    const files = await readdir(fileURLToPath(folder));
    const sources = await Promise.all(files.map(read));
    const regions = sources
      .flatMap((source) => [...source.matchAll(/^( *)\/\/ #region \w+\n([\s\S]*?)^ *\/\/ #endregion/gm)])
      .map(([, indent = "", code = ""]) => code.replaceAll(new RegExp(`^${indent}`, "gm"), "").trim());
    const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
    const shown = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => code.trim());
    expect(regions.length).toBeGreaterThan(10);
    expect(shown.toSorted()).toEqual(regions.toSorted());
  });

  it("names every limit, by its number", async () => {
    const { serverLimits } = await import("../../src/limits.js");
    const readme = await readFile(new URL("../../README.md", import.meta.url), "utf8");
    const table = readme.slice(readme.indexOf("## Times and sizes"), readme.indexOf("## Errors"));
    for (const name of Object.keys(serverLimits)) expect(table).toContain(`\`${name}\``);
  });
});

describe("the README's examples", () => {
  beforeAll(async () => {
    vi.stubEnv("ASSERTION_KEY", JSON.stringify(await privateJwk("desk-1")));
    vi.stubEnv("CLIENT_SECRET", "secret");
    vi.stubEnv("DATABASE_URL", "postgres://localhost/none");
  });

  it("answer what they say, however they are mounted", async () => {
    const { hono, withExpress, bare } = await import("../examples/mounting.js");
    const { jkt } = await frameKey();
    const headers = {
      origin: "https://desk.example",
      "sec-fetch-site": "same-origin",
      "content-type": "application/json",
      cookie: "desk=ada",
    };
    const init = { method: "POST", headers, body: JSON.stringify({ jkt, scope: "issues:read", partner: "trackwell" }) };
    expect((await hono().request("/panel/assertion", init)).status).toBe(200);
    for (const [server, expected] of [
      [withExpress(), 200],
      // There the token endpoint is mounted, and nothing else.
      [bare(), 404],
    ] as const) {
      await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
      const { port } = server.address() as AddressInfo;
      expect((await fetch(`http://127.0.0.1:${port}/panel/assertion`, init)).status).toBe(expected);
      server.closeAllConnections();
      server.close();
    }
  });

  it("are made of options that hold", async () => {
    const { exchange, logout: hostLogout, providerLogout } = await import("../examples/host.js");
    const { link, logout, pages, viewHeaders, getIssues } = await import("../examples/partner.js");
    const post = (url: string) => new Request(url, { method: "POST", headers: { origin: "https://evil.example" } });
    expect((await exchange.fetch(post("https://desk.example/panel/exchange")))?.status).toBe(403);
    expect((await hostLogout.fetch(post("https://desk.example/panel/logout")))?.status).toBe(403);
    expect((await providerLogout.fetch(post("https://desk.example/backchannel-logout")))?.status).toBe(400);
    expect((await link.fetch(post("https://api.trackwell.example/panel/link")))?.status).toBe(403);
    expect((await logout.fetch(post("https://id.trackwell.example/backchannel-logout")))?.status).toBe(400);
    expect((await pages.fetch(new Request("https://app.trackwell.example/panel/relay")))?.status).toBe(200);
    expect((await getIssues(new Request("https://api.trackwell.example/issues"))).status).toBe(401);
    expect(new Headers(viewHeaders).get("content-security-policy")).toContain("frame-ancestors https://desk.example");
  });

  it("keep a store in Redis as a store is to be", async () => {
    const { redisReplayStore } = await import("../examples/stores.js");
    // Redis' own words for it (https://redis.io/docs/latest/commands/set): NX sets what is not there, and answers OK or nil.
    const held = new Set<string>();
    const store = redisReplayStore({
      sendCommand: async ([command, key = "", ...rest]) => {
        if (command === "EXISTS") return held.has(key) ? 1 : 0;
        expect([command, ...rest]).toEqual(["SET", "1", "NX", "EX", "61"]);
        if (held.has(key)) return null;
        held.add(key);
        return "OK";
      },
    });
    expect([
      await store.has("a"),
      await store.add("a", 60.5),
      await store.add("a", 60.5),
      await store.has("a"),
    ]).toEqual([false, true, false, true]);
  });
});
