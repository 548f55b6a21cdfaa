import { getRequestListener } from "@hono/node-server";
import { Hono } from "hono";
import type { Addresses } from "../../addresses.js";
import { plainHeaders, servePages } from "../pages.js";
import { openSite, type Site } from "../site.js";
import { hostileManifests, malloryManifest, manifestsPath } from "./manifests.js";

/**
 * The hostile partner. It protects nothing and refuses nobody: no policy of its own could be what stops an attack. Its
 * pages are `/attacks` and `/beg` (what a panel shows), `/hello` (where a redirected frame ends) and `/` (for a tab of its own).
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
  for (const [name, answer] of Object.entries(hostileManifests(addresses))) {
    app.get(`${manifestsPath}${name}.json`, answer);
  }
  servePages(app, webDir, "mallory", () => {});
  return openSite(addresses.mallory, getRequestListener(app.fetch));
}

/** Whom Mallory attacks. */
const targets = ({ desk, deskId, trackwell, trackwellId }: Addresses) => ({ desk, deskId, trackwell, trackwellId });
