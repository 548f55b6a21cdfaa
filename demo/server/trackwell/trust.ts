import type { AssertionHost } from "@partner-panel/server";
import { type Addresses, apiOf } from "../../addresses.js";
import { panelClient } from "./identity.js";

/** The hosts whose word about their users Trackwell takes, and whose log-outs. */
export const trustedHosts = (addresses: Addresses): readonly AssertionHost[] => [
  // The ceiling: whatever Desk vouches for, its agents get no more than this in a panel.
  { issuer: addresses.desk, jwks: `${addresses.desk}/panel/jwks.json`, scopes: ["issues:read", "issues:write"] },
];

/** What an assertion must be for, wherever one is taken. */
export const assertionTrust = (addresses: Addresses) => ({
  issuer: addresses.trackwellId,
  clientId: panelClient,
  resource: apiOf(addresses.trackwell),
  hosts: trustedHosts(addresses),
  origins: [addresses.trackwell],
});
