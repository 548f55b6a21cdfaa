import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { addressesAt, apiOf } from "../addresses.js";
import { localFetch } from "./local-fetch.js";
import { startDemo } from "./start-demo.js";
import { Browser, requestTokens, signInByCode, type Tokens } from "./test-support/browser.js";
import { freePorts } from "./test-support/demo.js";

const cleanUp: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const step of cleanUp.splice(0).reverse()) await step();
});

async function place(): Promise<{ basePort: number; dataDir: string }> {
  const dataDir = await mkdtemp(join(tmpdir(), "partner-panel-demo-"));
  cleanUp.push(() => rm(dataDir, { recursive: true, force: true }));
  return { basePort: await freePorts(), dataDir };
}

const deskFlow = (addresses: ReturnType<typeof addressesAt>) => ({
  issuer: addresses.deskId,
  clientId: "desk-web",
  redirectUri: `${addresses.desk}/callback`,
  resource: apiOf(addresses.desk),
  scope: "openid",
  account: "ada",
});

const desk = (addresses: ReturnType<typeof addressesAt>, tokens: Tokens, path: string, init: RequestInit = {}) =>
  localFetch(addresses.desk + path, {
    ...init,
    headers: { authorization: `Bearer ${tokens.access_token}`, "content-type": "application/json" },
  });

test("a busy port is an error that names it, and nothing is left running", async () => {
  const { basePort, dataDir } = await place();
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(basePort + 2, "127.0.0.1", resolve));
  cleanUp.push(() => new Promise((resolve) => other.close(resolve)));

  const starting = startDemo({ basePort, dataDir });
  await expect(starting).rejects.toMatchObject({ code: "PORT_BUSY", port: basePort + 2 });
  await expect(starting).rejects.toThrow(`Port ${basePort + 2} is busy`);
  await expect(localFetch(`${addressesAt(basePort).desk}/config.json`)).rejects.toThrow("does not answer");
});

test("after a restart what was changed is still there, and who was signed in still is", async () => {
  const options = await place();
  const first = await startDemo(options);
  cleanUp.push(() => first.close());
  const { addresses } = first;
  const browser = new Browser();
  const { tokens } = await signInByCode(browser, deskFlow(addresses));
  const changed = { method: "PATCH", body: JSON.stringify({ priority: "urgent" }) };
  expect((await desk(addresses, tokens, "/api/tickets/T-42", changed)).status).toBe(200);
  await first.close();

  const second = await startDemo(options);
  cleanUp.push(() => second.close());
  const ticket = await desk(addresses, tokens, "/api/tickets/T-42");
  expect(ticket.status, "the token of before").toBe(200);
  expect(await ticket.json()).toMatchObject({ priority: "urgent" });
  const renewed = await requestTokens(
    addresses.deskId,
    { grant_type: "refresh_token", client_id: "desk-web", refresh_token: tokens.refresh_token ?? "" },
    { origin: addresses.desk },
  );
  expect(renewed.status, "the refresh token of before").toBe(200);
  const again = await signInByCode(browser, deskFlow(addresses));
  expect(again.page, "the provider's session of before").not.toContain("Who are you");

  await second.reset();
  expect(await (await desk(addresses, tokens, "/api/tickets/T-42")).json()).toMatchObject({ priority: "normal" });
});

test("one server can be closed alone; closing cuts open event streams", async () => {
  const demo = await startDemo(await place());
  cleanUp.push(() => demo.close());
  const { addresses } = demo;
  const { tokens } = await signInByCode(new Browser(), deskFlow(addresses));
  const events = await desk(addresses, tokens, "/api/tickets/T-42/events");
  expect(events.status).toBe(200);

  await demo.servers.trackwell.close();
  await expect(localFetch(`${addresses.trackwell}/config.json`)).rejects.toThrow("does not answer");
  expect((await localFetch(`${addresses.desk}/config.json`)).status).toBe(200);

  const before = performance.now();
  await demo.close();
  expect(performance.now() - before, "milliseconds to close everything").toBeLessThan(1_000);
  await expect(events.text()).rejects.toThrow();
});
