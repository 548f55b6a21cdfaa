import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { createSignInPages } from "./sign-in-pages.js";

// What the pages do, in real windows of three engines: e2e/sign-in-pages.spec.ts.

const get = async (path: string, options = {}, init?: RequestInit) =>
  createSignInPages(options).fetch(new Request(`https://app.trackwell.example${path}`, init));

const directives = (response: Response | undefined) =>
  new Map(
    (response?.headers.get("content-security-policy") ?? "").split("; ").map((directive) => {
      const [name = "", ...sources] = directive.split(" ");
      return [name, sources.join(" ")];
    }),
  );

describe.each(["/panel/callback", "/panel/relay"])("createSignInPages: %s", (path) => {
  it("may run its own script and style, and nothing else", async () => {
    const response = await get(`${path}?code=c&state=s`);
    const policy = directives(response);
    const html = (await response?.text()) ?? "";
    for (const [element, directive] of [
      ["script", "script-src"],
      ["style", "style-src"],
    ] as const) {
      const parts = [...html.matchAll(new RegExp(`<${element}>([^]*?)</${element}>`, "g"))];
      expect(parts).toHaveLength(1);
      const hash = createHash("sha256")
        .update(parts[0]?.[1] ?? "")
        .digest("base64");
      expect(policy.get(directive)).toBe(`'sha256-${hash}'`);
      policy.delete(directive);
    }
    expect(Object.fromEntries(policy)).toEqual({
      "default-src": "'none'",
      "img-src": "'self'",
      "base-uri": "'none'",
      "form-action": "'none'",
      "frame-ancestors": "'none'",
      "require-trusted-types-for": "'script'",
    });
    expect(html).not.toMatch(/\son\w+=|javascript:|src=|href=/);
  });

  it("keeps its opener, tells nobody its address, and is kept by nobody", async () => {
    const headers = (await get(path))?.headers;
    expect(headers?.get("cross-origin-opener-policy")).toBe("unsafe-none");
    expect(headers?.get("referrer-policy")).toBe("no-referrer");
    expect(headers?.get("cache-control")).toBe("no-store");
    expect(headers?.get("x-content-type-options")).toBe("nosniff");
  });

  it("is the same whatever it is asked with: nothing of the address is in it", async () => {
    const canary = await (await get(`${path}?code=canary&state=%3Cscript%3E`))?.text();
    expect(canary).toBe(await (await get(path))?.text());
  });

  it("speaks another language, escaped", async () => {
    const text = { lang: "de", title: `"Anmelden" & <mehr>` };
    const html = await (await get(path, { text }))?.text();
    expect(html).toContain('<html lang="de">');
    expect(html).toContain("<title>&#34;Anmelden&#34; &#38; &#60;mehr&#62;</title>");
  });

  it("is had by GET and HEAD alone", async () => {
    expect(await get(path, {}, { method: "POST" })).toBeUndefined();
    const head = await get(path, {}, { method: "HEAD" });
    expect([head?.status, await head?.text()]).toEqual([200, ""]);
    expect(head?.headers.get("content-security-policy")).toContain("script-src 'sha256-");
  });
});

describe("createSignInPages", () => {
  it("stands where it is told, and knows no other page", async () => {
    const options = { callbackPath: "/cb", relayPath: "/relay" };
    expect((await get("/cb", options))?.status).toBe(200);
    expect((await get("/relay", options))?.status).toBe(200);
    expect(await get("/panel/callback", options)).toBeUndefined();
    expect(await get("/cb/")).toBeUndefined();
  });
});
