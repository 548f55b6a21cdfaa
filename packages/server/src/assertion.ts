/**
 * The assertion: the host's short-lived signed statement of who the user is, bound to the key of one frame. Its shape is
 * that of an Identity Assertion JWT Authorization Grant (draft-ietf-oauth-identity-assertion-authz-grant, "ID-JAG"), with
 * `cnf` (RFC 7800, RFC 9449) mandatory. docs/decisions/0001-assertion-for-a-public-client.md says why.
 */
export interface AssertionClaims {
  /** The host. */
  iss: string;
  /** The user, by a name that only this partner knows them by. */
  sub: string;
  /** The partner's issuer; exactly one. */
  aud: string;
  /** The view, as a client of the partner's issuer. */
  client_id: string;
  /** Used once. */
  jti: string;
  /** Seconds since the epoch, as are the next two. */
  iat: number;
  /** At most 60 s after `iat`. */
  exp: number;
  /** When the user last signed in at the host. */
  auth_time: number;
  /** How they signed in (OpenID Connect Core, section 2), where the host says so. */
  acr?: string;
  /** The user's session at the host: what a log-out names. */
  sid: string;
  /** Scopes of the partner's API, with spaces between them. */
  scope: string;
  /** The partner's API (RFC 8707). */
  resource: string;
  /** Thumbprint of the frame's key (RFC 7638, SHA-256). */
  cnf: { jkt: string };
}

/** `typ` of an assertion: no ID token, access token or logout token passes for one. */
export const assertionType = "oauth-id-jag+jwt";

/** `grant_type` that an assertion is redeemed with (RFC 7523, section 2.1). */
export const jwtBearerGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
