import {
  type CryptoKey,
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type FetchImplementation,
  importJWK,
  type JSONWebKeySet,
  type JWK,
  type JWTVerifyGetKey,
} from "jose";
import { configuredUrl } from "./address.js";
import { Refusal } from "./refusal.js";

/** An issuer whose signatures are believed. */
export interface TrustedIssuer {
  /** Compared with `iss`, character by character. */
  issuer: string;
  /** Where its public keys are: the address of its JWKS, or the JWKS itself. */
  jwks: string | URL | JSONWebKeySet;
}

/** How a JWKS is fetched; `fetch` itself will do. For a proxy, a private network or names that only this network knows. */
export type FetchKeys = FetchImplementation;

/** Signatures accepted on assertions and access tokens. Asymmetric alone: with `HS256` a public key could serve as a secret. */
export const tokenAlgorithms = ["ES256", "ES384", "PS256", "RS256", "Ed25519", "EdDSA"];

/** Signatures accepted on DPoP proofs. No RSA: the key comes with the proof, and its size would be the sender's to choose. */
export const proofAlgorithms = ["ES256", "Ed25519", "EdDSA"];

/**
 * The keys of one issuer. A JWKS by address is fetched at first use, kept for 10 minutes, and fetched again for an unknown
 * `kid`, at most every 5 s: a new key works soon after it was published, and made-up `kid`s cause no flood of fetches.
 * One fetch may take 5 s.
 *
 * @throws {TypeError} The address is not https (or loopback).
 */
export function keysOf({ issuer, jwks }: TrustedIssuer, fetchKeys?: FetchKeys): JWTVerifyGetKey {
  if (typeof jwks !== "string" && !(jwks instanceof URL)) return createLocalJWKSet(jwks);
  const remote = createRemoteJWKSet(configuredUrl("jwks", jwks), {
    cooldownDuration: 5_000,
    ...(fetchKeys ? { [customFetch]: fetchKeys } : {}),
  });
  return (header, token) =>
    remote(header, token).catch((error: unknown) => {
      // "No such key" is the token's fault; anything else is a JWKS that could not be had, and trying again may help.
      if (error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWKSMultipleMatchingKeys) throw error;
      throw new Refusal(503, "temporarily_unavailable", `The keys of ${issuer} could not be fetched. Try again.`);
    });
}

/** A key that signs, and what its public half looks like in a JWKS. */
export interface SigningKey {
  key: CryptoKey;
  alg: string;
  kid: string;
}

/**
 * Imports a private key for signing.
 *
 * @throws {TypeError} It has no `kid`, no accepted `alg`, or no private part.
 */
export async function signingKey(jwk: JWK): Promise<SigningKey> {
  const { kid, alg } = jwk;
  if (!kid || !alg || !tokenAlgorithms.includes(alg)) {
    throw new TypeError(`A signing key needs a kid and an alg, one of ${tokenAlgorithms.join(", ")}.`);
  }
  const key = await importJWK(jwk, alg);
  if (key instanceof Uint8Array || key.type !== "private") throw new TypeError(`Key ${kid} has no private part.`);
  return { key, alg, kid };
}

/** The members of a public key (RFC 7518, section 6; RFC 8037), by name: what is not named here is never published. */
const publicMembers = ["kty", "kid", "alg", "crv", "x", "y", "n", "e"];

/** The JWKS to publish for private keys. */
export function publicKeys(keys: readonly JWK[]): JSONWebKeySet {
  return {
    keys: keys.map((jwk) => ({
      ...(Object.fromEntries(Object.entries(jwk).filter(([name]) => publicMembers.includes(name))) as JWK),
      use: "sig",
    })) as JSONWebKeySet["keys"],
  };
}
