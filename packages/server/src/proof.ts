import { base64url, calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from "jose";
import { proofAlgorithms } from "./keys.js";
import { serverLimits } from "./limits.js";
import { Refusal } from "./refusal.js";
import type { ReplayStore } from "./replay.js";

/** A DPoP proof that passed every check but one: whether it was used before. See {@link useProof}. */
export interface Proof {
  /** Thumbprint of the key that signed it (RFC 7638, SHA-256). */
  jkt: string;
  jti: string;
}

/**
 * Checks the DPoP proof of a request (RFC 9449, section 4.3). It needs exactly one `DPoP` header with a JWT of type
 * `dpop+jwt`, signed by the public key in its own header, then in this order: `htm` is the request's method, `htu` is
 * `url`, `iat` lies within 60 s of now, `jti` is there, and with a token `ath` is that token's hash.
 *
 * @param url The public address of what is asked for, without query. Never derived from `request.url`'s origin.
 * @param accessToken The token that the request carries, if it is one to a resource.
 * @throws {Refusal} 400 `invalid_dpop_proof`, with what to change.
 */
export async function checkProof(request: Request, url: string, accessToken?: string): Promise<Proof> {
  const header = request.headers.get("dpop");
  if (header === null) throw refused("Send a DPoP header with a proof (RFC 9449).");
  // Fetch joins repeated headers with a comma, which no JWT contains: two proofs do not parse.
  const { payload, protectedHeader } = await jwtVerify(header, EmbeddedJWK, {
    typ: "dpop+jwt",
    algorithms: proofAlgorithms,
    // A proof is dated by `iat` alone, judged below. `exp` and `nbf` still count where somebody sets them.
    clockTolerance: serverLimits.proofWindow,
  }).catch(() => {
    throw refused(`The proof is not one JWT of type dpop+jwt, signed (${proofAlgorithms.join(", ")}) by its own jwk.`);
  });

  const { htm, htu, iat, jti, ath } = payload;
  if (htm !== request.method) throw refused(`The proof's htm must be ${request.method}.`);
  if (typeof htu !== "string" || withoutQuery(htu) !== url) throw refused(`The proof's htu must be ${url}.`);
  if (typeof iat !== "number") throw refused("The proof has no iat.");
  const age = Math.floor(Date.now() / 1000) - iat;
  if (Math.abs(age) > serverLimits.proofWindow) {
    const off = `${Math.abs(Math.round(age))} s in the ${age > 0 ? "past" : "future"}`;
    throw refused(`The proof's iat is ${off}, at most ${serverLimits.proofWindow} s are allowed. Is the clock right?`);
  }
  if (typeof jti !== "string" || !jti || jti.length > serverLimits.jtiLength) {
    throw refused(`The proof needs a jti of 1 to ${serverLimits.jtiLength} characters.`);
  }
  if (accessToken !== undefined && ath !== (await sha256(accessToken))) {
    throw refused("The proof's ath is not the hash of this access token.");
  }
  // EmbeddedJWK has made sure of the jwk.
  return { jkt: await calculateJwkThumbprint(protectedHeader.jwk ?? {}), jti };
}

/**
 * Uses a proof up. Called last, after the token or assertion that the proof came with was found good: so only those who
 * hold one can fill the store.
 *
 * @throws {Refusal} 400 `invalid_dpop_proof`: it was used before.
 */
export async function useProof(replay: ReplayStore, { jkt, jti }: Proof): Promise<void> {
  // As long as its iat can be within the window, seen from either side; under its key, so that nobody can use up another's.
  if (!(await replay.add(`dpop ${jkt} ${jti}`, 2 * serverLimits.proofWindow + 1))) {
    throw refused("The proof was used before. Sign a new one for every request.");
  }
}

function refused(description: string): Refusal {
  return new Refusal(400, "invalid_dpop_proof", description);
}

/** The address as `URL` writes it, so that `HTTPS://API.example:443/` is what it means; `undefined` if it is none. */
function withoutQuery(htu: string): string | undefined {
  if (!URL.canParse(htu)) return undefined;
  const url = new URL(htu);
  url.search = "";
  url.hash = "";
  return url.href;
}

async function sha256(text: string): Promise<string> {
  return base64url.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
}
