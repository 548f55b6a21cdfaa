import { base64url } from "jose";

/**
 * Gives each partner its own name for a user, so that two partners cannot compare notes (OpenID Connect Core, section
 * 8.1): HMAC-SHA-256 over the partner's issuer and the user's own identifier.
 *
 * @param secret At least 32 random bytes. It must never change: every linked account hangs on the names it makes.
 * @returns A function to pass as `pairwise` to `createAssertionEndpoint`.
 * @throws {TypeError} The secret is shorter than 32 bytes.
 */
export function pairwiseSubjects(
  secret: Uint8Array<ArrayBuffer>,
): (session: { user: string }, partner: { issuer: string }) => Promise<string> {
  if (secret.byteLength < 32) throw new TypeError("The secret for pairwise names needs at least 32 random bytes.");
  const key = crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  return async ({ user }, { issuer }) => {
    // As JSON, so that no two pairs of issuer and user are written alike.
    const text = new TextEncoder().encode(JSON.stringify([issuer, user]));
    return base64url.encode(new Uint8Array(await crypto.subtle.sign("HMAC", await key, text)));
  };
}
