import type { AccountLinks } from "@partner-panel/server";
import type { Database } from "../database.js";

/** Which account belongs to which user of a host. */
export interface Links extends AccountLinks<string> {
  /** Links a host's user with an account; a link that is there already stays as it is. */
  link(host: string, subject: string, account: string): Promise<void>;
}

/** The links in a database. */
export async function openLinks(database: Database): Promise<Links> {
  await database.execute(
    "CREATE TABLE IF NOT EXISTS links (host TEXT, subject TEXT, account TEXT NOT NULL, PRIMARY KEY (host, subject))",
  );
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
      await database.execute({ sql: "INSERT OR IGNORE INTO links VALUES (?, ?, ?)", args: [host, subject, account] });
    },
  };
}
