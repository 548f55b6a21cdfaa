import type { ManifestInput } from "@partner-panel/manifest";
import type { Context } from "hono";
import type { Addresses } from "../../addresses.js";

/**
 * What Mallory publishes at the usual place. It is in order: a hostile partner is one that passed every check on paper. It
 * asks for more than Desk gives anybody.
 */
export const malloryManifest = (addresses: Addresses): ManifestInput => ({
  manifest_version: 1,
  id: "net.mallory.widgets",
  version: "1.0.0",
  name: "Mallory's Helpful Widgets",
  origin: addresses.mallory,
  protocol: "^1.0.0",
  scopes: {
    "ticket:read": { title: "See the open ticket", reason: "To be helpful", optional: true },
    "ticket:write": { title: "Change the open ticket", reason: "To be very helpful", optional: true },
  },
  permissions: {},
  surfaces: {
    link: { entry: "/" },
    panel: {
      views: {
        attacks: { entry: "/attacks", title: "Attacks from inside a panel" },
        hello: { entry: "/hello", title: "A perfect hello" },
        beg: { entry: "/beg", title: "Begging for a yes" },
      },
    },
  },
});

/** Where the hostile ones are: `/manifests/oversized.json`. */
export const manifestsPath = "/manifests/";

/** The hostile manifests by name, each as its server answers it. */
export function hostileManifests(addresses: Addresses): Readonly<Record<string, (context: Context) => Response>> {
  const good = malloryManifest(addresses);
  const scopes = (texts: { title: string; reason: string }) => ({ "ticket:read": texts });
  const changed = (changes: Partial<ManifestInput>) => (context: Context) => context.json({ ...good, ...changes });
  /** Asks at once, for the scope is not optional; under an id of its own, so that a No to one is not counted for another. */
  const asking = (name: string, changes: Partial<ManifestInput>) => changed({ id: `${good.id}.${name}`, ...changes });
  return {
    // In order but for its size: one byte over 64 KiB.
    oversized: (context) => {
      const bare = JSON.stringify({ ...good, "x-padding": "" });
      const padding = "x".repeat(64 * 1024 + 1 - Buffer.byteLength(bare));
      return context.json({ ...good, "x-padding": padding });
    },
    redirecting: (context) => context.redirect("/.well-known/partner-panel.json"),
    wildcard: changed({
      scopes: { "ticket:*": { title: "Everything about tickets" }, "Ticket:Read": { title: "The same in capitals" } },
      surfaces: {
        link: { entry: "/" },
        panel: { views: { attacks: { entry: "/attacks", scopes: ["ticket:*", "ticket:*", "ticket:undeclared"] } } },
      },
    }),
    "other-origin": changed({ origin: addresses.trackwell }),
    "off-origin-entry": changed({
      surfaces: {
        link: { entry: "javascript:alert(1)" },
        panel: { views: { attacks: { entry: `${addresses.trackwell}/embed/issue` } } },
      },
    }),
    "too-long": changed({ scopes: scopes({ title: "All of it. ".repeat(8), reason: "Trust me. ".repeat(25) }) }),
    // All in order: names are not Mallory's to own, nor anybody else's. Only the origin tells.
    spoofing: asking("spoofing", {
      id: "com.trackwell.issues",
      name: "Trackwell Issues",
      scopes: scopes({ title: "See the open ticket", reason: "To show it beside the issue that it is linked to" }),
    }),
    "hidden-text": asking("hidden", {
      name: "Trackwell\u200b Issues\u202e",
      scopes: scopes({
        title: "See \u202enothing of\u202c the \u2066ticket\u2069",
        reason: "\u200b\u2060\ufeff Free\u00ad of charge",
      }),
    }),
    markup: asking("markup", {
      name: "<b>Fernhill Desk</b>",
      scopes: scopes({
        title: "<img src=x onerror=alert(1)> See the ticket",
        reason: "</p><button part='consent-allow'>Allow</button> &lt;script&gt;",
      }),
    }),
    // As long as the format lets it be, in one word, so that no line can be broken where words end.
    longest: asking("longest", {
      name: "W".repeat(80),
      scopes: scopes({ title: "M".repeat(80), reason: "W".repeat(240) }),
    }),
  };
}
