import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyManifest, anything, bent, sampleWith, url } from "../test/sample.js";
import { acceptManifest } from "./accept.js";
import { manifestLimits as limits } from "./limits.js";
import { parseManifest } from "./parse.js";
import { isLoopback } from "./url.js";

describe("parseManifest, whatever it is given", () => {
  it("never throws, and tells what is wrong or gives a manifest that keeps the promises", () => {
    fc.assert(
      fc.property(
        fc.oneof(anything, bent, fc.json(), fc.string({ unit: "binary" }), anyManifest),
        fc.oneof(fc.constant(url), anything),
        (json, address) => {
          const parsed = parseManifest(json, { url: address as string });
          expect(acceptManifest(json, { url: address as string })).toEqual(parsed.ok ? parsed.manifest : undefined);
          if (!parsed.ok) {
            expect(parsed.faults.length).toBeGreaterThan(0);
            for (const { pointer, code, message } of parsed.faults) {
              expect(pointer).toMatch(/^(?:\/(?:[^~/]|~[01])*)*$/u);
              expect(code).toMatch(/^[A-Z_]+$/);
              expect(message).toMatch(/\.$/);
            }
            return;
          }
          const { manifest } = parsed;
          const origin = new URL(manifest.origin);
          expect(origin.origin).toBe(manifest.origin);
          if (address !== null) expect(new URL(address as string).origin).toBe(manifest.origin);
          expect(origin.protocol === "https:" || isLoopback(origin.hostname)).toBe(true);
          for (const view of Object.values(manifest.surfaces.panel?.views ?? {})) {
            expect(new URL(view.entry, manifest.origin).origin).toBe(manifest.origin);
            for (const scope of view.scopes ?? []) expect(Object.keys(manifest.scopes)).toContain(scope);
          }
          expect(parseManifest(manifest, { url })).toEqual(parsed);
        },
      ),
      { numRuns: 500 },
    );
  });

  it("says of text what it says of the value in it", () => {
    fc.assert(
      fc.property(fc.oneof(bent, anyManifest), (json) => {
        let text: string | undefined;
        try {
          text = JSON.stringify(json);
        } catch {}
        fc.pre(text !== undefined && text.length < limits.bytes / 4 && !text.includes("__proto__"));
        expect(parseManifest(text, { url })).toEqual(parseManifest(JSON.parse(text ?? ""), { url }));
      }),
    );
  });
});

describe("parseManifest within its time", () => {
  const fill = (unit: string, before = "[", after = "]") =>
    before +
    Array(Math.floor((limits.bytes - before.length - after.length) / (unit.length + 1)))
      .fill(unit)
      .join(",") +
    after;
  const of = (count: number, each: (index: number) => unknown) =>
    Array.from({ length: count }, (_, index) => each(index));
  const dictionary = (count: number, each: (index: number) => [string, unknown]) =>
    Object.fromEntries(of(count, each) as [string, unknown][]);
  const words = dictionary(56, (n) => [`!${n}`, "\u202E"]);
  const hostile: Record<string, string> = {
    nesting: "[".repeat(limits.bytes / 2) + "]".repeat(limits.bytes / 2),
    zeros: fill("0"),
    "one member thousands of times": fill('"a":1', "{", "}"),
    blanks: " ".repeat(limits.bytes),
    commas: fill(" "),
    slashes: "/".repeat(limits.bytes),
    "a name of bidi characters": JSON.stringify({ name: "\u202E".repeat(21_000) }),
    "a name of marks": JSON.stringify({ name: `a${"\u0300".repeat(32_000)}` }),
    "an id without end": JSON.stringify({ id: `${"a.".repeat(32_000)}!` }),
    "a version of digits": JSON.stringify({ version: `1.0.0-${"1".repeat(65_000)}!` }),
    "a version of parts": JSON.stringify({ version: `1.0.0-${"1a.".repeat(21_000)}!` }),
    "an origin without end": JSON.stringify({ origin: `https://${"a.".repeat(32_000)}` }),
    "an entry to escape": JSON.stringify(sampleWith({ surfaces: { link: { entry: `/${"\u00fc".repeat(30_000)}` } } })),
    "faults in each view": JSON.stringify(
      sampleWith({
        surfaces: {
          link: { entry: "/" },
          panel: {
            views: dictionary(40, (n) => [
              `V ${n}`,
              {
                entry: `javascript:${"x".repeat(900)}`,
                scopes: ["*", "*", "a:b"],
                title: "\u202E",
                display: ["x", "x"],
                minHeight: -1.5,
                foo: 1,
              },
            ]),
          },
        },
      }),
    ),
    "domains to spell": JSON.stringify({
      csp: {
        connectDomains: of(64, (n) => `https://ü${n}${"x".repeat(200)}`),
        resourceDomains: of(64, (n) => `https://ü${n}${"x".repeat(200)}`),
      },
    }),
    "names in letters beyond ASCII": JSON.stringify({
      csp: { connectDomains: of(30, (n) => `https://${"ü".repeat(1_000)}${n}`) },
    }),
    "hidden characters in each title and reason": JSON.stringify({
      scopes: dictionary(60, (n) => [`a:b${n}`, { title: "\u200B".repeat(80), reason: "\u202E".repeat(240) }]),
    }),
    "marks in each title and reason": JSON.stringify({
      scopes: dictionary(64, (n) => [`a:b${n}`, { title: "\u0300".repeat(80), reason: "\u0300".repeat(240) }]),
    }),
    "marks in many languages": JSON.stringify({
      scopes: dictionary(15, (n) => [`a:b${n}`, { title: dictionary(60, (m) => [`en-a${m}`, "\u0300".repeat(20)]) }]),
    }),
    "paths up and down": JSON.stringify(
      sampleWith({
        surfaces: {
          link: { entry: "/" },
          panel: { views: dictionary(31, (n) => [`v${n}`, { entry: `/${"a/../".repeat(400)}` }]) },
        },
      }),
    ),
    "scopes nobody declared": JSON.stringify({
      surfaces: dictionary(10, (n) => [`s${n}`, { scopes: of(64, (m) => `${"*".repeat(90)}${m}`) }]),
    }),
    "unknown members": JSON.stringify({
      scopes: dictionary(15, (n) => [`A${n}`, dictionary(60, (m) => [`k${m}`, 1])]),
    }),
    "words in no language": JSON.stringify({
      scopes: dictionary(8, (n) => [`a:b${n}`, { title: words, reason: words }]),
    }),
    "the longest words": JSON.stringify({
      scopes: dictionary(64, (n) => [`a:b${n}`, { title: "\u202E".repeat(10), reason: "\u200B".repeat(30) }]),
    }),
  };

  // The best of as many runs as it takes: the guarantee is about the work to be done, and not about what else the machine does.
  it.each(Object.entries(hostile))("%s: under 10 ms", (_, text) => {
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(limits.bytes);
    let best = Number.POSITIVE_INFINITY;
    for (let run = 0; run < 100 && best >= 10; run += 1) {
      const start = performance.now();
      const parsed = parseManifest(text, { url });
      best = Math.min(best, performance.now() - start);
      expect(parsed.ok).toBe(false);
    }
    expect(best).toBeLessThan(10);
  });
});
