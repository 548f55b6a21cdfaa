import { type Addresses, apiOf } from "../../addresses.js";
import type { IdentitySettings } from "../identity/settings.js";
import { agents, deskScope } from "./agents.js";
import { tokenExchangeGrant } from "./token-exchange.js";

/** The client id of Desk's pages at Desk's provider. */
export const deskClient = "desk-web";

/** The client id of Desk's back end, which exchanges its agents' tokens for partners that trust the same provider. */
export const deskServerClient = "desk-server";

const tokenSeconds = 10 * 60;

/** Desk's OpenID provider. */
export const deskIdentity = (addresses: Addresses, serverSecret: string): IdentitySettings => ({
  issuer: addresses.deskId,
  product: "Fernhill Desk",
  hue: 155,
  accounts: agents,
  clients: [
    {
      id: deskClient,
      name: "Fernhill Desk",
      origin: addresses.desk,
      grantTypes: ["authorization_code", "refresh_token"],
      redirectPaths: ["/callback", "/confirm"],
      logoutPath: "/backchannel-logout",
      dpop: false,
    },
    {
      id: deskServerClient,
      name: "Fernhill Desk's server",
      origin: addresses.desk,
      secret: serverSecret,
      grantTypes: [tokenExchangeGrant],
      redirectPaths: [],
      dpop: false,
    },
  ],
  api: { resource: apiOf(addresses.desk), scopes: [deskScope], tokenSeconds: () => tokenSeconds },
});
