import { type Addresses, apiOf } from "../../addresses.js";
import type { IdentitySettings } from "../identity/settings.js";
import { agents, deskScope } from "./agents.js";

/** The client id of Desk's pages at Desk's provider. */
export const deskClient = "desk-web";

/** Desk's OpenID provider. */
export const deskIdentity = (addresses: Addresses): IdentitySettings => ({
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
      redirectPaths: ["/callback"],
      dpop: false,
    },
  ],
  api: { resource: apiOf(addresses.desk), scopes: [deskScope], tokenSeconds: 10 * 60 },
});
