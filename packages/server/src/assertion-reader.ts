import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from "jose";
import { type AssertionClaims, assertionType } from "./assertion.js";
import { type FetchKeys, keysOf, type TrustedIssuer, tokenAlgorithms } from "./keys.js";
import { serverLimits } from "./limits.js";
import { Refusal } from "./refusal.js";
import type { ReplayStore } from "./replay.js";
import { parseAuthTime, parseScope, parseThumbprint } from "./words.js";

/** What an assertion must be for, and who may have made it. */
export interface AssertionTrust<Host extends TrustedIssuer> {
  /** The partner's issuer: the one `aud` of an assertion. */
  issuer: string;
  /** The view, as a (public) client of the issuer. */
  clientId: string;
  /** The partner's API (RFC 8707): the tokens' audience. */
  resource: string;
  /** The hosts whose word about their users the partner takes. */
  hosts: readonly Host[];
  /** Whether the host's session has ended: `isRevoked` of `endedSessions`, as of the guard. Never, if left out. */
  isRevoked?(claims: AssertionClaims): boolean | Promise<boolean>;
  /** How the hosts' JWKS are fetched; the global `fetch` if left out. */
  fetch?: FetchKeys;
}

/**
 * Gives what reads an assertion for one key: type, issuer, signature, audience, times, every claim of the right type, client,
 * resource, that its `cnf.jkt` is the thumbprint given, and that its session has not ended. It uses nothing up; see {@link useAssertion}.
 *
 * What it gives throws {Refusal} 400 `invalid_grant`, or 503 `temporarily_unavailable` where the host's keys cannot be fetched.
 */
export function assertionReader<Host extends TrustedIssuer>(trust: AssertionTrust<Host>) {
  const hosts = new Map(trust.hosts.map((host) => [host.issuer, { host, keys: keysOf(host, trust.fetch) }]));

  return async (assertion: string, jkt: string): Promise<{ host: Host; claims: AssertionClaims }> => {
    const known = hosts.get(issuerOf(assertion) ?? "");
    if (!known) throw refused("The assertion is not from a host that this partner trusts.");
    const { host, keys } = known;
    const claims = await verify(assertion, keys, { issuer: host.issuer, audience: trust.issuer });
    if (claims.client_id !== trust.clientId) throw refused("The assertion is for another client.");
    if (claims.resource !== trust.resource) throw refused("The assertion is for another resource.");
    if (claims.cnf.jkt !== jkt) {
      throw refused("The assertion is bound to another key than the one that signed the proof.");
    }
    if (await trust.isRevoked?.(claims)) throw refused("The session at the host has ended. Sign in there again.");
    return { host, claims };
  };
}

/**
 * Uses an assertion up, at whichever endpoint of this partner it came to.
 *
 * @throws {Refusal} 400 `invalid_grant`: it was used before.
 */
export async function useAssertion(replay: ReplayStore, { iss, jti, exp }: AssertionClaims): Promise<void> {
  // As long as it can pass the check of its times.
  const ttl = Math.ceil(exp + serverLimits.serverClockSkew - Date.now() / 1000) + 1;
  if (!(await replay.add(`assertion ${iss} ${jti}`, ttl))) {
    throw refused("The assertion was used before. Ask the host for a new one.");
  }
}

function refused(description: string): Refusal {
  return new Refusal(400, "invalid_grant", description);
}

/** `iss` as the assertion has it, only to find the keys to check it with. */
function issuerOf(assertion: string): string | undefined {
  try {
    return decodeJwt(assertion).iss;
  } catch {
    return undefined;
  }
}

async function verify(
  assertion: string,
  keys: JWTVerifyGetKey,
  expected: { issuer: string; audience: string },
): Promise<AssertionClaims> {
  const { payload } = await jwtVerify(assertion, keys, {
    ...expected,
    typ: assertionType,
    algorithms: tokenAlgorithms,
    clockTolerance: serverLimits.serverClockSkew,
    maxTokenAge: serverLimits.assertionLife,
  }).catch((error: unknown) => {
    if (error instanceof Refusal) throw error;
    // jose's messages name a claim, never its value.
    const why = error instanceof errors.JOSEError ? error.message : "unreadable";
    throw refused(`The assertion was refused: ${why}.`);
  });
  const claims = asAssertionClaims(payload);
  if (!claims) throw refused("The assertion lacks a claim, or has one of the wrong form.");
  const life = claims.exp - claims.iat;
  if (!(life > 0 && life <= serverLimits.assertionLife)) {
    throw refused(`The assertion must live at most ${serverLimits.assertionLife} s.`);
  }
  return claims;
}

function asAssertionClaims(payload: JWTPayload): AssertionClaims | undefined {
  const { iss, sub, aud, jti, iat, exp } = payload;
  const { client_id, auth_time, acr, sid, scope, resource, cnf } = payload as Record<string, unknown>;
  const jkt = parseThumbprint(typeof cnf === "object" && cnf !== null && "jkt" in cnf ? cnf.jkt : undefined);
  // One audience, or the assertion could be carried from one partner to another.
  if (!text(iss) || !text(sub) || !text(aud) || !text(jti) || jti.length > serverLimits.jtiLength) return undefined;
  if (!text(client_id) || !text(sid) || !text(scope) || !parseScope(scope) || !text(resource) || !jkt) return undefined;
  if (typeof iat !== "number" || typeof exp !== "number" || typeof auth_time !== "number") return undefined;
  if (parseAuthTime(auth_time) === undefined) return undefined;
  if (acr !== undefined && !text(acr)) return undefined;
  return {
    ...{ iss, sub, aud, client_id, jti, iat, exp, auth_time, sid, scope, resource },
    ...(acr === undefined ? {} : { acr }),
    cnf: { jkt },
  };
}

function text(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}
