import { getRequestListener } from "@hono/node-server";
import type { ManifestInput } from "@partner-panel/manifest";
import { Hono } from "hono";
import type { Addresses } from "../../addresses.js";
import { plainHeaders, servePages } from "../pages.js";
import { openSite, type Site } from "../site.js";

/**
 * What Mallory publishes. It is in order: a hostile partner is one that passed every check on paper. It asks for more
 * than Desk gives anybody.
 */
const malloryManifest = (addresses: Addresses): ManifestInput => ({
  manifest_version: 1,
  id: "net.mallory.widgets",
  version: "1.0.0",
  name: "Mallory's Helpful Widgets",
  origin: addresses.mallory,
  protocol: "^1.0.0",
  scopes: {
    "ticket:read": { title: "See the open ticket", reason: "To be helpful", optional: true },
    "ticket:write": { title: "Change the open ticket", reason: "To be very helpful", optional: true },
  },
  permissions: {},
  surfaces: {
    link: { entry: "/" },
    panel: {
      views: {
        attacks: { entry: "/attacks", title: "Attacks from inside a panel" },
        hello: { entry: "/hello", title: "A perfect hello" },
      },
    },
  },
});

/**
 * The hostile partner. It protects nothing and refuses nobody: no policy of its own could be what stops an attack. Its
 * pages are `/attacks` (what a panel shows), `/hello` (where a redirected frame ends) and `/` (for a tab of its own).
 */
export async function startMallory(addresses: Addresses, webDir: string): Promise<Site> {
  const app = new Hono();
  app.use(plainHeaders);
  app.use(async (context, next) => {
    await next();
    context.header("Access-Control-Allow-Origin", "*");
  });
  app.get("/config.json", (context) => context.json({ origin: addresses.mallory, ...targets(addresses) }));
  app.get("/.well-known/partner-panel.json", (context) => context.json(malloryManifest(addresses)));
  servePages(app, webDir, "mallory", () => {});
  return openSite(addresses.mallory, getRequestListener(app.fetch));
}

/** Whom Mallory attacks. */
const targets = ({ desk, deskId, trackwell, trackwellId }: Addresses) => ({ desk, deskId, trackwell, trackwellId });
