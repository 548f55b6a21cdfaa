import type { ReplayStore } from "@partner-panel/server";
import type { Database } from "./database.js";

/**
 * What may be used once, and which sessions have ended, in a product's database: a restart forgets neither. `postgresReplayStore` is
 * the same for PostgreSQL.
 */
export async function openReplayStore(database: Database): Promise<ReplayStore> {
  await database.execute("CREATE TABLE IF NOT EXISTS replay (key TEXT PRIMARY KEY, expires_at INTEGER NOT NULL)");
  await database.execute("CREATE INDEX IF NOT EXISTS replay_expires_at ON replay (expires_at)");
  return {
    async add(key, ttlSeconds) {
      if (!(Number.isFinite(ttlSeconds) && ttlSeconds > 0)) {
        throw new RangeError(`A key is kept for a time in seconds, above 0, not for ${ttlSeconds}.`);
      }
      // One statement, so that of two who come at once exactly one is the first.
      const now = Date.now();
      const added = await database.execute({
        sql: `INSERT INTO replay VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at
              WHERE replay.expires_at <= ?`,
        args: [key, now + Math.ceil(ttlSeconds * 1000), now],
      });
      // What has expired goes when something comes, so that nothing else need care for the table.
      await database.execute({ sql: "DELETE FROM replay WHERE expires_at <= ?", args: [now] });
      return added.rowsAffected > 0;
    },
    async has(key) {
      const sql = "SELECT 1 FROM replay WHERE key = ? AND expires_at > ?";
      return (await database.execute({ sql, args: [key, Date.now()] })).rows.length > 0;
    },
  };
}
