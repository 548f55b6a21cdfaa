import type { AccountLinks } from "@partner-panel/server";
import type { Database } from "../database.js";

/** Which account belongs to which user of a host. */
export interface Links extends AccountLinks<string> {
  /** Links a host's user with an account; false, and nothing is changed, if either is linked already. */
  link(host: string, subject: string, account: string): Promise<boolean>;
  /** Takes an account's links back, with whichever host. */
  unlink(account: string): Promise<void>;
  /** The accounts that are linked with any host. */
  linked(): Promise<readonly string[]>;
}

/** The links in a database. */
export async function openLinks(database: Database): Promise<Links> {
  for (const statement of [
    "CREATE TABLE IF NOT EXISTS links (host TEXT, subject TEXT, account TEXT NOT NULL, PRIMARY KEY (host, subject))",
    // With it, no account can be linked to two users of one host, however many ask at once.
    "CREATE UNIQUE INDEX IF NOT EXISTS links_account ON links (host, account)",
  ])
    await database.execute(statement);
  return {
    async find(host, subject) {
      const found = await database.execute({
        sql: "SELECT account FROM links WHERE host = ? AND subject = ?",
        args: [host, subject],
      });
      const account = found.rows[0]?.["account"];
      return typeof account === "string" ? account : undefined;
    },
    async link(host, subject, account) {
      const sql = "INSERT OR IGNORE INTO links VALUES (?, ?, ?)";
      return (await database.execute({ sql, args: [host, subject, account] })).rowsAffected > 0;
    },
    async unlink(account) {
      await database.execute({ sql: "DELETE FROM links WHERE account = ?", args: [account] });
    },
    async linked() {
      const found = await database.execute("SELECT DISTINCT account FROM links ORDER BY account");
      return found.rows.map((row) => String(row["account"]));
    },
  };
}
