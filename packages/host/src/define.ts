import { PartnerGrants } from "./partner-grants.js";
import { PartnerPanel } from "./partner-panel.js";

// A page may hold two copies of this package: the first one serves, and the second one must not throw.
for (const [name, element] of [
  ["partner-panel", PartnerPanel],
  ["partner-grants", PartnerGrants],
] as const) {
  if (globalThis.customElements?.get(name) === undefined) globalThis.customElements?.define(name, element);
}
