import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Demo, startDemo } from "@partner-panel/demo";

export interface TestDemo extends Demo {
  /** Ends all servers and starts them again at the same addresses with the same data; those closed alone come back too. */
  restart(): Promise<void>;
}

/** Room for twenty demos per worker, none of them near those that people start by hand. */
const firstPort = Number(process.env["PARTNER_PANEL_E2E_PORT"] ?? 4_700);
/** Where the built pages are, if not beside the demo's servers: those may be built anew while tests run. */
const webDir = process.env["PARTNER_PANEL_E2E_WEB"];
const portsPerWorker = 100;
const portsPerDemo = 5;
let taken = 0;

/** A demo of a test's own, on ports that are free and with data as at the beginning: about half a second. */
export async function startTestDemo(worker: number): Promise<TestDemo> {
  const dataDir = await mkdtemp(join(tmpdir(), "partner-panel-e2e-"));
  const options = { dataDir, ...(webDir ? { webDir } : {}) };
  const start = async () => {
    for (let tries = 0; ; tries += 1) {
      // Each test elsewhere: a browser may still hold connections to the last one's addresses.
      const basePort = firstPort + worker * portsPerWorker + ((taken++ * portsPerDemo) % portsPerWorker);
      try {
        return { basePort, demo: await startDemo({ ...options, basePort }) };
      } catch (error) {
        if (tries === portsPerWorker / portsPerDemo || (error as Error).name !== "PortBusyError") throw error;
      }
    }
  };
  const started = await start();
  let { demo } = started;
  return {
    ...demo,
    get servers() {
      return demo.servers;
    },
    reset: () => demo.reset(),
    async restart() {
      await demo.close();
      demo = await startDemo({ ...options, basePort: started.basePort });
    },
    async close() {
      await demo.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}
