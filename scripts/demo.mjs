/** `npm run demo`: from a fresh clone to both products running. Ctrl-C ends all of it. `npm run demo -- --reset` begins with no data. */
import { passSignals, run, seconds } from "./lib/run.mjs";
import { install, requireNode, root } from "./lib/setup.mjs";

requireNode();
let stopped = false;
passSignals(() => {
  stopped = true;
});

/** @param {string} name @param {string} command @param {string[]} args */
async function step(name, command, args) {
  const start = performance.now();
  const { ok, output, why } = await run(command, args, { cwd: root, quiet: true });
  if (stopped) process.exit(0);
  if (!ok) {
    console.error(`${output.trimEnd()}\n✗ ${name}: ${why}`);
    process.exit(1);
  }
  console.log(`✓ ${name} (${seconds(start)})`);
}

if (!(await install())) process.exit(stopped ? 0 : 1);
await step("packages and servers built", "npx", ["--no-install", "tsc", "-b"]);
await step("pages built", "npm", ["run", "--silent", "build", "--workspace", "@partner-panel/demo"]);
const { ok } = await run(process.execPath, ["demo/dist/server/start.js", ...process.argv.slice(2)], {
  cwd: root,
  minutes: 0,
});
// Being stopped is how this command ends; anything else is an error that the servers have told already.
process.exit(ok || stopped ? 0 : 1);
