import type { ManifestInput } from "@partner-panel/manifest";
import { type Addresses, apiOf } from "../../addresses.js";
import { trackwellScopes } from "./accounts.js";
import { panelClient } from "./identity.js";

/** What Trackwell publishes about itself. */
export const trackwellManifest = (addresses: Addresses): ManifestInput => ({
  manifest_version: 1,
  id: "com.trackwell.issues",
  version: "1.0.0",
  name: "Trackwell Issues",
  origin: addresses.trackwell,
  protocol: "^1.0.0",
  scopes: {
    "ticket:read": { title: "See the open ticket", reason: "To show it beside the issue that it is linked to" },
    "ticket:write": {
      title: "Change the open ticket",
      reason: "To set its priority and status from the issue",
      optional: true,
    },
  },
  // Without it the browser never fires a form's submit event in the frame, and comments could not be sent.
  permissions: { forms: { reason: "To send a comment on an issue" } },
  auth: {
    issuer: addresses.trackwellId,
    client_id: panelClient,
    resource: apiOf(addresses.trackwell),
    modes: ["assertion"],
    scopes: [...trackwellScopes],
  },
  csp: { connectDomains: [addresses.trackwellId] },
  surfaces: {
    link: { entry: "/" },
    panel: {
      views: {
        issue: {
          entry: "/embed/issue",
          title: "Linked issue",
          display: ["inline"],
          minHeight: 240,
          scopes: ["ticket:read", "ticket:write"],
        },
        // For QA: a partner that was taken over and sends its frame to somebody else.
        "qa-redirect": { entry: "/embed/redirect-to-mallory", title: "A view that redirects", scopes: ["ticket:read"] },
      },
    },
  },
});
