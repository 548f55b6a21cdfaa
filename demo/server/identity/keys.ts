import { randomBytes } from "node:crypto";
import { exportJWK, generateKeyPair, type JWK } from "jose";

/** What a provider signs with: its tokens by `jwks`, its cookies by `cookies`. */
export interface ProviderKeys {
  readonly jwks: { readonly keys: JWK[] };
  readonly cookies: string[];
}

/**
 * A provider's keys: ES256 signs everything the demo uses; RS256 is there because every OpenID provider must offer it
 * (OpenID Connect Core 1.0, section 15.1).
 */
export async function makeProviderKeys(): Promise<ProviderKeys> {
  const keys = await Promise.all(["ES256", "RS256"].map(makeSigningKey));
  return { jwks: { keys }, cookies: [randomBytes(32).toString("base64url")] };
}

/** A fresh private key for signatures, as a JWK with a `kid`. */
export async function makeSigningKey(alg: string): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: randomBytes(8).toString("base64url"), alg, use: "sig" };
}
