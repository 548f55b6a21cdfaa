import { RpcError } from "@partner-panel/postmessage-rpc";
import type { SignIn, SignInPort } from "./sign-in-port.js";

/** How the view gets its token: the manifest's `auth` member. */
export interface PartnerAuth {
  /** The partner's issuer; its metadata (OpenID Connect Discovery, RFC 8414) names the token endpoint. */
  readonly issuer: string;
  /** The view, as a public client of that issuer. */
  readonly client_id: string;
  /** The partner's API (RFC 8707): where `panel.fetch` goes, and nowhere else. */
  readonly resource: string;
  /** Scopes of that API to ask for. */
  readonly scopes: readonly string[];
  /** Sign-in modes the partner offers; `["assertion"]` if left out. Which of them it is, the host chooses. */
  readonly modes?: readonly string[];
}

const manifestPath = "/.well-known/partner-panel.json";

/**
 * Gets the view's sign-in ready, or null for a view that has none. The configuration comes from the view's own code or from the
 * manifest on its own origin, never from the host: a host that could name the issuer could name its own. What signs in is loaded
 * only now, so that a view without sign-in does not pay for it.
 *
 * Rejects with RpcError MANIFEST_UNREACHABLE, MANIFEST_INVALID or CONFIG_REFUSED.
 */
export async function loadSignIn(
  auth: PartnerAuth | undefined,
  origin: string,
  port: SignInPort,
): Promise<SignIn | null> {
  const given: unknown = auth ?? (await authOfOwnManifest(origin, port));
  if (given === undefined) return null;
  const { createSignIn } = await import("./sign-in.js");
  return createSignIn(given, port);
}

/** The `auth` member, unread; undefined where the manifest has none, or where this origin has no manifest. */
async function authOfOwnManifest(origin: string, { fetch, signal }: SignInPort): Promise<unknown> {
  const url = new URL(manifestPath, origin);
  // Followed nowhere and without cookies, as a host fetches it.
  const response = await fetch(url, { cache: "no-cache", redirect: "error", credentials: "omit", signal }).catch(
    (cause: unknown) => {
      throw new RpcError("MANIFEST_UNREACHABLE", {
        message: `${url.href} could not be fetched. Does the view's Content-Security-Policy allow connect-src 'self'?`,
        retryable: true,
        cause,
      });
    },
  );
  if (response.status === 404) return undefined;
  if (!response.ok) {
    const message = `${url.href} answered ${response.status}.`;
    throw new RpcError("MANIFEST_UNREACHABLE", { message, retryable: response.status >= 500 });
  }
  const manifest: unknown = await response.json().catch((cause: unknown) => {
    throw new RpcError("MANIFEST_INVALID", { message: `${url.href} is not JSON.`, cause });
  });
  return typeof manifest === "object" && manifest !== null && "auth" in manifest ? manifest.auth : undefined;
}
