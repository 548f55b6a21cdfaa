import { type Client, createClient } from "@libsql/client";

/** One product's embedded database: a file of its own, as two products would never share one. */
export type Database = Client;

const keptSchema = "CREATE TABLE IF NOT EXISTS kept (name TEXT PRIMARY KEY, value TEXT NOT NULL)";

/** Opens (and on first use makes) the database in `file`; `schema` is run each time, so it says IF NOT EXISTS. */
export async function openDatabase(file: string, schema: readonly string[]): Promise<Database> {
  const database = createClient({ url: `file:${file}` });
  for (const statement of ["PRAGMA journal_mode = WAL", keptSchema, ...schema]) await database.execute(statement);
  return database;
}

/**
 * What must be the same after a restart, such as signing keys and salts: made once by `create`, then read back. With new
 * keys at every start everybody would be signed out by a restart.
 */
export async function kept<Value>(
  database: Database,
  name: string,
  create: () => Promise<Value> | Value,
): Promise<Value> {
  const found = await database.execute({ sql: "SELECT value FROM kept WHERE name = ?", args: [name] });
  const value = found.rows[0]?.["value"];
  if (typeof value === "string") return JSON.parse(value) as Value;
  const made = await create();
  await database.execute({ sql: "INSERT INTO kept (name, value) VALUES (?, ?)", args: [name, JSON.stringify(made)] });
  return made;
}

/** Keeps `value` under `name`, in place of what was there. */
export async function keep(database: Database, name: string, value: unknown): Promise<void> {
  await database.execute({
    sql: "INSERT OR REPLACE INTO kept (name, value) VALUES (?, ?)",
    args: [name, JSON.stringify(value)],
  });
}
