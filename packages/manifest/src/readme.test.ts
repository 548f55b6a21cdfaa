import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { parseManifest } from "./parse.js";

const home = new URL("../", import.meta.url);
const readme = await readFile(new URL("README.md", home), "utf8");
const blocks = (language: string) =>
  [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(([, code]) => code ?? "");

it("the README's manifest holds", () => {
  expect(parseManifest(blocks("json")[0], { url: "https://app.trackwell.example/m.json" })).toMatchObject({ ok: true });
});

it("the README's snippets do what is written beneath them", async () => {
  const code = blocks("js").join("\n");
  const promised = [...code.matchAll(/^\/\/ → (.*)$/gm)].map(([, line]) => line);
  expect(promised.length).toBeGreaterThan(10);
  // As a user would: by the package's own name, so from what was built.
  const run = promisify(execFile)(process.execPath, ["--input-type=module", "--eval", code], {
    cwd: fileURLToPath(home),
  });
  expect((await run).stdout.trim().split("\n")).toEqual(promised);
});
