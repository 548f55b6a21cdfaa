/**
 * `npm test`: everything that is checked, from a fresh clone. `npm test -- unit e2e` runs the named steps only (and what
 * they stand on). A failed step does not hide the ones after it; the last line is the sum of all tests.
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { passSignals, run, seconds } from "./lib/run.mjs";
import { install, requireNode, root } from "./lib/setup.mjs";

/** @typedef {{ passed: number, failed: number, skipped: number }} Counts */
/** @typedef {{ ok: boolean, why: string, counts?: Counts }} Outcome */
/** @typedef {{ name: string, about: string, needs: string[], go: () => Promise<Outcome> }} Step */

requireNode();
const scratch = mkdtempSync(join(tmpdir(), "partner-panel-test-"));
process.on("exit", () => rmSync(scratch, { recursive: true, force: true }));
let stopped = false;
passSignals(() => {
  stopped = true;
});
/** @type {Record<string, string>} */
const environment = {};

/** @param {string} command @param {string[]} args @param {{ cwd?: string, minutes?: number, quiet?: boolean }} [options] */
const call = (command, args, options) => run(command, args, { cwd: root, env: environment, ...options });

/** @param {string[]} commands each one as words; all run, and the first failure is the reason given. */
async function all(...commands) {
  const failures = [];
  for (const line of commands) {
    const [command = "", ...args] = line.split(" ");
    const { ok, why } = await call(command, args);
    if (!ok) failures.push(`${line}: ${why}`);
  }
  return { ok: failures.length === 0, why: failures.join("; ") };
}

/** @param {string} file @param {(report: any) => Counts} read @returns {Counts | undefined} */
function countsFrom(file, read) {
  try {
    return read(JSON.parse(readFileSync(file, "utf8")));
  } catch {
    return undefined;
  }
}

/** A run of tests that reports no test has checked nothing, whatever its exit code. */
const withCounts = (/** @type {{ ok: boolean, why: string }} */ result, /** @type {Counts | undefined} */ counts) => {
  if (counts === undefined) return { ok: false, why: result.why || "no report was written" };
  if (counts.passed + counts.failed === 0) return { ok: false, why: result.why || "no test ran", counts };
  return { ...result, counts };
};

/** @param {...("unit" | "element" | "engines")} projects */
async function vitest(...projects) {
  const file = join(scratch, `${projects[0]}.json`);
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  // Time limits are there so that nothing hangs, not to measure: a busy machine with two cores takes its time.
  const named = projects.flatMap((project) => ["--project", project]);
  const result = await call("npx", ["--no-install", "vitest", "run", "--testTimeout=20000", ...named, ...reporters]);
  const counts = countsFrom(file, (report) => ({
    passed: report.numPassedTests,
    failed: report.numFailedTests,
    skipped: report.numPendingTests + report.numTodoTests,
  }));
  return withCounts(result, counts);
}

async function playwright() {
  const file = join(scratch, "e2e.json");
  environment["PLAYWRIGHT_JSON_OUTPUT_NAME"] = file;
  const result = await call("npx", ["--no-install", "playwright", "test", "--reporter=list,json"], {
    cwd: join(root, "e2e"),
    minutes: 28,
  });
  const counts = countsFrom(file, ({ stats }) => ({
    // A test that only passed when tried again has failed once for a reason.
    passed: stats.expected,
    failed: stats.unexpected + stats.flaky,
    skipped: stats.skipped,
  }));
  return withCounts(
    counts !== undefined && counts.failed > 0 ? { ok: false, why: result.why || "flaky" } : result,
    counts,
  );
}

async function browsers() {
  const { describeBrowsers, ensureBrowsers } = await import("./browsers.mjs");
  try {
    const found = ensureBrowsers();
    console.log(describeBrowsers(found));
    return { ok: true, why: "" };
  } catch (error) {
    return { ok: false, why: error instanceof Error ? error.message : String(error) };
  }
}

