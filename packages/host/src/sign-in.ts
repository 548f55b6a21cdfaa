import type { User, UserManager, UserManagerSettings } from "oidc-client-ts";
import { signOut as endPanels } from "./config.js";
import { SharedUserManager } from "./sign-in/shared-user.js";

/** Why a sign-in response was refused. */
export class SignInError extends Error {
  override readonly name = "SignInError";
  /** `ISSUER_MISSING`: the provider says that it names itself and did not. `ISSUER_MISMATCH`: another one answered. */
  readonly code: "ISSUER_MISSING" | "ISSUER_MISMATCH";

  constructor(code: SignInError["code"], message: string) {
    super(message);
    this.code = code;
  }
}

/** The host's own session, by OpenID Connect. */
export interface SignIn {
  /** For what this does not wrap: events, silent renewal, popups. Do not hand responses to it, it does not check `iss`. */
  readonly manager: UserManager;
  /**
   * Finishes a sign-in if this page is where the provider sent the browser back to, else does nothing. Call it when the page
   * starts, before a router looks at the address: the code is taken out of the address bar first of all, whatever comes of it.
   *
   * @returns what was given to `signIn` as `state`, and whether a response was there at all.
   * @throws SignInError for a response of another provider (RFC 9207), before its code was sent anywhere; oidc-client-ts's own
   * errors for what the provider refused.
   */
  handleRedirect(): Promise<{ handled: boolean; state: unknown }>;
  /** Leaves for the provider. `state` comes back from `handleRedirect`. */
  signIn(options?: { state?: unknown }): Promise<void>;
  /**
   * Ends every panel in every tab at once, as `signOut()` of the package does; then the session here and at the provider, for whose page it
   * leaves. A renewal that is under way in any tab comes to its end first: what it brought would outlive the session.
   */
  signOut(): Promise<void>;
  /**
   * Who is signed in, or null. One whose token has expired is renewed where there is a refresh token, and else is nobody. Tabs that share
   * a session renew it once: they wait for each other (Web Locks), and whoever comes later finds it done. In a browser without Web Locks
   * that holds within a tab only.
   */
  user(): Promise<User | null>;
  /**
   * Calls back when the session of this tab changed by what another tab did: null where it was signed out there, or who is signed in now.
   * The panels of the former user have ended by then; tell `configurePartners` of the new one. Where the same user signed in anew, nobody is called. The
   * returned function takes it back.
   */
  onChange(listener: (user: User | null) => void): () => void;
  /** The access token for the host's own API, or null. */
  accessToken(): Promise<string | null>;
}

/**
 * Signs the host page's user in: authorization code with PKCE, through oidc-client-ts, with the response's issuer checked before
 * the library sends the code anywhere. Makes no request by itself.
 *
 * A session is its tab's own, in `sessionStorage`, as the library has it. With `userStore: new WebStorageStateStore({ store: localStorage })` all
 * tabs of the origin share one, which outlives them.
 *
 * @param settings those of oidc-client-ts's `UserManager`; `authority` is the issuer, exactly as the provider writes it.
 */
export function createSignIn(settings: UserManagerSettings): SignIn {
  // A silent renewal without a refresh token needs a frame at the provider, and with it third-party cookies.
  const manager = new SharedUserManager({
    automaticSilentRenew: false,
    ...settings,
    response_type: "code",
    disablePKCE: false,
  });
  let renewing: Promise<User | null> | null = null;

  const user = async (): Promise<User | null> => {
    const found = await manager.getUser();
    if (!found?.expired) return found;
    if (!found.refresh_token) return null;
    renewing ??= manager
      .signinSilent()
      .catch(() => null)
      .finally(() => {
        renewing = null;
      });
    return renewing;
  };

  return {
    manager,
    user,
    onChange: (listener) => manager.watch(listener),
    async handleRedirect() {
      const url = new URL(location.href);
      const callback = new URL(settings.redirect_uri, location.href);
      const isResponse =
        url.searchParams.has("state") && (url.searchParams.has("code") || url.searchParams.has("error"));
      if (!isResponse || url.origin !== callback.origin || url.pathname !== callback.pathname) {
        return { handled: false, state: undefined };
      }
      history.replaceState(history.state, "", callback.pathname);
      await checkIssuer(manager, url.searchParams.getAll("iss"));
      const signedIn = await manager.signinRedirectCallback(url.href);
      return { handled: true, state: signedIn.state };
    },
    async signIn({ state } = {}) {
      await manager.signinRedirect({ state });
    },
    async signOut() {
      endPanels();
      await manager.signoutRedirect();
    },
    async accessToken() {
      return (await user())?.access_token ?? null;
    },
  };
}

/**
 * RFC 9207, section 2.4: `iss` must be the issuer the request went to, compared as whole strings; where it is missing, the
 * provider's metadata tells whether it may be.
 */
async function checkIssuer(manager: UserManager, given: readonly string[]): Promise<void> {
  const metadata = await manager.metadataService.getMetadata();
  const expected = metadata.issuer ?? manager.settings.authority;
  const [issuer, ...more] = given;
  if (issuer === undefined) {
    if (!Reflect.get(metadata, "authorization_response_iss_parameter_supported")) return;
    throw new SignInError("ISSUER_MISSING", "The sign-in response does not name its issuer");
  }
  if (issuer !== expected || more.length > 0) {
    throw new SignInError("ISSUER_MISMATCH", "The sign-in response came from another issuer");
  }
}
