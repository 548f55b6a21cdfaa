/**
 * `@partner-panel/server/postgres`: the replay store for back ends of more than one process. It needs no particular client:
 * anything with `query(text, values)` will do, such as a pool of `pg`.
 */
import { checkTtl, type ReplayStore } from "./replay.js";

/** The one thing that is asked of a PostgreSQL client. `Pool` of `pg` has it. */
export interface Queryable {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[] }>;
}

/** Rows that have expired and are taken away with each one that is added: more than one, so that the table cannot grow. */
const sweptAtOnce = 10;

/**
 * A replay store in a table that all processes share.
 *
 * `add` is one statement: of any number of callers with one key, in any number of processes, PostgreSQL lets one insert. It
 * also takes away up to ten rows that have expired, so the table needs no other care. Keys are kept as SHA-256 hashes, for a
 * `jti` may contain what `text` cannot hold.
 *
 * Time is the database server's, which is one for all processes.
 *
 * @param database Use a pool, never a client within a transaction: what a transaction added and then rolls back could be used
 *   again. Its transactions must be READ COMMITTED, as is the default.
 * @param options.table The table's name, as SQL has it (quoted where need be); `partner_panel_replay` if left out. It goes into
 *   the statements as it is.
 * @throws What `query` rejects with, from `add` and `has`: no answer is never taken for "not used yet".
 */
export function postgresReplayStore(
  database: Queryable,
  { table = "partner_panel_replay" }: { table?: string } = {},
): ReplayStore & {
  /**
   * Creates the table if it is not there. Several processes may do so at once. Needs the right to create tables; where the
   * back end has none, run the statements of the README in a migration.
   */
  prepare(): Promise<void>;
} {
  return {
    async prepare() {
      // Under a lock of its own: "if not exists" by itself fails for all but one of those who come at the same moment.
      await database.query(`DO $$ BEGIN
  PERFORM pg_advisory_xact_lock(hashtext('partner-panel replay store'));
  CREATE TABLE IF NOT EXISTS ${table} (key bytea PRIMARY KEY, expires_at timestamptz NOT NULL);
  IF NOT EXISTS (SELECT FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
                 WHERE indrelid = to_regclass('${table.replaceAll("'", "''")}') AND attname = 'expires_at')
  THEN CREATE INDEX ON ${table} (expires_at); END IF;
END $$`);
    },
    async add(key, ttlSeconds) {
      checkTtl(ttlSeconds);
      const { rows } = await database.query(
        `WITH swept AS (
  DELETE FROM ${table} WHERE key IN (
    SELECT key FROM ${table} WHERE expires_at <= clock_timestamp() AND key <> $1
    LIMIT ${sweptAtOnce} FOR UPDATE SKIP LOCKED))
INSERT INTO ${table} AS held (key, expires_at) VALUES ($1, clock_timestamp() + make_interval(secs => $2))
ON CONFLICT (key) DO UPDATE SET expires_at = excluded.expires_at WHERE held.expires_at <= clock_timestamp()
RETURNING 1`,
        [await hashed(key), ttlSeconds],
      );
      return rows.length === 1;
    },
    async has(key) {
      const { rows } = await database.query(`SELECT FROM ${table} WHERE key = $1 AND expires_at > clock_timestamp()`, [
        await hashed(key),
      ]);
      return rows.length === 1;
    },
  };
}

/** As PostgreSQL's text form of `bytea`, which every client can send. */
async function hashed(key: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key)));
  return `\\x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")}`;
}
