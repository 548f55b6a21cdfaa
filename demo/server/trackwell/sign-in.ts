import {
  createLinkEndpoint,
  createLogoutReceiver,
  createSignInPages,
  type Endpoint,
  type ReplayStore,
  type ResourceGuard,
} from "@partner-panel/server";
import type { Addresses } from "../../addresses.js";
import { localFetch } from "../local-fetch.js";
import { accountOf } from "./accounts.js";
import type { Linking } from "./provider.js";
import { assertionTrust, trustedHosts } from "./trust.js";

interface SignInHands extends Pick<Linking, "links" | "assertionReplay" | "sessions"> {
  readonly guard: ResourceGuard;
  readonly replay: ReplayStore;
}

/** What Trackwell mounts beside its API so that a panel's users can sign in, be linked and be signed out. */
export function signInEndpoints(
  addresses: Addresses,
  { guard, replay, links, assertionReplay, sessions }: SignInHands,
): readonly Endpoint[] {
  return [
    guard,
    createSignInPages({ text: { title: "Sign in to Trackwell" } }),
    createLinkEndpoint<string>({
      ...assertionTrust(addresses),
      guard,
      account: ({ iss, sub }) => (iss === addresses.trackwellId ? accountOf(sub)?.id : undefined),
      link: (host, subject, account) => links.link(host, subject, account),
      // The provider's: an assertion that was redeemed there links nobody here.
      replay: assertionReplay,
      isRevoked: sessions.isRevoked,
      fetch: localFetch,
    }),
    createLogoutReceiver({
      issuers: trustedHosts(addresses),
      audience: addresses.trackwellId,
      replay,
      end: sessions.end,
      fetch: localFetch,
    }),
  ];
}
