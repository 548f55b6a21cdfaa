import { partnersConfig } from "../config.js";
import { PanelError } from "../errors.js";
import { loadManifest } from "../manifests/manifest-loader.js";
import { manifestUrlOf } from "./run-settings.js";

const preconnected = new Set<string>();

/** See `PartnerPanel.prewarm`. */
export async function prewarm(partner: string): Promise<void> {
  const config = partnersConfig();
  const url = config === null ? undefined : manifestUrlOf(config, partner);
  if (url === undefined)
    throw new PanelError("PARTNER_UNKNOWN", `This page has no partner "${partner}"`, { instanceId: "" });
  // Two connections: the manifest is asked for without credentials, and a frame is not.
  preconnect(new URL(url).origin);
  // What the panel will meet as well, and tells then.
  await Promise.allSettled([
    loadManifest(url),
    import("../consent/consent-dialog.js"),
    import("../manifests/manifest-changes.js"),
  ]);
}

function preconnect(origin: string): void {
  if (preconnected.has(origin)) return;
  preconnected.add(origin);
  const link = document.createElement("link");
  link.rel = "preconnect";
  link.href = origin;
  document.head.append(link);
}
