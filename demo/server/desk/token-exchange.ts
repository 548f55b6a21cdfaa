import { type DpopNonces, dpopNonces, type ReplayStore, serverLimits } from "@partner-panel/server";
import { calculateJwkThumbprint, createLocalJWKSet, EmbeddedJWK, type JWK, jwtVerify } from "jose";
import type Provider from "oidc-provider";
import { type Addresses, apiOf } from "../../addresses.js";
import { errors } from "../identity/oidc-provider.js";
import { addTokenClaims } from "../identity/provider.js";
import { agentOf } from "./agents.js";

/** RFC 8693, section 2.1. */
export const tokenExchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
const accessTokenType = "urn:ietf:params:oauth:token-type:access_token";

/** Seconds that a token for a partner's API lives. */
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
  const nonces = dpopNonces();
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
      const judged = await judgeProof(context.get("DPoP"), `${addresses.deskId}/token`, nonces);
      if (judged.state !== "current") context.set("DPoP-Nonce", await nonces.issue());
      if (judged.state === "unknown")
        throw new errors.UseDpopNonce("the proof is not of now: put the DPoP-Nonce into it");
      const { jkt, jti } = judged;
      // As long as its nonce is good, or its iat can be within the window seen from either side.
      if (!(await replay.add(`proof ${jkt} ${jti}`, 3 * serverLimits.nonceSlot + 1))) throw refusedProof();

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

const refusedProof = () =>
  new errors.InvalidDpopProof("a proof of the new token's key, for this endpoint and for one use, is needed");

/**
 * Who made a proof for this endpoint (RFC 9449, section 4.3), and whether it was made just now: by its nonce where it has one, else by its `iat`.
 * oidc-provider has the like, but not for a grant that is not its own.
 */
async function judgeProof(proof: string, endpoint: string, nonces: DpopNonces) {
  const { payload, protectedHeader } = await jwtVerify(proof, EmbeddedJWK, {
    typ: "dpop+jwt",
    algorithms: ["ES256", "EdDSA"],
    clockTolerance: serverLimits.proofWindow,
    requiredClaims: ["iat", "jti", "htm", "htu"],
  }).catch(() => {
    throw refusedProof();
  });
  const { htm, htu, iat = 0, jti, nonce } = payload;
  if (!protectedHeader.jwk || htm !== "POST" || htu !== endpoint) throw refusedProof();
  const isFresh = Math.abs(Date.now() / 1000 - iat) <= serverLimits.proofWindow;
  const byTime = isFresh ? "current" : "unknown";
  const state = nonce === undefined ? byTime : await nonces.judge(String(nonce));
  return { jkt: await calculateJwkThumbprint(protectedHeader.jwk), jti, state };
}
