import { createRemoteJWKSet, customFetch, jwtVerify } from "jose";
import { localFetch } from "../local-fetch.js";

/** Who calls the host's own API. */
export interface Caller {
  /** The account at the host's provider. */
  readonly id: string;
  /** The provider's session with the host, if the token names it. */
  readonly sid: string | undefined;
  /** When the user signed in, in seconds since the epoch, if the token says. */
  readonly authTime: number | undefined;
  /** When the token expires, in seconds since the epoch. */
  readonly expiresAt: number;
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
      requiredClaims: ["sub", "exp"],
    }).catch((error: unknown) => {
      if (error instanceof Error && error.name.startsWith("JW")) return undefined;
      throw error;
    });
    const claims = verified?.payload;
    if (!claims?.sub || !claims.exp || claims["cnf"] !== undefined) return undefined;
    return {
      id: claims.sub,
      sid: typeof claims["sid"] === "string" ? claims["sid"] : undefined,
      authTime: typeof claims["auth_time"] === "number" ? claims["auth_time"] : undefined,
      expiresAt: claims.exp,
    };
  };
}
