/**
 * Proof of bite: takes out each gate in turn, in a throw-away copy of the tree, and demands that a test named for it turns red.
 * A gate whose removal nobody notices is not guarded, however many tests are green. Before that, the same tests run with
 * every gate in place and must be green: a test that is always red proves nothing.
 *
 * `npm run gates` runs all and writes docs/gates.md. `npm run gates -- origin nonce` runs those gates only and writes nothing.
 * `npm run gates -- --check` runs no test: it only asks whether each gate is still where ./gates/list.mjs says it is.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gates } from "./gates/list.mjs";
import { passSignals, run, seconds } from "./lib/run.mjs";
import { install, requireNode, root } from "./lib/setup.mjs";

/** @typedef {import("./gates/list.mjs").Gate} Gate */
/** @typedef {import("./gates/list.mjs").Test} Test */
/** @typedef {{ passed: string[], failed: string[], why: string }} Verdict */

requireNode();

/**
 * The files with the gate taken out, by path.
 * @param {Gate} gate
 * @returns {Map<string, string>}
 */
function without({ gate, edits }) {
  /** @type {Map<string, string>} */
  const files = new Map();
  for (const { file, find, replace } of edits) {
    const path = join(root, file);
    const source = files.get(file) ?? (existsSync(path) ? readFileSync(path, "utf8") : "");
    const times = source.split(find).length - 1;
    if (times !== 1) throw new Error(`${gate}: in ${file} this stands ${times} times, not once:\n${find}`);
    files.set(
      file,
      source.replace(find, () => replace),
    );
  }
  return files;
}

const asked = process.argv.slice(2).filter((word) => !word.startsWith("--"));
const chosen = gates.filter(({ gate }) => asked.length === 0 || asked.includes(gate));
const unknown = asked.filter((name) => !gates.some(({ gate }) => gate === name));
if (unknown.length > 0)
  fail([`No gate is called ${unknown.join(", ")}. Gates: ${gates.map(({ gate }) => gate).join(", ")}`]);

/** @type {Map<Gate, Map<string, string>>} */
const mutants = new Map();
const lost = [];
for (const gate of chosen) {
  try {
    mutants.set(gate, without(gate));
  } catch (error) {
    lost.push(error instanceof Error ? error.message : String(error));
  }
  for (const { file } of gate.tests)
    if (!existsSync(join(root, file))) lost.push(`${gate.gate}: there is no test file ${file}`);
}
if (lost.length > 0) fail(lost);
if (process.argv.includes("--check")) {
  console.log(`All ${chosen.length} gates are where scripts/gates/list.mjs says they are.`);
  process.exit(0);
}

/** @param {string[]} lines @returns {never} */
function fail(lines) {
  console.error(lines.join("\n"));
  process.exit(1);
}

if (!(await install())) process.exit(1);
const copy = mkdtempSync(join(tmpdir(), "partner-panel-gates-"));
// Open to others, for PostgreSQL refuses to run as root: there its binaries are started by a user of its own.
chmodSync(copy, 0o755);
process.on("exit", () => rmSync(copy, { recursive: true, force: true }));
passSignals(() => process.exit(130));
/** @type {Record<string, string>} */
const environment = {};

/** The tree as git sees it, new files included, with the installed packages; links between workspaces are relative. */
function copyTree() {
  const listed = execFileSync("git", ["ls-files", "-co", "--exclude-standard", "-z"], { cwd: root, encoding: "utf8" });
  const files = listed.split("\0").filter((file) => file !== "" && existsSync(join(root, file)));
  const workspaces = ["packages", "."].flatMap((parent) =>
    readdirSync(join(root, parent)).map((name) => join(parent, name)),
  );
  const modules = ["", ...workspaces]
    .map((folder) => join(folder, "node_modules"))
    .filter((path) => existsSync(join(root, path)));
  for (const path of [...files, ...modules]) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    cpSync(join(root, path), join(copy, path), { recursive: true, verbatimSymlinks: true });
  }
}

/** @param {string} command @param {string[]} args @param {string} [cwd] */
const call = (command, args, cwd = copy) => run(command, args, { cwd, env: environment, quiet: true });

/**
 * Compiles what the tests import by package name. Types are another command's concern: a gate taken out may leave a name unused.
 * @param {boolean} demo whether the demo is needed too
 */
async function build(demo) {
  const packages = readdirSync(join(copy, "packages")).map((name) => `packages/${name}`);
  const { ok, output } = await call("npx", ["--no-install", "tsc", "-b", "--noCheck", ...(demo ? [] : packages)]);
  if (!ok) throw new Error(`The copy does not compile.\n${output}`);
  if (!demo) return;
  const pages = await call("npm", ["run", "build", "--workspace", "@partner-panel/demo"]);
  if (!pages.ok) throw new Error(`The demo's pages do not build.\n${pages.output}`);
}

/** @param {any} suite @returns {{ title: string, ok: boolean }[]} */
function playwrightTests(suite, path = /** @type {string[]} */ ([])) {
  const inside = (suite.suites ?? []).flatMap((/** @type {any} */ child) =>
    playwrightTests(child, [...path, child.title]),
  );
  const own = (suite.specs ?? []).map((/** @type {any} */ spec) => ({
    title: [...path, spec.title].join(" › "),
    ok: spec.ok,
  }));
  return [...inside, ...own];
}

