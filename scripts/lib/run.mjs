/** Running other programs: each in a process group of its own, so that all it started can be ended with it. */
import { spawn } from "node:child_process";

const windows = process.platform === "win32";
/** @type {Set<import("node:child_process").ChildProcess>} */
const running = new Set();

/**
 * Sends a signal to a child and to everything that it started.
 * @param {import("node:child_process").ChildProcess} child
 * @param {NodeJS.Signals} signal
 */
function signalGroup(child, signal) {
  if (child.pid === undefined) return;
  try {
    if (windows) child.kill(signal);
    else process.kill(-child.pid, signal);
  } catch {
    // It has ended in the meantime, which is what was wanted.
  }
}

/**
 * Passes the signals that end this program on to what it runs. A terminal's Ctrl-C reaches npm and this program both, and
 * npm passes it on again, so what arrives within a second of the first is the same press; a later one ends by force.
 * @param {(signal: NodeJS.Signals) => void} [onFirst]
 */
export function passSignals(onFirst) {
  let first = 0;
  for (const signal of /** @type {const} */ (["SIGINT", "SIGTERM", "SIGHUP"])) {
    process.on(signal, () => {
      const now = Date.now();
      if (first === 0) {
        first = now;
        onFirst?.(signal);
        for (const child of running) signalGroup(child, signal);
      } else if (now - first > 1000) {
        for (const child of running) signalGroup(child, "SIGKILL");
      }
    });
  }
}

/**
 * Runs a program to its end. It never rejects: a program that cannot be started, takes too long or fails says so in `ok`.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, quiet?: boolean, minutes?: number }} [options]
 *   `quiet` keeps the output back, to be shown on failure only; `minutes` ends it by force (default 15; 0 means never).
 * @returns {Promise<{ ok: boolean, output: string, why: string }>}
 */
export function run(command, args, { cwd, env, quiet = false, minutes = 15 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      stdio: ["ignore", quiet ? "pipe" : "inherit", quiet ? "pipe" : "inherit"],
      detached: !windows,
      shell: windows,
    });
    running.add(child);
    let output = "";
    let late = false;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text) => {
        output += text;
      });
    }
    const timer =
      minutes > 0
        ? setTimeout(() => {
            late = true;
            signalGroup(child, "SIGKILL");
          }, minutes * 60_000)
        : undefined;
    const settle = (/** @type {string} */ why) => {
      clearTimeout(timer);
      running.delete(child);
      // Whatever a finished program left behind (a server, a browser) would keep ports and time from the next one.
      signalGroup(child, "SIGKILL");
      resolve({ ok: why === "", output, why });
    };
    child.once("error", (error) => settle(`${command}: ${error.message}`));
    child.once("exit", (code, signal) => {
      if (late) settle(`took more than ${minutes} min`);
      else if (code === 0) settle("");
      else settle(signal === null ? `exit code ${code}` : `ended by ${signal}`);
    });
  });
}

/** @param {number} since from `performance.now()` */
export const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
