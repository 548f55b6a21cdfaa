import { manifestUrlOf, partnersConfig } from "../config.js";
import { Failure } from "../errors.js";
import { panelErrorOf } from "../known-errors.js";
import { loadManifest } from "../manifests/manifest-loader.js";
import { loadController } from "./panel-start.js";

const preconnected = new Set<string>();

/** See `PartnerPanel.prewarm`. */
export async function prewarm(partner: string): Promise<void> {
  const config = partnersConfig();
  const url = config === null ? undefined : manifestUrlOf(config, partner);
  if (url === undefined)
    throw panelErrorOf(new Failure("PARTNER_UNKNOWN", { message: `This page has no partner "${partner}"` }), {
      instanceId: "",
    });
  // Two connections: the manifest is asked for without credentials, and a frame is not.
  preconnect(new URL(url).origin);
  // What the panel will meet as well, and tells then.
  await Promise.allSettled([
    loadManifest(url),
    loadController(),
    import("../consent/ask-user.js"),
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
