import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isPattern, letsPass, parsePolicies, sourcesOf } from "./policy.js";

const page = new URL("https://app.example/embed");
const passes = (source: string, address: string, self = page) => letsPass(source.split(" "), new URL(address), self);

describe("parsePolicies", () => {
  it("parts policies by header and comma, and keeps the first of a directive", () => {
    const policies = parsePolicies(["Script-Src 'self' ;; script-src *,  default-src\t'none'", ""]);
    expect(policies.map((policy) => [...policy])).toEqual([
      [["script-src", ["'self'"]]],
      [["default-src", ["'none'"]]],
    ]);
  });

  it("falls back as browsers do, and not for what has no fallback", () => {
    const [policy = new Map()] = parsePolicies(["default-src 'none'; child-src https://a.example"]);
    expect(sourcesOf(policy, "script-src")).toEqual(["'none'"]);
    expect(sourcesOf(policy, "frame-src")).toEqual(["https://a.example"]);
    for (const directive of ["frame-ancestors", "base-uri", "form-action", "constructor"]) {
      expect(sourcesOf(policy, directive)).toBeUndefined();
    }
  });
});

describe("letsPass", () => {
  it.each([
    ["'self'", "https://app.example/x"],
    ["'self'", "wss://app.example/x"],
    ["*", "https://anything.example"],
    ["https:", "https://anything.example"],
    ["http:", "https://anything.example"],
    ["wss:", "wss://anything.example"],
    ["https://api.example", "https://api.example/v1"],
    ["HTTPS://API.example", "https://api.example/v1"],
    ["api.example", "https://api.example/v1"],
    ["https://api.example:443", "https://api.example"],
    ["https://api.example:*", "https://api.example:8443"],
    ["http://api.example", "https://api.example"],
    ["https://*.example", "https://a.b.example"],
    ["https://api.example/v1/", "https://api.example"],
    ["'none' https://api.example", "https://api.example"],
  ])("%s lets %s pass", (source, address) => expect(passes(source, address)).toBe(true));

  it.each([
    ["'none'", "https://app.example"],
    ["'self'", "https://app.example:8443"],
    ["'self'", "https://sub.app.example"],
    ["'unsafe-inline'", "https://app.example"],
    ["https:", "wss://anything.example"],
    ["https://api.example", "http://api.example"],
    ["https://api.example", "https://api.example:8443"],
    ["https://api.example:8443", "https://api.example"],
    ["https://api.example", "https://api.example.evil.example"],
    ["https://*.example", "https://example"],
    ["https://*.api.example", "https://evilapi.example"],
    ["", "https://app.example"],
  ])("%s does not let %s pass", (source, address) => expect(passes(source, address)).toBe(false));

  it("takes 'self' by the scheme of the page", () => {
    const local = new URL("http://app.localhost:4102/embed");
    for (const address of ["http://app.localhost:4102", "ws://app.localhost:4102"]) {
      expect(passes("'self'", address, local)).toBe(true);
      expect(passes("app.localhost:4102", address, local)).toBe(address.startsWith("http:"));
    }
    expect(passes("'self'", "http://app.example", page)).toBe(false);
  });
});

describe("isPattern", () => {
  it("tells what stands for more than one origin", () => {
    for (const source of ["*", "https:", "https://*.a.example", "a.example", "https://a.example:*", "data:"]) {
      expect(isPattern(source), source).toBe(true);
    }
    for (const source of ["'self'", "'none'", "https://a.example", "http://[::1]:4100"]) {
      expect(isPattern(source), source).toBe(false);
    }
  });
});

it("never throws, whatever the header says", () => {
  const source = fc.oneof(fc.string(), fc.constantFrom("*", "'self'", "https:", "https://", "[", "://:", "a:b:c"));
  fc.assert(
    fc.property(fc.array(fc.array(source).map((parts) => parts.join(" "))), (values) => {
      for (const policy of parsePolicies(values)) {
        for (const [directive, sources] of policy) {
          sourcesOf(policy, directive);
          letsPass(sources, page, page);
          sources.map(isPattern);
        }
      }
    }),
  );
});
