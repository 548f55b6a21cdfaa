// #region postgres
import { postgresReplayStore } from "@partner-panel/server/postgres";
import { Pool } from "pg";

const pool = new Pool({ connectionString: process.env["DATABASE_URL"] });
pool.on("error", console.error); // a connection that broke while idle; without this, pg ends the process
export const replay = postgresReplayStore(pool);
export const prepared = () => replay.prepare(); // at each start: makes the table if it is not there
// #endregion

/** Of node-redis, what is used. */
interface Redis {
  sendCommand(command: string[]): Promise<unknown>;
}

// #region redis
import type { ReplayStore } from "@partner-panel/server";

export const redisReplayStore = (redis: Redis): ReplayStore => ({
  // SET … NX is atomic: "OK" for the first who comes, null for all others.
  add: async (key, ttlSeconds) =>
    (await redis.sendCommand(["SET", `panel:${key}`, "1", "NX", "EX", String(Math.ceil(ttlSeconds))])) === "OK",
  has: async (key) => (await redis.sendCommand(["EXISTS", `panel:${key}`])) === 1,
});
// #endregion
