// @ts-check
/**
 * A partner's back end in a process of its own: a token endpoint whose replay store is the one that it is told of. It says its port when
 * it listens, and ends with its parent.
 */
import { createServer } from "node:http";
import { createAssertionGrant, memoryReplayStore, toNodeHandler } from "@partner-panel/server";
import { postgresReplayStore } from "@partner-panel/server/postgres";
import pg from "pg";

const { config, store, grant } = JSON.parse(process.argv[2] ?? "{}");
const replay = store === "postgres" ? postgresReplayStore(new pg.Pool(config)) : memoryReplayStore();
if ("prepare" in replay) await replay.prepare();

const endpoint = createAssertionGrant({
  ...grant,
  links: { find: (_host, subject) => subject },
  issue: async () => ({ access_token: "of this process", expires_in: 60 }),
  replay,
});

const server = createServer(toNodeHandler(endpoint, { onError: console.error }));
server.listen(0, "127.0.0.1", () => {
  const address = server.address();
  process.send?.({ port: typeof address === "object" && address?.port });
});
process.on("disconnect", () => process.exit());
