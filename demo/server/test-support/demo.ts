import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Demo, startDemo } from "../start-demo.js";

/**
 * The first of five consecutive ports that are free now. Below the ports that the system gives to outgoing connections (32768 and
 * up): one of those may be taken between the look and the use.
 */
export async function freePorts(): Promise<number> {
  for (let base = 10_000 + 5 * Math.floor(Math.random() * 4_000); base < 32_000; base += 5) {
    const free = await Promise.all([0, 1, 2, 3, 4].map((offset) => isFree(base + offset)));
    if (free.every(Boolean)) return base;
  }
  throw new Error("No five free ports in a row");
}

async function isFree(port: number): Promise<boolean> {
  return (await canListen(port, "127.0.0.1")) && (await canListen(port, "::1"));
}

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", (error: NodeJS.ErrnoException) => resolve(error.code === "EADDRNOTAVAIL"));
    probe.listen(port, host, () => probe.close(() => resolve(true)));
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
