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

/** Where Trackwell publishes what it is to customers whose provider it trusts as its own. */
export const sharedProviderPath = "/manifests/shared-provider.json";

/** By this query the view knows that it is shown to such a customer. The same page, with another provider. */
export const sharedProviderQuery = { name: "provider", value: "shared" } as const;

/** To a customer of Trackwell's whose provider it trusts as its own: Desk, in this demo, by a switch for QA. */
export function sharedProviderManifest(addresses: Addresses): ManifestInput {
  const { surfaces, ...first } = trackwellManifest(addresses);
  const { issue, ...others } = surfaces.panel?.views ?? {};
  const entry = `/embed/issue?${sharedProviderQuery.name}=${sharedProviderQuery.value}`;
  return {
    ...first,
    auth: {
      issuer: addresses.deskId,
      client_id: panelClient,
      resource: apiOf(addresses.trackwell),
      modes: ["exchange"],
      scopes: [...trackwellScopes],
    },
    csp: { connectDomains: [addresses.deskId] },
    surfaces: issue ? { ...surfaces, panel: { views: { ...others, issue: { ...issue, entry } } } } : surfaces,
  };
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
  permissions: {
    forms: { reason: "To send a comment on an issue" },
    popups: { reason: "To sign you in to Trackwell, in a window of its own" },
  },
  auth: {
    issuer: addresses.trackwellId,
    client_id: panelClient,
    resource: apiOf(addresses.trackwell),
    modes: ["assertion", "code"],
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
          display: ["inline", "dialog", "fullscreen"],
          minHeight: 240,
          scopes: ["ticket:read", "ticket:write"],
        },
        // For QA: a partner that was taken over and sends its frame to somebody else.
        "qa-redirect": { entry: "/embed/redirect-to-mallory", title: "A view that redirects", scopes: ["ticket:read"] },
      },
    },
  },
});
