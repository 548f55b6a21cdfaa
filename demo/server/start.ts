import { readdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { defaultBasePort } from "../addresses.js";
import { PortBusyError } from "./site.js";
import { startDemo } from "./start-demo.js";

/**
 * The demo from the command line. `--reset` begins with no data at all, not even signing keys. Environment:
 * `PARTNER_PANEL_DEMO_PORT` is the first of five ports, `PARTNER_PANEL_DEMO_DATA` the folder of its databases.
 */
const { PARTNER_PANEL_DEMO_PORT: port, PARTNER_PANEL_DEMO_DATA: data } = process.env as Record<
  string,
  string | undefined
>;

const repository = fileURLToPath(new URL("../../..", import.meta.url));
const dataDir = resolve(data ?? join(repository, ".demo-data"));
const basePort = Number(port ?? defaultBasePort);

try {
  if (!Number.isInteger(basePort) || basePort < 1 || basePort > 65_531) {
    throw new RangeError(`PARTNER_PANEL_DEMO_PORT must be a port from 1 to 65531, not ${port}`);
  }
  if (process.argv.includes("--reset")) await removeDatabases(dataDir);
  const demo = await startDemo({ basePort, dataDir });
  const end = () => void demo.close().then(() => process.exit(0));
  process.once("SIGINT", end).once("SIGTERM", end);

  const { addresses } = demo;
  console.log(`
  ${addresses.desk}        Fernhill Desk: sign in as Ada or Ben, open ticket T-42, see Trackwell's issue inside the page
  ${addresses.trackwell}   Trackwell Issues: the partner's own full page; what you change in the panel shows here
  ${addresses.mallory}     Mallory, the hostile partner: what it tried, and that it got nothing
  ${addresses.deskId}     Desk's OpenID provider: the sign-in page, when Desk sends you there
  ${addresses.trackwellId}  Trackwell's OpenID provider, likewise

  Data: ${dataDir} (start with --reset to begin anew). Press Ctrl-C to end.

  Everything is ready. Begin at ${addresses.desk}
`);
} catch (error) {
  console.error(error instanceof PortBusyError || error instanceof RangeError ? error.message : error);
  process.exitCode = 1;
}

/** Removes the demo's own files and no other, whatever folder was named. */
async function removeDatabases(folder: string): Promise<void> {
  const files = await readdir(folder).catch(() => []);
  const own = /^(desk|desk-id|trackwell|trackwell-id)\.db(-wal|-shm)?$/;
  await Promise.all(files.filter((file) => own.test(file)).map((file) => rm(join(folder, file))));
}
