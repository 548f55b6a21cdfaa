import { getRequestListener } from "@hono/node-server";
import { endedSessions } from "@partner-panel/server";
import { Hono } from "hono";
import { type Addresses, apiOf, manifestOf } from "../../addresses.js";
import type { Database } from "../database.js";
import { pagePolicy, plainHeaders, servePages } from "../pages.js";
import { openReplayStore } from "../replay-store.js";
import { openSite, type Site } from "../site.js";
import { deskScope } from "./agents.js";
import { deskApi } from "./api.js";
import { createBearerCheck } from "./bearer.js";
import { Endings } from "./endings.js";
import { deskClient } from "./identity.js";
import { Integrations } from "./integrations.js";
import { createPartnerSignIn, type PartnerSignIn } from "./partner-sign-in.js";
import { Tickets } from "./tickets.js";

/** Fernhill Desk: its pages, its API, and what vouches for its agents to partners. */
export async function startDesk(
  addresses: Addresses,
  database: Database,
  webDir: string,
  serverSecret: string,
): Promise<Site & Pick<PartnerSignIn, "subjectFor"> & { reset(): Promise<void> }> {
  const tickets = new Tickets(database);
  await tickets.seedIfEmpty();
  const integrations = await Integrations.open(database);
  const replay = await openReplayStore(database);
  const sessions = endedSessions(replay);
  const bearer = createBearerCheck(addresses.deskId, apiOf(addresses.desk));
  const authenticate = async (request: Request) => {
    const caller = await bearer(request);
    return caller && !(await sessions.isRevoked({ iss: addresses.deskId, sid: caller.sid })) ? caller : undefined;
  };
  const endings = new Endings();
  const { endpoints, subjectFor } = await createPartnerSignIn(addresses, database, {
    authenticate,
    isInstalled: (partner) => integrations.has(partner),
    end: async ({ sid }) => {
      await sessions.end({ issuer: addresses.deskId, sid });
      endings.tell(sid);
    },
    replay,
    serverSecret,
  });

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
      qaPages: { desk: `${addresses.deskId}/qa`, trackwell: `${addresses.trackwellId}/qa` },
      partners,
    }),
  );
  app.route("/api", deskApi({ tickets, integrations }, Object.keys(partners), authenticate, endings));

  for (const endpoint of endpoints) {
    app.use(async (context, next) => (await endpoint.fetch(context.req.raw)) ?? next());
  }

  const sites = [addresses.trackwell, addresses.mallory];
  const policy = pagePolicy({ connect: [addresses.deskId, ...sites], frame: sites, image: sites });
  servePages(app, webDir, "desk", (context, path) => {
    context.header("Content-Security-Policy", policy);
    // Not `same-origin`: a partner's sign-in popup would lose its opener. And Desk's own popup goes to the provider and comes back.
    // For QA, it is as with a host that does not know.
    const others = context.req.query("popups") === "severed" ? "same-origin" : "same-origin-allow-popups";
    context.header("Cross-Origin-Opener-Policy", path === "/confirm" ? "unsafe-none" : others);
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
