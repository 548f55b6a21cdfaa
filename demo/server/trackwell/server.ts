import { getRequestListener } from "@hono/node-server";
import { headersFor } from "@partner-panel/manifest";
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
import { forbidFraming, misbehave } from "./view-qa.js";

/** Trackwell Issues: its full page, its embedded view, its API and its manifest. */
export async function startTrackwell(
  addresses: Addresses,
  database: Database,
  webDir: string,
  linking: Pick<Linking, "links" | "assertionReplay" | "sessions">,
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
      mallory: addresses.mallory,
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
  const guard = createTrackwellGuard(addresses, replay, linking.sessions.isRevoked);
  for (const endpoint of signInEndpoints(addresses, { guard, replay, ...linking })) {
    app.use(async (context, next) => (await endpoint.fetch(context.req.raw)) ?? next());
  }
  app.route("/api", trackwellApi(addresses, issues, guard));
  app.get("/embed/*", misbehave(`${addresses.mallory}/hello`));

  const own = pagePolicy({ connect: [addresses.trackwellId] });
  servePages(app, webDir, "trackwell", (context, path) => {
    if (!path.startsWith("/embed/")) return context.header("Content-Security-Policy", own);
    const { name, value } = sharedProviderQuery;
    setHeaderLines(context, (context.req.query(name) === value ? shared : releases.headers).view);
    const policy = context.res.headers.get("Content-Security-Policy") ?? "";
    const forHosts = context.req.query("qa") === "no-framing" ? forbidFraming(policy) : policy;
    context.header("Content-Security-Policy", `${forHosts}; ${trustedTypes}`);
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
