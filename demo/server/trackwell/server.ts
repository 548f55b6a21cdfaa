import { getRequestListener } from "@hono/node-server";
import { headersFor } from "@partner-panel/manifest";
import { endedSessions } from "@partner-panel/server";
import { Hono } from "hono";
import { type Addresses, apiOf } from "../../addresses.js";
import type { Database } from "../database.js";
import { pagePolicy, plainHeaders, servePages, setHeaderLines, trustedTypes } from "../pages.js";
import { openReplayStore } from "../replay-store.js";
import { openSite, type Site } from "../site.js";
import { trackwellScopes } from "./accounts.js";
import { createTrackwellGuard, trackwellApi } from "./api.js";
import { trackwellClient } from "./identity.js";
import { Issues } from "./issues.js";
import { firstVersion, sharedProviderManifest, sharedProviderPath, sharedProviderQuery } from "./manifest.js";
import type { Linking } from "./provider.js";
import { Releases } from "./releases.js";
import { signInEndpoints } from "./sign-in.js";

/** Trackwell Issues: its full page, its embedded view, its API and its manifest. */
export async function startTrackwell(
  addresses: Addresses,
  database: Database,
  webDir: string,
  linking: Pick<Linking, "links" | "assertionReplay">,
): Promise<Site & { reset(): Promise<void> }> {
  const issues = new Issues(database);
  await issues.seedIfEmpty();
  const hosts = [addresses.desk];
  const sharedManifest = sharedProviderManifest(addresses);

  const app = new Hono();
  app.use(plainHeaders);
  app.use(async (context, next) => {
    await next();
    // Keeps Trackwell's pages out of the process of any other page of the same site.
    context.header("Origin-Agent-Cluster", "?1");
  });
  app.get("/config.json", (context) =>
    context.json({
      origin: addresses.trackwell,
      issuer: addresses.trackwellId,
      clientId: trackwellClient,
      resource: apiOf(addresses.trackwell),
      scope: `openid profile email ${trackwellScopes.join(" ")}`,
      hosts,
      sharedAuth: sharedManifest.auth,
    }),
  );
  const releases = await Releases.open(addresses, database, hosts);
  app.route("/", releases.routes());
  const shared = headersFor(sharedManifest, { hosts }).partner;
  app.get(sharedProviderPath, (context) => {
    setHeaderLines(context, shared.manifest);
    return context.json(sharedManifest);
  });
  const replay = await openReplayStore(database);
  const sessions = endedSessions(replay);
  const guard = createTrackwellGuard(addresses, replay, sessions.isRevoked);
  for (const endpoint of signInEndpoints(addresses, { guard, replay, end: sessions.end, ...linking })) {
    app.use(async (context, next) => (await endpoint.fetch(context.req.raw)) ?? next());
  }
  app.route("/api", trackwellApi(addresses, issues, guard));
  // For QA: what a view does when Trackwell was taken over. The frame ends at another site than the manifest's.
  app.get("/embed/*", async (context, next) => {
    const attack =
      context.req.path === "/embed/redirect-to-mallory" || context.req.query("qa") === "redirect-to-mallory";
    return attack ? context.redirect(`${addresses.mallory}/hello`) : next();
  });

  const own = pagePolicy({ connect: [addresses.trackwellId] });
  servePages(app, webDir, "trackwell", (context, path) => {
    if (!path.startsWith("/embed/")) return context.header("Content-Security-Policy", own);
    const { name, value } = sharedProviderQuery;
    setHeaderLines(context, (context.req.query(name) === value ? shared : releases.headers).view);
    context.header("Content-Security-Policy", `${context.res.headers.get("Content-Security-Policy")}; ${trustedTypes}`);
  });

  const site = await openSite(addresses.trackwell, getRequestListener(app.fetch));
  return {
    ...site,
    reset: async () => {
      await issues.reset();
      await releases.publish(firstVersion);
    },
  };
}
