/**
 * Proof that the lint rules bite: each violation below is planted in a copy of the house's layout, and must be reported by
 * the rule named; the lines beside it that are right must not be. A rule that is switched off, misspelt or whose pattern no longer
 * matches is found here and not by its absence.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { root } from "../lib/setup.mjs";

const direction = "lint/style/noRestrictedImports";
const undeclared = "lint/correctness/noUndeclaredDependencies";
const cycle = "lint/suspicious/noImportCycles";
const plugin = "plugin";

/** Where, what, and the rule that must report it; no rule means that it must be clean. @type {[file: string, code: string, rule?: string][]} */
const planted = [
  // Import direction.
  ["packages/host/src/a.ts", 'import { connect } from "@partner-panel/partner";\nconnect();', direction],
  ["packages/host/src/b.ts", 'export { connect } from "@partner-panel/partner";', direction],
  ["packages/host/src/c.ts", 'import type { X } from "../../partner/src/index.js";\nexport type Y = X;', direction],
  ["packages/host/src/d.ts", 'export const later = () => import("@partner-panel/server");', direction],
  [
    "packages/host/src/ok.ts",
    'export { grantFor } from "@partner-panel/manifest";\nexport * from "@partner-panel/postmessage-rpc/panel";',
  ],
  ["packages/partner/src/a.ts", 'export * from "@partner-panel/host";', direction],
  ["packages/partner/src/b.ts", 'export * from "@partner-panel/host/define";', direction],
  ["packages/partner/src/c.ts", 'export * from "@partner-panel/manifest";', direction],
  ["packages/partner/src/ok.ts", 'export * from "@partner-panel/postmessage-rpc";'],
  ["packages/postmessage-rpc/src/a.ts", 'export * from "@partner-panel/manifest";', direction],
  ["packages/postmessage-rpc/src/b.ts", 'export * from "@partner-panel/host";', direction],
  ["packages/postmessage-rpc/src/c.ts", 'export * from "valibot";', undeclared],
  ["packages/postmessage-rpc/src/ok.ts", "export const one = 1;"],
  ["packages/manifest/src/a.ts", 'export * from "@partner-panel/postmessage-rpc";', direction],
  ["packages/manifest/src/ok.ts", 'export { parse } from "valibot";'],
  ["packages/server/src/a.ts", 'export * from "@partner-panel/host";', direction],
  ["packages/server/src/b.ts", 'export * from "@partner-panel/partner";', direction],
  ["packages/server/src/c.ts", 'export * from "@partner-panel/devkit";', direction],
  ["packages/server/src/ok.ts", 'export * from "jose";'],
  ["packages/devkit/src/a.ts", 'export * from "../../manifest/src/index.js";', direction],
  ["packages/devkit/src/ok.ts", 'export * from "@partner-panel/manifest";'],
  ["packages/host/src/cycle-one.ts", 'import { two } from "./cycle-two.js";\nexport const one = () => two();', cycle],
  ["packages/host/src/cycle-two.ts", 'import { one } from "./cycle-one.js";\nexport const two = () => one();', cycle],
  ["demo/web/desk/deep.ts", 'export * from "@partner-panel/host/src/element.js";', plugin],
  ["demo/web/desk/deep-dist.ts", 'export * from "@partner-panel/host/dist/element.js";', plugin],
  // Window messages in one place.
  ["packages/host/src/post-a.ts", 'window.postMessage("hello", "https://a.example");', plugin],
  ["packages/host/src/post-b.ts", 'frames[0]?.postMessage("hello", "https://a.example");', plugin],
  ["packages/host/src/post-c.ts", 'self["postMessage"]("hello");', plugin],
  ["packages/partner/src/listen-a.ts", 'window.addEventListener("message", console.log);', plugin],
  ["packages/partner/src/listen-b.ts", 'addEventListener(\n  "message",\n  () => {},\n  { once: true },\n);', plugin],
  ["packages/partner/src/listen-c.ts", "window.onmessage = () => {};", plugin],
  ["packages/partner/src/listen-ok.ts", 'window.addEventListener("pagehide", () => {});'],
  ["packages/postmessage-rpc/src/session.ts", 'window.addEventListener("message", () => {});', plugin],
  ["packages/postmessage-rpc/src/handshake.ts", 'window.addEventListener("message", () => {});'],
  ["demo/web/desk/post.ts", 'parent.postMessage("hello", "*");', plugin],
  ["demo/web/mallory/post.ts", 'parent.postMessage("hello", "*");'],
  // Habits.
  ["packages/host/src/origin-a.ts", "export const fine = (origin: string) => /desk/.test(origin);", plugin],
  [
    "packages/host/src/origin-b.ts",
    'export const fine = (event: MessageEvent) => event.origin.endsWith(".example");',
    plugin,
  ],
  [
    "packages/host/src/origin-ok.ts",
    'export const fine = (event: MessageEvent) => event.origin === "https://a.example";',
  ],
  ["packages/host/src/markup.ts", 'export { unsafeHTML } from "lit/directives/unsafe-html.js";', plugin],
  ["packages/host/src/timer.ts", "setTimeout(() => {}, 10);", plugin],
  ["packages/host/src/timer-ok.ts", "export const timer = setTimeout(() => {}, 10);"],
];

const copy = mkdtempSync(join(tmpdir(), "partner-panel-lint-"));
process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
const config = ["biome.json", "scripts/lint/messages.grit", "scripts/lint/house.grit"];
const manifests = ["postmessage-rpc", "manifest", "host", "partner", "server", "devkit"].map(
  (name) => `packages/${name}/package.json`,
);
for (const file of [...config, ...manifests, "demo/package.json", ".gitignore"])
  cpSync(join(root, file), join(copy, file));
for (const [file, code] of planted) {
  mkdirSync(dirname(join(copy, file)), { recursive: true });
  writeFileSync(join(copy, file), `${code}\n`);
}

const { stdout, stderr } = spawnSync(
  process.execPath,
  [
    join(root, "node_modules/@biomejs/biome/bin/biome"),
    "lint",
    "--vcs-enabled=false",
    "--max-diagnostics=none",
    "--reporter=json",
    ".",
  ],
  { cwd: copy, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 },
);
/** @type {{ category: string, severity: string, location?: { path?: string | { file: string } } }[]} */
let reports = [];
try {
  reports = JSON.parse(stdout).diagnostics;
} catch {
  console.error(`The linter gave no report.\n${stderr}`);
  process.exit(1);
}

const wrong = [];
for (const [file, , rule] of planted) {
  const here = reports
    .filter(({ severity, location }) => {
      const path = typeof location?.path === "string" ? location.path : location?.path?.file;
      return severity === "error" && path?.replaceAll("\\", "/").endsWith(file);
    })
    .map(({ category }) => category);
  if (
    rule === undefined
      ? [direction, undeclared, cycle, plugin].some((name) => here.includes(name))
      : !here.includes(rule)
  ) {
    wrong.push(`${file}: expected ${rule ?? "nothing"}, got ${here.join(", ") || "nothing"}`);
  }
}
if (wrong.length > 0) {
  console.error(`Lint rules that do not do what they should:\n${wrong.join("\n")}`);
  process.exit(1);
}
console.log(
  `Lint rules bite: ${planted.filter(([, , rule]) => rule).length} planted violations reported, ${planted.filter(([, , rule]) => !rule).length} right uses let through.`,
);
