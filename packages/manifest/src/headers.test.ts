import { describe, expect, it } from "vitest";
import { manifest } from "../test/sample.js";
import { headersFor } from "./headers.js";

const origin = "https://app.trackwell.example";
const hosts = ["https://desk.example", "https://desk.example:8443"];

describe("headersFor", () => {
  it("gives the lines for both products", () => {
    expect(headersFor(manifest(), { hosts })).toEqual({
      host: [`Content-Security-Policy: frame-src ${origin}; connect-src 'self' ${origin}; img-src 'self' ${origin}`],
      partner: {
        manifest: [
          "Content-Type: application/json",
          "Access-Control-Allow-Origin: *",
          "Cache-Control: no-cache",
          "X-Content-Type-Options: nosniff",
        ],
        view: [
          "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; media-src 'self'; connect-src 'self' https://api.trackwell.example https://id.trackwell.example; frame-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors https://desk.example https://desk.example:8443",
          "Origin-Agent-Cluster: ?1",
          "X-Content-Type-Options: nosniff",
        ],
      },
    });
  });

  it("lets in the domains that the manifest names, each where it says", () => {
    const csp = {
      connectDomains: ["wss://live.example"],
      resourceDomains: ["https://cdn.example"],
      frameDomains: ["https://frame.example"],
      baseUriDomains: ["https://base.example"],
    };
    const { auth: _, ...rest } = manifest();
    const [line] = headersFor({ ...rest, csp, permissions: {} }, { hosts: [] }).partner.view;
    expect(line).toBe(
      "Content-Security-Policy: default-src 'none'; script-src 'self' https://cdn.example; style-src 'self' https://cdn.example; img-src 'self' https://cdn.example; font-src 'self' https://cdn.example; media-src 'self' https://cdn.example; connect-src 'self' wss://live.example; frame-src https://frame.example; base-uri https://base.example; form-action 'none'; frame-ancestors 'none'",
    );
  });

  it("keeps the sign-in's window where popups are asked for", () => {
    const lines = headersFor({ ...manifest(), permissions: { popups: {} } }, { hosts }).host;
    expect(lines).toContain("Cross-Origin-Opener-Policy: same-origin-allow-popups");
  });

  it("throws for what is no exact origin, and would be a directive or a pattern", () => {
    for (const host of [
      "*",
      "https://*.desk.example",
      "https://desk.example/",
      "http://desk.example",
      "https://a;b",
      "'self'",
      "null",
      "http://[::1]:4100",
    ]) {
      expect(() => headersFor(manifest(), { hosts: [host] })).toThrow(/^".*\.$/);
    }
    expect(() => headersFor({ ...manifest(), origin: "https://a;script-src *" }, { hosts })).toThrow(TypeError);
    // Chromium, of frame-ancestors http://[::1]:4100: "violates frame-ancestors 'none'".
    expect(() => headersFor({ ...manifest(), origin: "http://[::1]:4100" }, { hosts })).toThrow("no policy can name");
    expect(() => headersFor({ ...manifest(), csp: { frameDomains: ["*"] } }, { hosts })).toThrow(TypeError);
  });
});
