import { readFileSync } from "node:fs";
import { RpcError } from "@partner-panel/postmessage-rpc";
import { expect, test } from "vitest";
import { Failure, PanelError } from "./errors.js";
import { knownErrors, panelErrorOf } from "./known-errors.js";
import { englishStrings, fill } from "./strings.js";

const docs = readFileSync(new URL("../../../docs/errors.md", import.meta.url), "utf8");

test.each(Object.keys(knownErrors) as (keyof typeof knownErrors)[])(
  "%s is explained where its docsUrl leads, with its hint",
  (code) => {
    const { docsUrl, phase, hint } = panelErrorOf(new Failure(code, { message: "message" }), { instanceId: "1" });
    expect(docsUrl).toBe(`docs/errors.md#${code.toLowerCase()}`);
    const [, text] = new RegExp(`^## ${code}\\n\\n([^#]*)`, "m").exec(docs) ?? [];
    expect(text).toContain(`Phase \`${phase}\``);
    expect(text).toContain(hint);
  },
);

test("what a view may say to its user is explained, too", () => {
  const partner = readFileSync(new URL("../../../docs/partner.md", import.meta.url), "utf8");
  const codes = [...partner.matchAll(/^\| (`[A-Z_]+`(?: `[A-Z_]+`)*) \|/gm)].flatMap(
    ([, cell]) => cell?.match(/\w+/g) ?? [],
  );
  expect(codes).toContain("POPUP_SEVERED");
  for (const code of codes) expect(docs).toContain(`\n## ${code}\n`);
});

test("a code of the bridge is of phase session, unless it is said otherwise", () => {
  const timeout = { code: "TIMEOUT", phase: "session", retryable: true };
  expect(new PanelError("TIMEOUT", "message", { instanceId: "1" })).toMatchObject(timeout);
  expect(panelErrorOf(new RpcError("TIMEOUT"), { instanceId: "1" })).toMatchObject(timeout);
  const failure = new Failure("QUARANTINED", { message: "message", phase: "handshake" });
  expect(panelErrorOf(failure, { instanceId: "1" }).phase).toBe("handshake");
});

test("words are filled in where they are given, and nothing else is read as a place for one", () => {
  expect(fill("{panel} of {partner}, {constructor}", { panel: "A {partner}", partner: "B" })).toBe(
    "A {partner} of B, {constructor}",
  );
  for (const code of Object.keys(englishStrings.errors)) expect(Object.keys(knownErrors)).toContain(code);
});
