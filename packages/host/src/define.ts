import { PartnerPanel } from "./partner-panel.js";

// A page may hold two copies of this package: the first one serves, and the second one must not throw.
if (globalThis.customElements?.get("partner-panel") === undefined) {
  globalThis.customElements?.define("partner-panel", PartnerPanel);
}
