import type { Manifest } from "@partner-panel/manifest";
import { partnersConfig, type UpgradeAction } from "../config.js";
import type { PanelError } from "../errors.js";
import type { PartnerPanel } from "../partner-panel.js";
import { warn } from "../warn.js";

/** What is offered in place of a view that is not granted: the ladder's next step down. */
export interface Fallback {
  /** Where the partner shows the same by itself. */
  readonly link: string;
  /** The page's own way to get more, if it has one for this. */
  readonly upgrade: UpgradeAction | null;
}

/** Null where nothing of the kind is the matter. */
export function fallbackFor(error: PanelError, manifest: Manifest | null, panel: PartnerPanel): Fallback | null {
  const { code } = error;
  if ((code !== "NOT_ENTITLED" && code !== "SURFACE_NOT_GRANTED") || manifest === null) return null;
  const link = new URL(manifest.surfaces.link.entry, manifest.origin).href;
  const scopes: unknown = Reflect.get(Object(error.cause), "scopes");
  const request = {
    partner: panel.partner,
    view: panel.view,
    code,
    scopes: Array.isArray(scopes) ? scopes : [],
    panel,
  };
  try {
    return { link, upgrade: partnersConfig()?.upgrade?.(request) ?? null };
  } catch (cause) {
    warn(`upgrade threw: ${String(cause)}`);
    return { link, upgrade: null };
  }
}
