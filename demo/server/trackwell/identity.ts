import { jwtBearerGrant } from "@partner-panel/server";
import { type Addresses, apiOf } from "../../addresses.js";
import type { IdentitySettings } from "../identity/settings.js";
import { accounts, trackwellScopes } from "./accounts.js";

/** The client id of Trackwell's own pages at Trackwell's provider. */
export const trackwellClient = "trackwell-web";

/** The client id of Trackwell's view when it runs in a host's panel. */
export const panelClient = "panel";

/** Trackwell's OpenID provider. Its tokens are bound to a key, whoever gets them. */
export const trackwellIdentity = (addresses: Addresses, tokenSeconds: () => number): IdentitySettings => ({
  issuer: addresses.trackwellId,
  product: "Trackwell Issues",
  hue: 270,
  accounts,
  clients: [
    {
      id: trackwellClient,
      name: "Trackwell Issues",
      origin: addresses.trackwell,
      grantTypes: ["authorization_code", "refresh_token"],
      redirectPaths: ["/callback"],
      dpop: true,
    },
    {
      id: panelClient,
      name: "Trackwell in a panel",
      origin: addresses.trackwell,
      // By a host's word; and by the user's own sign-in, to link the two or where no host vouches.
      grantTypes: [jwtBearerGrant, "authorization_code", "refresh_token"],
      redirectPaths: ["/panel/callback"],
      dpop: true,
    },
  ],
  api: { resource: apiOf(addresses.trackwell), scopes: trackwellScopes, tokenSeconds },
});
