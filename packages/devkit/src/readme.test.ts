import { readdir, readFile } from "node:fs/promises";
import { expect, it } from "vitest";

const here = new URL("./", import.meta.url);
const readme = await readFile(new URL("../README.md", here), "utf8");

it("the README's table has every code that the source tells, and no other", async () => {
  const files = (await readdir(here)).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts"));
  const sources = await Promise.all(files.map((name) => readFile(new URL(name, here), "utf8")));
  const told = new Set(
    sources.flatMap((source) => [...source.matchAll(/"([A-Z]+(?:_[A-Z]+)*)"/g)].map(([, code]) => code)),
  );
  for (const other of [
    "ENOENT",
    "EISDIR",
    "ABORT_ERR",
    "NO_COLOR",
    "FORCE_COLOR",
    "SAME_SITE",
    "TOO_LARGE",
    "CERT",
    "SIGNATURE",
    "ISSUER",
  ]) {
    told.delete(other);
  }
  const table = readme.slice(readme.indexOf("## What it finds"), readme.indexOf("## The report"));
  const listed = [...table.matchAll(/^\| `([A-Z_]+)`/gm)].map(([, code]) => code);
  // What the manifest's own checks tell through this command.
  expect(new Set(listed)).toEqual(new Set([...told, "CONFIG_REFUSED", "POPUPS_NEEDED"]));
});

it("the README's options are those of --help", async () => {
  const source = await readFile(new URL("command.ts", here), "utf8");
  const help = source.slice(source.indexOf("const help"), source.indexOf("`;"));
  const options = (text: string) => new Set([...text.matchAll(/--[a-z]+/g)].map(([option]) => option));
  const table = readme.slice(readme.indexOf("| option "), readme.indexOf("| exit status"));
  for (const option of options(table)) expect(options(help)).toContain(option);
  for (const option of options(help))
    if (!["--help", "--version"].includes(option)) expect(options(table)).toContain(option);
});
