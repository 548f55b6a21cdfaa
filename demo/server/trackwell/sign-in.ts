import {
  createLinkEndpoint,
  createLogoutReceiver,
  createSignInPages,
  type EndedSession,
  type Endpoint,
  type ReplayStore,
  type ResourceGuard,
} from "@partner-panel/server";
import type { Addresses } from "../../addresses.js";
import { localFetch } from "../local-fetch.js";
import { accountOf } from "./accounts.js";
import type { Links } from "./links.js";
import { assertionTrust, trustedHosts } from "./trust.js";

interface SignInHands {
  readonly guard: ResourceGuard;
  readonly replay: ReplayStore;
  readonly end: (ended: EndedSession) => Promise<boolean>;
  readonly links: Links;
  /** Where the provider remembers assertions: one that was redeemed there links nobody here. */
  readonly assertionReplay: ReplayStore;
}

/** What Trackwell mounts beside its API so that a panel's users can sign in, be linked and be signed out. */
export function signInEndpoints(
  addresses: Addresses,
  { guard, replay, end, links, assertionReplay }: SignInHands,
): readonly Endpoint[] {
  return [
    guard,
    createSignInPages({ text: { title: "Sign in to Trackwell" } }),
    createLinkEndpoint<string>({
      ...assertionTrust(addresses),
      guard,
      account: ({ iss, sub }) => (iss === addresses.trackwellId ? accountOf(sub)?.id : undefined),
      link: (host, subject, account) => links.link(host, subject, account),
      replay: assertionReplay,
      fetch: localFetch,
    }),
    createLogoutReceiver({
      issuers: trustedHosts(addresses),
      audience: addresses.trackwellId,
      replay,
      end,
      fetch: localFetch,
    }),
  ];
}
