import { PartnerGrants } from "./partner-grants.js";
import { PartnerPanel } from "./partner-panel.js";
import { warn } from "./warn.js";

// A page may hold two copies of this package, of two versions perhaps: the first one serves, and the second one must not throw.
for (const [name, element] of [
  ["partner-panel", PartnerPanel],
  ["partner-grants", PartnerGrants],
] as const) {
  const serving = globalThis.customElements?.get(name);
  if (serving === undefined) globalThis.customElements?.define(name, element);
  else if (element === PartnerPanel && serving !== element)
    warn(
      "another copy or version of @partner-panel/host serves the elements of this page; configurePartners of this one reaches none of them. Load it once.",
    );
}
