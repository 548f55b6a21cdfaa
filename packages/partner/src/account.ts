/**
 * Who is signed in at the partner, in the words of OpenID Connect Core 1.0, section 5.1. For showing it: what the user may do is the
 * API's to decide.
 */
export interface PanelAccount {
  /** The account, as the partner's issuer names it. */
  readonly sub: string;
  readonly name?: string;
  readonly preferred_username?: string;
  readonly email?: string;
  /** Address of a picture. */
  readonly picture?: string;
}

const shown = ["name", "preferred_username", "email", "picture"] as const;

/** The account that these claims are about; null if they are about none. */
export function accountOf(claims: unknown): PanelAccount | null {
  if (typeof claims !== "object" || claims === null) return null;
  const { sub, ...rest } = claims as Record<string, unknown>;
  if (typeof sub !== "string" || sub === "") return null;
  const texts = shown.flatMap((name) => (typeof rest[name] === "string" ? [[name, rest[name]] as const] : []));
  return Object.freeze({ sub, ...Object.fromEntries(texts) });
}

/**
 * The claims of an access token, where it is a JWT (RFC 9068, section 2.2) that this very product issued to itself; undefined for
 * any other. Nothing is decided by them, so the signature is not looked at: that is for the API.
 */
export function claimsOf(token: string): unknown {
  const payload = /^[\w-]+\.([\w-]+)\.[\w-]+$/.exec(token)?.[1];
  if (payload === undefined) return undefined;
  try {
    const bytes = Uint8Array.from(atob(payload.replaceAll("-", "+").replaceAll("_", "/")), (byte) =>
      byte.charCodeAt(0),
    );
    return JSON.parse(new TextDecoder().decode(bytes)) as unknown;
  } catch {
    return undefined;
  }
}

export function isSameAccount(one: PanelAccount | null, other: PanelAccount | null): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
