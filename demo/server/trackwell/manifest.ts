import type { ManifestInput } from "@partner-panel/manifest";
import { type Addresses, apiOf } from "../../addresses.js";
import { trackwellScopes } from "./accounts.js";
import { panelClient } from "./identity.js";

/** A version of what Trackwell publishes about itself. */
export interface Release {
  readonly version: string;
  /** What it asks for more or less than the first. */
  readonly about: string;
  readonly manifest: ManifestInput;
}

/** What Trackwell publishes until somebody publishes another version. */
export const firstVersion = "1.0.0";

/** The versions that Trackwell can publish, so that the demo shows what a host makes of each. */
export function trackwellReleases(addresses: Addresses): readonly Release[] {
  const first = trackwellManifest(addresses);
  const read = first.scopes?.["ticket:read"];
  const scopes = { ...first.scopes, "requester:read": requester };
  return [
    { version: firstVersion, about: "Asks to see the open ticket, and, if it may, to change it.", manifest: first },
    {
      version: "1.1.0",
      about: "Asks for more: the name of the person who opened the ticket.",
      manifest: { ...first, version: "1.1.0", scopes, surfaces: withScopes(first, Object.keys(scopes)) },
    },
    {
      version: "1.2.0",
      about: "Asks for less: to see the open ticket, and no longer to change it.",
      manifest: {
        ...first,
        version: "1.2.0",
        ...(read === undefined ? {} : { scopes: { "ticket:read": read } }),
        surfaces: withScopes(first, ["ticket:read"]),
      },
    },
  ];
}

const requester = { title: "See who opened the ticket", reason: "To name the person who waits for the issue" };

function withScopes({ surfaces }: ManifestInput, scopes: string[]): ManifestInput["surfaces"] {
  const { issue, ...others } = surfaces.panel?.views ?? {};
  return issue === undefined ? surfaces : { ...surfaces, panel: { views: { ...others, issue: { ...issue, scopes } } } };
}

const trackwellManifest = (addresses: Addresses): ManifestInput => ({
  manifest_version: 1,
  id: "com.trackwell.issues",
  version: firstVersion,
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
