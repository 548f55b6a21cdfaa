import { base64url, calculateJwkThumbprint, EmbeddedJWK, jwtVerify } from "jose";
import { proofAlgorithms } from "./keys.js";
import { serverLimits } from "./limits.js";
import type { DpopNonces } from "./nonces.js";
import { Refusal } from "./refusal.js";
import type { ReplayStore } from "./replay.js";

/** A DPoP proof that is what it should be, but for when it was made. */
export interface SignedProof {
  /** Thumbprint of the key that signed it (RFC 7638, SHA-256). */
  jkt: string;
  jti: string;
  iat: number;
  nonce: string | undefined;
}

/** A DPoP proof that passed every check but one: whether it was used before. See {@link useProof}. */
export interface Proof extends SignedProof {
  /** Headers for the answer: the next nonce, where the proof's own is about to end (RFC 9449, section 8.2). */
  headers: Readonly<Record<string, string>>;
}

/**
 * Reads a DPoP proof (RFC 9449, section 4.3): one JWT of type `dpop+jwt`, signed by the public key in its own header, whose
 * `htm` is `method`, whose `htu` is `url`, which has `iat` and `jti`, and with a token the hash of that as `ath`.
 *
 * @throws {Refusal} 400 `invalid_dpop_proof`, with what to change.
 */
export async function readProof(
  dpop: string,
  { method, url, accessToken }: { method: string; url: string; accessToken?: string | undefined },
): Promise<SignedProof> {
  // Fetch joins repeated headers with a comma, which no JWT contains: two proofs do not parse.
  const { payload, protectedHeader } = await jwtVerify(dpop, EmbeddedJWK, {
    typ: "dpop+jwt",
    algorithms: proofAlgorithms,
    // A proof is dated by `iat` or `nonce`. `exp` and `nbf` still count where somebody sets them.
    clockTolerance: serverLimits.proofWindow,
  }).catch(() => {
    throw refused(`The proof is not one JWT of type dpop+jwt, signed (${proofAlgorithms.join(", ")}) by its own jwk.`);
  });

  const { htm, htu, iat, jti, ath, nonce } = payload;
  if (htm !== method) throw refused(`The proof's htm must be ${method}.`);
  if (typeof htu !== "string" || withoutQuery(htu) !== url) throw refused(`The proof's htu must be ${url}.`);
  if (typeof iat !== "number") throw refused("The proof has no iat.");
  if (typeof jti !== "string" || !jti || jti.length > serverLimits.jtiLength) {
    throw refused(`The proof needs a jti of 1 to ${serverLimits.jtiLength} characters.`);
  }
  if (accessToken !== undefined && ath !== (await sha256(accessToken))) {
    throw refused("The proof's ath is not the hash of this access token.");
  }
  if (nonce !== undefined && typeof nonce !== "string") throw refused("The proof's nonce must be a string.");
  // EmbeddedJWK has made sure of the jwk.
  return { jkt: await calculateJwkThumbprint(protectedHeader.jwk ?? {}), jti, iat, nonce };
}

/**
 * Checks the DPoP proof of a request: exactly one `DPoP` header, what {@link readProof} says, and that it was made just now.
 * One with a nonce is judged by that alone, one without by its `iat`, which must lie within 60 s of now (RFC 9449, section 11.1).
 *
 * @param url The public address of what is asked for, without query. Never derived from `request.url`'s origin.
 * @param accessToken The token that the request carries, if it is one to a resource.
 * @throws {Refusal} 400 `invalid_dpop_proof`, with what to change; 400 `use_dpop_nonce` with a `DPoP-Nonce` to put into the next
 *   one, where the clock that dated this one is wrong, its nonce is not good, or nonces are required.
 */
export async function checkProof(
  request: Request,
  url: string,
  nonces: DpopNonces,
  accessToken?: string,
): Promise<Proof> {
  const dpop = request.headers.get("dpop");
  if (dpop === null) throw refused("Send a DPoP header with a proof (RFC 9449).");
  const proof = await readProof(dpop, { method: request.method, url, accessToken });
  const nextNonce = async () => ({ "dpop-nonce": await nonces.issue() });
  const again = async (why: string) =>
    new Refusal(400, "use_dpop_nonce", `${why} Put the DPoP-Nonce of this answer into the proof.`, await nextNonce());

  // Never by iat once it has a nonce: a proof dated for tomorrow would come back to life then, long after it was forgotten here.
  if (proof.nonce !== undefined) {
    const state = await nonces.judge(proof.nonce);
    if (state === "unknown") throw await again("The proof's nonce is not one that was handed out in the last minutes.");
    return { ...proof, headers: state === "old" ? await nextNonce() : {} };
  }
  if (nonces.required) throw await again("A proof needs a nonce here.");
  const age = Math.floor(Date.now() / 1000) - proof.iat;
  if (!(Math.abs(age) <= serverLimits.proofWindow)) {
    const off = `${Math.abs(Math.round(age))} s in the ${age > 0 ? "past" : "future"}`;
    throw await again(
      `The proof's iat is ${off}, where ${serverLimits.proofWindow} s are allowed: is the clock right?`,
    );
  }
  return { ...proof, headers: {} };
}

/**
 * Uses a proof up. Called last, after the token or assertion that the proof came with was found good: so only those who
 * hold one can fill the store.
 *
 * @throws {Refusal} 400 `invalid_dpop_proof`: it was used before.
 */
export async function useProof(replay: ReplayStore, { jkt, jti, nonce }: SignedProof): Promise<void> {
  // As long as its nonce is good, or its iat can be within the window seen from either side.
  const ttl = nonce === undefined ? 2 * serverLimits.proofWindow : 3 * serverLimits.nonceSlot;
  // Under its key, so that nobody can use up another's.
  if (!(await replay.add(`dpop ${jkt} ${jti}`, ttl + 1))) {
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
