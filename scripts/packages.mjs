/**
 * Meets each package as its user does: packed, checked as a tarball (publint, attw), installed with its dependencies into a
 * folder outside the repository, imported in Node and type-checked there under both ways of resolving modules.
 */
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { panelSizes } from "./bench/panel.mjs";
import { missed } from "./bench/report.mjs";
import { passSignals, run } from "./lib/run.mjs";
import { root } from "./lib/setup.mjs";

/** @typedef {{ name: string, tarball: string, manifest: any }} Packed */

const out = mkdtempSync(join(tmpdir(), "partner-panel-packages-"));
process.on("exit", () => rmSync(out, { recursive: true, force: true }));
passSignals();
/** @type {string[]} */
const failures = [];

/** @param {string} what @param {string} command @param {string[]} args @param {string} cwd */
async function check(what, command, args, cwd) {
  const { ok, output, why } = await run(command, args, { cwd, quiet: true, minutes: 5 });
  console.log(`${ok ? "✓" : "✗"} ${what}`);
  if (!ok) failures.push(`${what}: ${why}\n${output.trim()}`);
  return ok;
}

/** @type {Packed[]} */
const packed = [];
for (const folder of readdirSync(join(root, "packages")).map((name) => join(root, "packages", name))) {
  const manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  if (manifest.private) continue;
  const tarball = join(out, `${manifest.name.replace("@", "").replace("/", "-")}-${manifest.version}.tgz`);
  const arguments_ = ["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", out];
  if (await check(`${manifest.name}: packed`, "npm", arguments_, folder)) {
    packed.push({ name: manifest.name, tarball, manifest });
  }
}

for (const { name, tarball, manifest } of packed) {
  const bytes = readFileSync(tarball);
  const { messages } = await publint({
    strict: true,
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
  });
  const faults = messages.map((message) => formatMessage(message, manifest, { color: false }));
  console.log(`${faults.length === 0 ? "✓" : "✗"} ${name}: publint`);
  if (faults.length > 0) failures.push(`${name}: publint\n${faults.join("\n")}`);
  const attw = ["--no-install", "attw", tarball, "--profile", "esm-only", "--no-emoji", "--no-color"];
  await check(`${name}: types resolve (attw)`, "npx", attw, root);
}

const weights = await panelSizes();
const heavy = missed(weights);
console.log(`${heavy.length === 0 ? "✓" : "✗"} what pages load before a panel can show weighs no more than it may`);
for (const metric of heavy) {
  const { values = {}, unit } = weights.find((row) => row.metric === metric) ?? {};
  failures.push(`${metric}: ${values["partner-panel"]} ${unit}, over the goal in scripts/bench/report.mjs`);
}

/** For pages without a build step. */
const scriptTag = ["dist/script/partner-panel.js", "dist/script/partner-panel.js.integrity"];

/** Every module that a user may import, as it is written in an import. */
const entries = packed.flatMap(({ name, manifest }) =>
  Object.keys(manifest.exports)
    .filter((key) => !key.endsWith(".json"))
    .map((key) => name + key.slice(1)),
);
const user = join(out, "user");
cpSync(join(root, "scripts/consumer"), user, { recursive: true });
const version = (/** @type {string} */ dependency) =>
  JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies[dependency];
writeFileSync(
  join(user, "package.json"),
  JSON.stringify({
    private: true,
    type: "module",
    dependencies: {
      ...Object.fromEntries(packed.map(({ name, tarball }) => [name, `file:${tarball}`])),
      typescript: version("typescript"),
      "@types/react": version("@types/react"),
      valibot: version("valibot"),
    },
  }),
);
writeFileSync(
  join(user, "every-entry.ts"),
  entries.map((entry, index) => `export * as entry${index} from "${entry}";\n`).join(""),
);
writeFileSync(
  join(user, "import-in-node.mjs"),
  // Lit's own marks, and the registry that it brings along where there is none, are not this project's doing.
  `const names = () => Object.getOwnPropertyNames(globalThis).filter((name) => !/^(lit|reactiveElement|customElements$)/.test(name));
for (const entry of ${JSON.stringify(entries)}) {
  const before = names();
  await import(entry);
  const left = names().filter((name) => !before.includes(name));
  if (left.length > 0) throw new Error(entry + " leaves in globalThis: " + left.join(", "));
}
`,
);

const npm = ["install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"];
if (await check("tarballs installed in a project of their user's", "npm", npm, user)) {
  for (const { name } of packed) {
    const files = ["LICENSE", "README.md", ...(name === "@partner-panel/host" ? scriptTag : [])];
    const missing = files.filter((file) => !existsSync(join(user, "node_modules", name, file)));
    if (missing.length > 0) failures.push(`${name}: the tarball lacks ${missing.join(", ")}`);
  }
  // Server rendering imports everything, the elements too.
  await check(
    "every entry imports in Node, with no trace in globalThis",
    process.execPath,
    ["import-in-node.mjs"],
    user,
  );
  const command = ["--no-install", "partner-panel", "check", "partner-panel.json", "--strict"];
  await check("the command partner-panel, from its tarball", "npx", command, user);
  for (const project of ["nodenext", "bundler"]) {
    await check(
      `types for a user with ${project} resolution`,
      "npx",
      ["--no-install", "tsc", "-p", `tsconfig.${project}.json`],
      user,
    );
  }
}

if (failures.length > 0) {
  console.error(`\n${failures.join("\n\n")}`);
  process.exitCode = 1;
}
