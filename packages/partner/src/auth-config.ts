import { RpcError } from "@partner-panel/postmessage-rpc";
import { isSecure } from "./loopback.js";
import type { SignInPages } from "./sign-in-port.js";

/** The ways to get a token, by the names that manifests use. */
const modes = ["assertion", "exchange", "code"] as const;
export type SignInMode = (typeof modes)[number];

/** `auth`, read. */
export interface AuthConfig {
  readonly issuer: URL;
  readonly clientId: string;
  /** As it is written, for the token request compares it so; and as an address. */
  readonly resource: string;
  readonly resourceUrl: URL;
  /** Scopes with spaces between them. */
  readonly scope: string;
  readonly modes: readonly SignInMode[];
}

export interface SignInAddresses {
  /** The callback page: `redirect_uri`. */
  readonly callback: string;
  /** Undefined: the window goes to the provider itself. */
  readonly relay: string | undefined;
  readonly link: URL;
}

/**
 * Where mode `code` comes back to, and where accounts are linked. The callback page must be of the view's own origin: from there alone is an answer
 * taken.
 *
 * @throws RpcError CONFIG_REFUSED, with what to change.
 */
export function readPages(
  { origin, callback = "/panel/callback", relay, link = "/panel/link" }: SignInPages,
  { resourceUrl }: AuthConfig,
): SignInAddresses {
  const own = (name: string, value: string): string => {
    const page = URL.canParse(value, origin) ? new URL(value, origin) : undefined;
    if (page?.origin === origin && !page.search && !page.hash) return page.href;
    throw refused(`signInPages.${name} must be a page of the view's own origin, without query and fragment.`);
  };
  const endpoint = URL.canParse(link, resourceUrl) ? new URL(link, resourceUrl) : undefined;
  if (!endpoint || !isSecure(endpoint))
    throw refused("signInPages.link must be an https URL (http for loopback names).");
  return {
    callback: own("callback", callback),
    relay: relay === undefined ? undefined : own("relay", relay),
    link: endpoint,
  };
}

/** @throws RpcError CONFIG_REFUSED, with what to change. */
export function readAuth(auth: unknown): AuthConfig {
  if (typeof auth !== "object" || auth === null) throw refused("auth must be an object.");
  const { issuer, client_id, resource, scopes, modes: offered = ["assertion"] } = auth as Record<string, unknown>;
  if (typeof client_id !== "string" || client_id === "") throw refused("auth.client_id must be a text.");
  if (!isTexts(scopes) || scopes.length === 0)
    throw refused("auth.scopes must name the scopes that the token is to have.");
  const spoken = modes.filter((mode) => isTexts(offered) && offered.includes(mode));
  if (spoken.length === 0)
    throw refused(`auth.modes offers no mode that this version of the package speaks: ${modes.join(", ")}.`);
  return {
    issuer: address("issuer", issuer),
    clientId: client_id,
    resource: String(resource),
    resourceUrl: address("resource", resource),
    scope: scopes.join(" "),
    modes: spoken,
  };
}

function address(name: string, value: unknown): URL {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  if (url && isSecure(url) && !url.username && !url.password && !url.search && !url.hash) return url;
  throw refused(`auth.${name} must be an https URL (http for loopback names) without user, query and fragment.`);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === "string" && each !== "");
}

function refused(message: string): RpcError {
  return new RpcError("CONFIG_REFUSED", { message });
}
