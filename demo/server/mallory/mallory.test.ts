import { parseManifest } from "@partner-panel/manifest";
import { afterAll, beforeAll, expect, test } from "vitest";
import { localFetch } from "../local-fetch.js";
import { startTestDemo } from "../test-support/demo.js";

let demo: Awaited<ReturnType<typeof startTestDemo>>;
beforeAll(async () => {
  demo = await startTestDemo();
});
afterAll(() => demo.close());

async function faultsOf(name: string): Promise<string[]> {
  const url = `${demo.addresses.mallory}/manifests/${name}.json`;
  const parsed = parseManifest(await (await localFetch(url)).text(), { url });
  return parsed.ok ? [] : parsed.faults.map(({ code }) => code);
}

test("each hostile manifest has the faults that it is there for, and no other", async () => {
  expect(await faultsOf("oversized")).toEqual(["TOO_LARGE"]);
  expect((await faultsOf("wildcard")).toSorted()).toEqual([
    "SCOPE_DUPLICATE",
    "SCOPE_INVALID",
    "SCOPE_UNDECLARED",
    "SCOPE_WILDCARD",
    "SCOPE_WILDCARD",
    "SCOPE_WILDCARD",
  ]);
  expect(await faultsOf("other-origin")).toEqual(["SERVED_ELSEWHERE"]);
  expect((await faultsOf("off-origin-entry")).toSorted()).toEqual(["OFF_ORIGIN", "URL_SCHEME"]);
  expect(await faultsOf("too-long")).toEqual(["TEXT_TOO_LONG", "TEXT_TOO_LONG"]);
  const redirect = await localFetch(`${demo.addresses.mallory}/manifests/redirecting.json`);
  expect([redirect.status, redirect.headers.get("location")]).toEqual([302, "/.well-known/partner-panel.json"]);
});

test("the size is one byte over the limit, and nothing else is wrong", async () => {
  const url = `${demo.addresses.mallory}/manifests/oversized.json`;
  const text = await (await localFetch(url)).text();
  expect(text).toHaveLength(64 * 1024 + 1);
  expect(parseManifest(text.replace("xx", "x"), { url })).toMatchObject({ ok: true });
});

test("those that only deceive are in order on paper", async () => {
  for (const name of ["spoofing", "hidden-text", "markup", "longest"]) expect(await faultsOf(name)).toEqual([]);
});
