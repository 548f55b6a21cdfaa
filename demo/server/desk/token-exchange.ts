import type { ReplayStore } from "@partner-panel/server";
import { calculateJwkThumbprint, createLocalJWKSet, EmbeddedJWK, type JWK, jwtVerify } from "jose";
import type Provider from "oidc-provider";
import { type Addresses, apiOf } from "../../addresses.js";
import { errors } from "../identity/oidc-provider.js";
import { addTokenClaims } from "../identity/provider.js";
import { agentOf } from "./agents.js";

/** RFC 8693, section 2.1. */
export const tokenExchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
const accessTokenType = "urn:ietf:params:oauth:token-type:access_token";

/** Seconds that a proof may be old, and that a token for a partner's API lives. */
const proofWindow = 60;
const tokenSeconds = 5 * 60;

/**
 * Desk's provider as the one that Trackwell trusts as well: token exchange (RFC 8693) for Desk's back end alone, from an agent's
 * token for Desk to one for Trackwell's API, which is bound to the key of the `DPoP` proof that comes along (RFC 9449). oidc-provider has no such grant
 * of its own.
 */
export function exchangeTokens(
  provider: Provider,
  { addresses, keys, replay }: { addresses: Addresses; keys: readonly JWK[]; replay: ReplayStore },
): void {
  const ownKeys = createLocalJWKSet({
    keys: keys.map(({ kty, kid, alg, use, crv, x, y, n, e }) => ({ kty, kid, alg, use, crv, x, y, n, e })) as JWK[],
  });
  const resource = apiOf(addresses.trackwell);
  const parameters = ["subject_token", "subject_token_type", "requested_token_type", "resource", "scope"] as const;

  provider.registerGrantType<Record<(typeof parameters)[number], string | undefined>>(
    tokenExchangeGrant,
    async (context) => {
      const { client, params } = context.oidc;
      if (!client || !params) throw new errors.InvalidClient("nobody is authenticated");
      if (params.subject_token_type !== accessTokenType)
        throw new errors.InvalidRequest("exchanges access tokens alone");
      if (params.resource !== resource) throw new errors.InvalidTarget("no such API to exchange a token for");

      const { sub, sid, auth_time } = await subjectOf(params.subject_token ?? "", ownKeys, addresses);
      const agent = agentOf(sub);
      const scope = params.scope?.split(" ").filter((each) => agent?.trackwellScopes.includes(each)) ?? [];
      if (!agent || scope.length === 0)
        throw new errors.InvalidScope("this agent has none of them", params.scope ?? "");
      const jkt = await keyOfProof(context.get("DPoP"), `${addresses.deskId}/token`, replay);

      const token = new provider.AccessToken({
        client,
        accountId: sub,
        // What the token rests on: the agent's session with Desk, where one of the code flow has a grant stored here.
        grantId: `${addresses.desk} ${sid}`,
        gty: tokenExchangeGrant,
        expiresIn: tokenSeconds,
        scope: scope.join(" "),
      });
      token.resourceServer = new provider.ResourceServer(resource, {
        scope: scope.join(" "),
        audience: resource,
        accessTokenTTL: tokenSeconds,
        accessTokenFormat: "jwt",
        jwt: { sign: { alg: "ES256" } },
      });
      token.setThumbprint("jkt", jkt);
      // `host`: by it, and by `sid`, Trackwell knows the tokens of a session that Desk says is over.
      addTokenClaims(token, { sid, auth_time, host: addresses.desk, name: agent.name });
      context.body = {
        access_token: await token.save(),
        issued_token_type: accessTokenType,
        token_type: "DPoP",
        expires_in: token.expiration,
        scope: scope.join(" "),
      };
    },
    [...parameters],
  );
}

/** Whose token it is, and which session's. It must be one for Desk's own API, and unbound: a bound one would want its own key's proof. */
async function subjectOf(token: string, keys: ReturnType<typeof createLocalJWKSet>, { desk, deskId }: Addresses) {
  const { payload } = await jwtVerify(token, keys, {
    issuer: deskId,
    audience: apiOf(desk),
    typ: "at+jwt",
    algorithms: ["ES256"],
    requiredClaims: ["sub", "exp", "sid", "auth_time"],
  }).catch(() => {
    throw new errors.InvalidGrant("the subject token is not one that this provider made for Desk");
  });
  const { sub, sid, auth_time, cnf } = payload as Record<string, unknown>;
  if (cnf !== undefined || typeof sub !== "string")
    throw new errors.InvalidGrant("the subject token is bound to a key");
  return { sub, sid, auth_time };
}

/** The thumbprint of the key that made a proof for this endpoint (RFC 9449, section 4.3), which must be fresh, and used for the first time. */
async function keyOfProof(proof: string, endpoint: string, replay: ReplayStore): Promise<string> {
  const refuse = () => new errors.InvalidDpopProof("a proof of the new token's key, for this endpoint, is needed");
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
    typ: "dpop+jwt",
    algorithms: ["ES256", "EdDSA"],
    maxTokenAge: proofWindow,
    clockTolerance: proofWindow,
    requiredClaims: ["jti", "htm", "htu"],
  }).catch(() => {
    throw refuse();
  });
  if (!protectedHeader.jwk || payload["htm"] !== "POST" || payload["htu"] !== endpoint) throw refuse();
  const jkt = await calculateJwkThumbprint(protectedHeader.jwk);
  if (!(await replay.add(`proof ${jkt} ${payload.jti}`, 4 * proofWindow))) throw refuse();
  return jkt;
}
