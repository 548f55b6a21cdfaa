import {
  type AssertionTrust,
  createAssertionGrant,
  jwtBearerGrant,
  type ReplayStore,
  type TokenOrder,
} from "@partner-panel/server";
import type Provider from "oidc-provider";
import type { Addresses } from "../../addresses.js";
import { addTokenClaims, resourceServerOf } from "../identity/provider.js";
import type { IdentitySettings } from "../identity/settings.js";
import { localFetch } from "../local-fetch.js";
import { accountOf } from "./accounts.js";
import type { Links } from "./links.js";
import { assertionTrust } from "./trust.js";

/**
 * Lets Trackwell's provider take Desk's word about Desk's agents: its token endpoint redeems assertions, and answers
 * with access tokens that the provider itself mints, like those of the code flow.
 */
export function acceptAssertions(
  provider: Provider,
  settings: IdentitySettings,
  {
    addresses,
    links,
    replay,
    isRevoked,
  }: {
    addresses: Addresses;
    links: Links;
    replay: ReplayStore;
    isRevoked: NonNullable<AssertionTrust<never>["isRevoked"]>;
  },
): void {
  const grant = createAssertionGrant<string>({
    ...assertionTrust(addresses),
    publicUrl: addresses.trackwellId,
    links: {
      // An account that is gone is as good as none: the user is asked to sign in.
      find: async (host, subject) => accountOf((await links.find(host, subject)) ?? "")?.id,
    },
    issue: (order) => mint(provider, settings, order),
    replay,
    isRevoked,
    fetch: localFetch,
  });

  const tokenEndpoint = `${addresses.trackwellId}/token`;
  provider.registerGrantType<{ assertion?: string; client_id?: string }>(
    jwtBearerGrant,
    async (context) => {
      // oidc-provider has read the body and checked the client; the grant gets the same request again to judge.
      const form = new URLSearchParams();
      for (const [name, value] of Object.entries(context.oidc.params))
        if (typeof value === "string") form.append(name, value);
      const headers = new Headers();
      for (const name of ["origin", "dpop"]) if (context.get(name)) headers.set(name, context.get(name));
      const response = await grant.fetch(new Request(tokenEndpoint, { method: "POST", headers, body: form }));
      if (!response) throw new Error("The assertion grant did not know its own request");
      context.status = response.status;
      // Among them the nonce for the next proof, without which a computer whose clock is wrong is locked out.
      context.set(Object.fromEntries(response.headers));
      context.type = "json";
      context.body = await response.json();
    },
    ["assertion", "client_id", "scope", "resource"],
  );
}

async function mint(provider: Provider, settings: IdentitySettings, order: TokenOrder<string>) {
  const client = await provider.Client.find(order.clientId);
  if (!client) throw new Error(`The provider has no client ${order.clientId}`);
  // No more than the account itself may do at Trackwell, whatever the host allows.
  const { scopes: allowed = [], name } = accountOf(order.account) ?? {};
  const scope = order.scope.filter((each) => allowed.includes(each));
  const token = new provider.AccessToken({
    client,
    accountId: order.account,
    // What the token rests on: the host's session, where a token of the code flow has a grant stored here.
    grantId: `${order.host} ${order.sid}`,
    gty: jwtBearerGrant,
    expiresIn: Math.min(order.maxLife, settings.api.tokenSeconds()),
    scope: scope.join(" "),
  });
  token.resourceServer = new provider.ResourceServer(order.resource, resourceServerOf(settings));
  token.setThumbprint("jkt", order.jkt);
  // With the name, so that the view can say who is signed in; no ID token comes with this grant.
  addTokenClaims(token, { sid: order.sid, auth_time: order.authTime, host: order.host, name });
  return { access_token: await token.save(), expires_in: token.expiration, scope };
}
