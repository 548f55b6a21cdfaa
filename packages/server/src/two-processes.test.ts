import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Postgres, startPostgres } from "../test/postgres.js";
import {
  clientId,
  frameKey,
  host,
  hostKey,
  partnerIssuer,
  resource,
  signAssertion,
  tokenRequest,
  view,
} from "../test/support.js";
import { publicKeys } from "./keys.js";

const key = await frameKey();

/** Two real processes behind one address, as when a product is scaled out; only what they share can tell them of each other. */
describe("two back ends that race one jti", () => {
  const processes: ChildProcess[] = [];
  let postgres: Postgres;

  beforeAll(async () => {
    postgres = await startPostgres();
  }, 60_000);

  afterEach(async () => {
    const exits = processes.splice(0).map((each) => {
      each.disconnect();
      return once(each, "exit");
    });
    await Promise.all(exits);
  });

  afterAll(() => postgres?.stop());

  async function start(store: "postgres" | "memory"): Promise<string> {
    const grant = {
      issuer: partnerIssuer,
      publicUrl: partnerIssuer,
      clientId,
      resource,
      origins: [view],
      hosts: [{ issuer: host, jwks: publicKeys([hostKey]), scopes: ["issues:read"] }],
    };
    const script = fileURLToPath(new URL("../test/grant-process.mjs", import.meta.url));
    const child = fork(script, [JSON.stringify({ config: postgres.config, store, grant })], { execArgv: [] });
    processes.push(child);
    const [message] = (await Promise.race([
      once(child, "message"),
      once(child, "exit").then(() => Promise.reject(new Error("The process ended before it listened."))),
    ])) as [{ port: number }];
    return `http://127.0.0.1:${message.port}/token`;
  }

  /** The statuses of 2 × `each` requests for one assertion, sent at the same moment to both, each with a proof of its own. */
  async function race(urls: readonly string[], each: number): Promise<number[]> {
    const assertion = await signAssertion(key);
    const requests = await Promise.all(
      Array.from({ length: each * urls.length }, async (_, n) => {
        const request = await tokenRequest(key, assertion);
        return { url: urls[n % urls.length] ?? "", headers: request.headers, body: await request.text() };
      }),
    );
    const responses = await Promise.all(requests.map(({ url, ...init }) => fetch(url, { method: "POST", ...init })));
    return responses.map(({ status }) => status);
  }

  it("with one store in PostgreSQL give exactly one token, however often and however close they are asked", async () => {
    const urls = await Promise.all([start("postgres"), start("postgres")]);
    for (let round = 0; round < 20; round += 1) {
      const statuses = await race(urls, 3);
      expect(statuses.sort()).toEqual([200, 400, 400, 400, 400, 400]);
    }
  }, 60_000);

  it("with one store let a proof through once", async () => {
    const urls = await Promise.all([start("postgres"), start("postgres")]);
    const dpop = (await tokenRequest(key, await signAssertion(key))).headers.get("dpop") ?? "";
    const answers = urls.map(async (url) => {
      const request = await tokenRequest(key, await signAssertion(key), { headers: { dpop } });
      return (await fetch(url, { method: "POST", headers: request.headers, body: await request.text() })).status;
    });
    expect((await Promise.all(answers)).sort()).toEqual([200, 400]);
  }, 30_000);

  it("give one each where each remembers for itself: that is what the store is for", async () => {
    const urls = await Promise.all([start("memory"), start("memory")]);
    expect((await race(urls, 3)).filter((status) => status === 200)).toHaveLength(2);
  }, 30_000);
});
