import { runCommand } from "./command.js";

process.exitCode = await runCommand(process.argv.slice(2), process);
// When all is written, or its reader has gone (`| head`); and then at once, for a name that is still being resolved would keep
// the process for seconds.
process.stdout.write("", () => process.exit());
