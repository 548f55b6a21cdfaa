/** What every command needs first: a Node that is new enough, and the packages that the lock file names. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { run, seconds } from "./run.mjs";

export const root = fileURLToPath(new URL("../../", import.meta.url));

/** Says what is wrong and ends the program when this Node is not one of `engines` in package.json. */
export function requireNode() {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if ((major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22) return;
  console.error(
    `Partner Panel needs Node 20.19 or later in 20, or 22.12 or later. This is Node ${process.versions.node}.`,
  );
  process.exit(1);
}

/**
 * True when node_modules holds what package-lock.json names. Versions are compared rather than file times, which a
 * checkout or a copy changes at will.
 */
function installed() {
  const hidden = `${root}node_modules/.package-lock.json`;
  if (!existsSync(hidden)) return false;
  const [wanted, present] = [`${root}package-lock.json`, hidden].map(
    (path) => JSON.parse(readFileSync(path, "utf8")).packages,
  );
  return Object.entries(wanted).every(([path, entry]) => {
    // Optional ones are for other platforms, or not needed; the rest of the paths are the workspaces themselves.
    if (!path.includes("node_modules/") || entry.optional || entry.devOptional || entry.peer) return true;
    return entry.link ? existsSync(`${root}${path}`) : present[path]?.version === entry.version;
  });
}

/**
 * Installs what is missing. No package's install script runs: nothing here needs one.
 * @returns {Promise<boolean>} false when npm failed.
 */
export async function install() {
  if (installed()) return true;
  const start = performance.now();
  console.log("· packages: installing what package-lock.json names");
  const { ok, why } = await run("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: root,
  });
  console.log(ok ? `✓ packages (${seconds(start)})` : `✗ packages: npm ci failed, ${why}`);
  return ok;
}
