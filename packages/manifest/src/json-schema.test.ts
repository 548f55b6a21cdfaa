import { readdir, readFile } from "node:fs/promises";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import * as v from "valibot";
import { describe, expect, it } from "vitest";
import { anyManifest, bent, sample, sampleWith } from "../test/sample.js";
import { manifestLimits } from "./limits.js";
import { parseManifest } from "./parse.js";
import { readJson } from "./read.js";
import { manifestSchema } from "./schema.js";
import { table } from "./shape-table.js";

// The scripts that write the two; plain JavaScript, so that Node runs them as they are.
const script = (name: string) => import(new URL(`../scripts/${name}`, import.meta.url).href);
const { jsonSchemaOf }: { jsonSchemaOf(schema: unknown, members: number): unknown } = await script("json-schema.mjs");
const { shapeOf }: { shapeOf(schema: unknown): unknown } = await script("shape.mjs");
const published: Record<string, unknown> = JSON.parse(await readFile(new URL("./v1.json", import.meta.url), "utf8"));
const accepts = new Ajv2020({ strict: true, strictTypes: false, allErrors: true }).compile(published);

describe("the checks", () => {
  it("are what the schema yields (npm run schema writes them anew)", () => {
    expect(table).toEqual(shapeOf(manifestSchema));
  });

  it("load neither the schema nor its library", async () => {
    const here = new URL("./", import.meta.url);
    for (const name of await readdir(here)) {
      if (!name.endsWith(".ts") || name.endsWith(".test.ts") || name.startsWith("schema")) continue;
      const imports = (await readFile(new URL(name, here), "utf8")).matchAll(
        /^(?:import|export) (?!type )[^;]*? from "(.*)";$/gm,
      );
      for (const [, from] of imports) expect(["valibot", "./schema.js", "./schema-parts.js"], name).not.toContain(from);
    }
  });

  it("take nothing that the schema, by its own library, does not take, and give what it gives", () => {
    let held = 0;
    fc.assert(
      fc.property(fc.oneof(bent, anyManifest), (json) => {
        const parsed = parseManifest(json, { url: null });
        if (!parsed.ok) return;
        held += 1;
        const { output, issues } = v.safeParse(manifestSchema, parsed.manifest);
        expect(issues).toBeUndefined();
        expect(parsed.manifest).toEqual(output);
      }),
      { numRuns: 1_000 },
    );
    expect(held).toBeGreaterThan(100);
  });

  it("refuse what the schema refuses", () => {
    fc.assert(
      fc.property(bent, (json) => {
        const { value } = readJson(json);
        fc.pre(!v.safeParse(manifestSchema, value).success);
        expect(parseManifest(json, { url: null }).ok).toBe(false);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe("v1.json", () => {
  it("is what the schema yields (npm run schema writes it anew)", () => {
    expect(published).toEqual(jsonSchemaOf(manifestSchema, manifestLimits.members));
    expect(published["$schema"]).toBe("https://json-schema.org/draft/2020-12/schema");
  });

  it("accepts what holds", () => {
    expect(accepts(sample()), JSON.stringify(accepts.errors)).toBe(true);
    expect(accepts(sampleWith({ "x-own": [1], name: { en: "Issues" } }))).toBe(true);
    fc.assert(
      fc.property(anyManifest, (manifest) => {
        expect(accepts(manifest), JSON.stringify(accepts.errors)).toBe(true);
      }),
    );
  });

  it.each<[string, Record<string, unknown>]>([
    ["an unknown member", { extra: 1 }],
    ["an unknown surface", { surfaces: { link: { entry: "/" }, wormhole: {} } }],
    ["an unknown permission", { permissions: { "allow-modals": {} } }],
    ["no link", { surfaces: {} }],
    ["a wildcard", { scopes: { "ticket:*": { title: "x" } } }],
    ["a scope twice", { auth: { ...sample().auth, scopes: ["a", "a"] } }],
    ["another format", { manifest_version: 2 }],
    ["a name too long", { name: "x".repeat(manifestLimits.title + 1) }],
    ["no views", { surfaces: { link: { entry: "/" }, panel: { views: {} } } }],
  ])("refuses %s", (_, members) => {
    expect(accepts(sampleWith(members))).toBe(false);
  });

  it("explains its members to whoever writes one", () => {
    const properties = published["properties"] as Record<string, { description?: string }>;
    for (const [name, { description }] of Object.entries(properties)) expect(description, name).toMatch(/\.$/);
  });
});
