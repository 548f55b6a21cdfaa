import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import { type Addresses, apiOf, manifestOf } from "../../addresses.js";
import type { Database } from "../database.js";
import { pagePolicy, plainHeaders, servePages } from "../pages.js";
import { openSite, type Site } from "../site.js";
import { deskScope } from "./agents.js";
import { deskApi } from "./api.js";
import { createDeskAssertions, type DeskAssertions } from "./assertions.js";
import { createBearerCheck } from "./bearer.js";
import { deskClient } from "./identity.js";
import { Integrations } from "./integrations.js";
import { Tickets } from "./tickets.js";

/** Fernhill Desk: its pages, its API, and what vouches for its agents to partners. */
export async function startDesk(
  addresses: Addresses,
  database: Database,
  webDir: string,
): Promise<Site & Pick<DeskAssertions, "subjectFor"> & { reset(): Promise<void> }> {
  const tickets = new Tickets(database);
  await tickets.seedIfEmpty();
  const integrations = await Integrations.open(database);
  const authenticate = createBearerCheck(addresses.deskId, apiOf(addresses.desk));
  const { endpoint, subjectFor } = await createDeskAssertions(addresses, database, authenticate, (partner) =>
    integrations.has(partner),
  );

  const partners = { trackwell: manifestOf(addresses.trackwell), mallory: manifestOf(addresses.mallory) };

  const app = new Hono();
  app.use(plainHeaders);
  app.get("/config.json", (context) =>
    context.json({
      origin: addresses.desk,
      issuer: addresses.deskId,
      clientId: deskClient,
      resource: apiOf(addresses.desk),
      scope: `openid profile email ${deskScope}`,
      partners,
    }),
  );
  app.route("/api", deskApi({ tickets, integrations }, Object.keys(partners), authenticate));

  app.use(async (context, next) => (await endpoint.fetch(context.req.raw)) ?? next());

  const sites = [addresses.trackwell, addresses.mallory];
  const policy = pagePolicy({ connect: [addresses.deskId, ...sites], frame: sites, image: sites });
  servePages(app, webDir, "desk", (context) => {
    context.header("Content-Security-Policy", policy);
    // Not `same-origin`: a partner's sign-in popup would lose its opener.
    context.header("Cross-Origin-Opener-Policy", "same-origin-allow-popups");
  });

  const site = await openSite(addresses.desk, getRequestListener(app.fetch));
  return {
    ...site,
    subjectFor,
    reset: async () => {
      await tickets.reset();
      await integrations.reset();
    },
  };
}
