import { createRemoteJWKSet, customFetch, jwtVerify } from "jose";
import { localFetch } from "../local-fetch.js";

/** Who calls the host's own API. */
export interface Caller {
  /** The account at the host's provider. */
  readonly user: string;
  /** The provider's session with the host. */
  readonly sid: string;
  /** When the user signed in, in seconds since the epoch. */
  readonly authTime: number;
  /** When the token expires, in seconds since the epoch. */
  readonly expiresAt: number;
  /** The token itself. */
  readonly token: string;
}

/**
 * Checks bearer tokens (RFC 6750) that `issuer` made for the API `audience`: signature by the issuer's published keys,
 * issuer, audience, type and expiry (RFC 9068, section 4). A token that is bound to a key is refused here: whoever
 * carries it without a proof is not known to hold that key.
 */
export function createBearerCheck(issuer: string, audience: string): (request: Request) => Promise<Caller | undefined> {
  const keys = createRemoteJWKSet(new URL(`${issuer}/jwks`), { [customFetch]: localFetch });
  return async (request) => {
    const [scheme, token] = request.headers.get("authorization")?.split(" ") ?? [];
    if (scheme?.toLowerCase() !== "bearer" || !token) return undefined;
    const verified = await jwtVerify(token, keys, {
      issuer,
      audience,
      typ: "at+jwt",
      algorithms: ["ES256"],
      requiredClaims: ["sub", "exp", "sid", "auth_time"],
    }).catch((error: unknown) => {
      if (error instanceof Error && error.name.startsWith("JW")) return undefined;
      throw error;
    });
    if (!verified || verified.payload["cnf"] !== undefined) return undefined;
    const { sub, exp, sid, auth_time: authTime } = verified.payload as Record<string, unknown>;
    if (typeof sub !== "string" || typeof exp !== "number" || typeof sid !== "string" || typeof authTime !== "number") {
      return undefined;
    }
    return { user: sub, sid, authTime, expiresAt: exp, token };
  };
}