/** @type {Step[]} */
const steps = [
  {
    name: "build",
    about: "compile every package and the demo's servers",
    needs: [],
    go: () => all("npx --no-install tsc -b", "node scripts/script-tag.mjs"),
  },
  { name: "browsers", about: "find or install Chromium, Firefox and WebKit", needs: [], go: browsers },
  {
    name: "lint",
    about: "format, habits, import direction, unused code",
    needs: ["build"],
    go: () =>
      all(
        "npx --no-install biome check --error-on-warnings .",
        "node scripts/lint/proof.mjs",
        "node scripts/gates.mjs --check",
        "node scripts/element.mjs --check",
        "npx --no-install lit-analyzer packages/host/src/**/*.ts --strict --maxWarnings 0",
        // Tags of packages are known here by their types alone, which do not say what is an attribute.
        "npx --no-install lit-analyzer demo/web/**/*.ts --quiet --rules.no-complex-attribute-binding off",
        "npx --no-install knip",
      ),
  },
  {
    name: "types",
    about: "type-check all tests and scripts",
    needs: ["build"],
    go: () => all("npx --no-install tsc -p tsconfig.test.json"),
  },
  { name: "unit", about: "Vitest in Node", needs: ["build"], go: () => vitest("unit") },
  {
    name: "element",
    about: "Vitest in Chromium; the bridge in Firefox and WebKit too",
    needs: ["build", "browsers"],
    go: () => vitest("element", "engines"),
  },
  {
    name: "packages",
    about: "pack, install and type-check each package as its user would",
    needs: ["build"],
    go: () => all("node scripts/packages.mjs"),
  },
  {
    name: "demo",
    about: "bundle the demo's pages",
    needs: ["build"],
    go: () => all("npm run --silent build --workspace @partner-panel/demo"),
  },
  { name: "e2e", about: "the user stories in all three engines", needs: ["build", "browsers", "demo"], go: playwright },
];

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !steps.some((step) => step.name === name));
if (unknown.length > 0 || asked.includes("--help")) {
  console.error(`${unknown.map((name) => `No step is called ${name}. `).join("")}Steps:`);
  for (const { name, about } of steps) console.error(`  ${name.padEnd(9)} ${about}`);
  process.exit(1);
}
const chosen = new Set(asked.length > 0 ? asked : steps.map(({ name }) => name));
for (const { name, needs } of steps.toReversed()) if (chosen.has(name)) for (const need of needs) chosen.add(need);

if (!(await install())) {
  console.log("0 passed, 1 failed");
  process.exit(1);
}
/** @type {{ name: string, time: string, outcome: Outcome }[]} */
const results = [];
for (const { name, about, go } of steps.filter((step) => chosen.has(step.name))) {
  console.log(`\n· ${name}: ${about}`);
  const start = performance.now();
  const outcome = await go();
  if (stopped) process.exit(130);
  results.push({ name, time: seconds(start), outcome });
  console.log(outcome.ok ? `✓ ${name} (${seconds(start)})` : `✗ ${name} (${seconds(start)}): ${outcome.why}`);
}

console.log("");
const total = { passed: 0, failed: 0, skipped: 0 };
for (const { name, time, outcome } of results) {
  // A step that failed with no failed test (a lint finding, a missing browser) counts as one failure, so that the last
  // line never says that nothing failed when something did.
  const counts = outcome.counts ?? { passed: 0, failed: 0, skipped: 0 };
  const failed = counts.failed > 0 || outcome.ok ? counts.failed : 1;
  total.passed += counts.passed;
  total.failed += failed;
  total.skipped += counts.skipped;
  const numbers = outcome.counts ? ` ${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped` : "";
  console.log(
    `${outcome.ok ? "✓" : "✗"} ${name.padEnd(9)}${time.padStart(9)} ${numbers}${outcome.ok ? "" : `  ${outcome.why.split("\n")[0]}`}`,
  );
}
const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = results.every(({ outcome }) => outcome.ok) ? 0 : 1;
