import { runCommand } from "./command.js";

// A reader that has enough (`| head`) is no fault of the check.
process.stdout.on("error", () => process.exit());

process.exitCode = await runCommand(process.argv.slice(2), process);
// Not before all is written, and then at once: a name that is still being resolved would keep the process for seconds.
process.stdout.write("", () => process.exit());
