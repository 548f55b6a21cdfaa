import { readFileSync } from "node:fs";
import { afterEach, expect, it } from "vitest";
import { attach, between, locked, readThree, revoke } from "../examples/more.js";

const open: { close(): void }[] = [];
afterEach(() => {
  for (const session of open.splice(0)) session.close();
});
function pair() {
  const { left, right } = between();
  open.push(left, right);
  return { left, right };
}

it("streams, as the README says", async () => {
  expect(await readThree(pair().left)).toEqual(["high", "high", "high"]);
});

it("transfers binary, as the README says", async () => {
  expect(await attach(pair().left)).toBe(5);
});

it("narrows errors, as the README says", async () => {
  expect(await locked(pair().left)).toBe("Ada is editing it");
});

it("revokes, as the README says", async () => {
  const { left, right } = pair();
  expect(await left.remote.ticket.update({ id: "T-42", priority: "low" })).not.toHaveProperty("internal");
  revoke(right);
  expect(await left.remote.ticket.get({ id: "T-42" })).toMatchObject({ subject: "The printer is on fire" });
  await expect(left.remote.ticket.get({ id: "T-7" })).rejects.toMatchObject({ code: "SCOPE_DENIED" });
  expect(await locked(left)).toBe("not allowed");
});

it("the README shows these very examples, and no code besides", () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8");
  const regions = ["contract", "host", "view", "more"]
    .flatMap((name) => [
      ...read(`../examples/${name}.ts`).matchAll(/^( *)\/\/ #region \w+\n([\s\S]*?)^ *\/\/ #endregion/gm),
    ])
    .map(([, indent = "", code = ""]) => code.replaceAll(new RegExp(`^${indent}`, "gm"), "").trim());
  const shown = [...read("../../README.md").matchAll(/```ts\n([\s\S]*?)```/g)].map(([, code = ""]) => code.trim());
  expect(shown.length).toBe(regions.length);
  for (const code of shown) expect(regions).toContain(code);
});
