import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Demo, startDemo } from "../start-demo.js";

/** The first of five consecutive ports that are free now. */
export async function freePorts(): Promise<number> {
  for (let base = 20_000 + Math.floor(Math.random() * 20_000); base < 65_000; base += 5) {
    const free = await Promise.all([0, 1, 2, 3, 4].map((offset) => isFree(base + offset)));
    if (free.every(Boolean)) return base;
  }
  throw new Error("No five free ports in a row");
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
  });
}

/** A demo of its own for one test file, on free ports and with data that nobody else has. */
export async function startTestDemo(): Promise<Demo & { readonly dataDir: string; readonly basePort: number }> {
  const dataDir = await mkdtemp(join(tmpdir(), "partner-panel-demo-"));
  const basePort = await freePorts();
  const demo = await startDemo({ basePort, dataDir });
  const close = async () => {
    await demo.close();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { ...demo, dataDir, basePort, close };
}
