import type { InValue } from "@libsql/client";
import type { Adapter, AdapterFactory, AdapterPayload } from "oidc-provider";
import type { Database } from "../database.js";

/** Sessions, codes, grants and refresh tokens of one provider; they outlive a restart. */
export const providerSchema: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS provider_state (
    model TEXT NOT NULL, id TEXT NOT NULL, payload TEXT NOT NULL, grant_id TEXT, uid TEXT, expires_at INTEGER,
    PRIMARY KEY (model, id))`,
  "CREATE INDEX IF NOT EXISTS provider_state_grant ON provider_state (grant_id)",
  "CREATE INDEX IF NOT EXISTS provider_state_uid ON provider_state (model, uid)",
];

const seconds = (): number => Math.floor(Date.now() / 1000);

/** The storage interface that oidc-provider asks for, over the product's database. */
export function providerStorage(database: Database): AdapterFactory {
  const run = (sql: string, args: InValue[]) => database.execute({ sql, args });
  return (model: string): Adapter => {
    const findWhere = async (column: "id" | "uid", value: string): Promise<AdapterPayload | undefined> => {
      const found = await run(
        `SELECT payload FROM provider_state WHERE model = ? AND ${column} = ? AND (expires_at IS NULL OR expires_at > ?)`,
        [model, value, seconds()],
      );
      const payload = found.rows[0]?.["payload"];
      return typeof payload === "string" ? (JSON.parse(payload) as AdapterPayload) : undefined;
    };
    return {
      async upsert(id, payload, expiresIn) {
        await run("INSERT OR REPLACE INTO provider_state VALUES (?, ?, ?, ?, ?, ?)", [
          model,
          id,
          JSON.stringify(payload),
          payload.grantId ?? null,
          payload.uid ?? null,
          expiresIn ? seconds() + expiresIn : null,
        ]);
      },
      find: (id) => findWhere("id", id),
      findByUid: (uid) => findWhere("uid", uid),
      // Device codes alone are looked up so, and that flow is off.
      findByUserCode: async () => undefined,
      async consume(id) {
        await run("UPDATE provider_state SET payload = json_set(payload, '$.consumed', ?) WHERE model = ? AND id = ?", [
          seconds(),
          model,
          id,
        ]);
      },
      async destroy(id) {
        await run("DELETE FROM provider_state WHERE model = ? AND id = ?", [model, id]);
      },
      async revokeByGrantId(grantId) {
        await run("DELETE FROM provider_state WHERE model = ? AND grant_id = ?", [model, grantId]);
      },
    };
  };
}

/** Removes what has expired. oidc-provider never asks for that itself. */
export async function sweepProviderStorage(database: Database): Promise<void> {
  await database.execute({ sql: "DELETE FROM provider_state WHERE expires_at <= ?", args: [seconds()] });
}

/** For QA: whoever is signed in at the provider did so `seconds` earlier than they did. */
export async function ageSessions(database: Database, seconds: number): Promise<void> {
  await database.execute({
    sql: `UPDATE provider_state SET payload = json_set(payload, '$.loginTs', json_extract(payload, '$.loginTs') - ?)
          WHERE model = 'Session' AND json_extract(payload, '$.loginTs') IS NOT NULL`,
    args: [seconds],
  });
}