/**
 * Runs tests by file, and by name where one is given.
 * @param {readonly Test[]} tests all of one project
 * @returns {Promise<Verdict>}
 */
async function runTests(tests) {
  const project = tests[0]?.project ?? "unit";
  const files = [...new Set(tests.map(({ file }) => file))];
  const names = tests.flatMap(({ name }) => (name === undefined ? [] : [name.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")]));
  const pattern = names.length === tests.length ? names.join("|") : undefined;
  const report = join(copy, "report.json");
  rmSync(report, { force: true });
  if (project === "e2e") {
    environment["PLAYWRIGHT_JSON_OUTPUT_NAME"] = report;
    const filter = pattern === undefined ? [] : ["--grep", pattern];
    const specs = files.map((file) => file.replace(/^e2e\//, ""));
    const args = [
      "--no-install",
      "playwright",
      "test",
      ...specs,
      "--project",
      "chromium",
      "--reporter=json",
      ...filter,
    ];
    const { output, why } = await call("npx", args, join(copy, "e2e"));
    if (!existsSync(report)) return { passed: [], failed: [], why: why + output };
    const results = playwrightTests(JSON.parse(readFileSync(report, "utf8")));
    return {
      passed: results.filter(({ ok }) => ok).map(({ title }) => title),
      failed: results.filter(({ ok }) => !ok).map(({ title }) => title),
      why,
    };
  }
  const filter = pattern === undefined ? [] : ["-t", pattern];
  const args = ["--no-install", "vitest", "run", "--project", project, ...files, ...filter];
  const { output, why } = await call("npx", [...args, "--reporter=json", `--outputFile=${report}`]);
  if (!existsSync(report)) return { passed: [], failed: [], why: why + output };
  /** @type {{ fullName: string, status: string }[]} */
  const results = JSON.parse(readFileSync(report, "utf8")).testResults.flatMap(
    (/** @type {any} */ file) => file.assertionResults,
  );
  const named = (/** @type {string} */ status) =>
    results.filter((test) => test.status === status).map(({ fullName }) => fullName);
  return { passed: named("passed"), failed: named("failed"), why: why === "" ? "" : `${why}\n${output}` };
}

/** @param {readonly Test[]} tests @returns {Promise<Verdict>} */
async function runAll(tests) {
  const projects = /** @type {const} */ (["unit", "element", "e2e"]).map((project) =>
    tests.filter((test) => test.project === project),
  );
  const verdicts = [];
  for (const group of projects) if (group.length > 0) verdicts.push(await runTests(group));
  return {
    passed: verdicts.flatMap(({ passed }) => passed),
    failed: verdicts.flatMap(({ failed }) => failed),
    why: verdicts.map(({ why }) => why).join(""),
  };
}

const demoNeeded = (/** @type {readonly Test[]} */ tests) => tests.some(({ project }) => project === "e2e");
const everyTest = chosen.flatMap(({ tests }) => tests);
const begin = performance.now();
copyTree();
await build(demoNeeded(everyTest));
const control = await runAll(everyTest);
if (control.failed.length > 0 || control.passed.length === 0 || control.why !== "") {
  fail(["✗ control: with every gate in place the tests must be green.", ...control.failed, control.why]);
}
console.log(`✓ control: ${control.passed.length} tests green with every gate in place (${seconds(begin)})`);

/** @type {string[]} */
const rows = [];
let held = true;
for (const [gate, mutant] of mutants) {
  const start = performance.now();
  const whole = [...mutant.keys()].map((file) => /** @type {const} */ ([file, readFileSync(join(copy, file), "utf8")]));
  for (const [file, text] of mutant) writeFileSync(join(copy, file), text);
  await build(demoNeeded(gate.tests));
  const { failed, why } = await runAll(gate.tests);
  for (const [file, text] of whole) writeFileSync(join(copy, file), text);
  // Only a test that ran and failed counts; a file that no longer loads would be red for a reason of its own.
  const [first] = failed;
  held &&= first !== undefined;
  const more = failed.length > 1 ? ` (and ${failed.length - 1} more)` : "";
  console.log(
    first === undefined
      ? `✗ ${gate.gate}: taken out, and no test noticed. ${why}`
      : `✓ ${gate.gate}: ${first}${more} (${seconds(start)})`,
  );
  const cells = [
    gate.gate,
    gate.removed,
    [...mutant.keys()].map((file) => `\`${file}\``).join(", "),
    first === undefined ? "**none**" : `${first}${more}`,
  ];
  rows.push(`| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`);
}

if (asked.length === 0) {
  const page = `# Proof of bite

Every gate below was taken out in turn, in a throw-away copy of the tree, and the test beside it turned red; with every gate
in place the same tests were green. Written by \`npm run gates\`; the gates are listed in \`scripts/gates/list.mjs\`.

| gate | taken out: the check that … | where | the test that turned red |
|---|---|---|---|
${rows.join("\n")}
`;
  mkdirSync(join(root, "docs"), { recursive: true });
  writeFileSync(join(root, "docs/gates.md"), page);
}
console.log(held ? `All ${chosen.length} gates are guarded (${seconds(begin)}).` : "Some gates are not guarded.");
process.exit(held ? 0 : 1);
