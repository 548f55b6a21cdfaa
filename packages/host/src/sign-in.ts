import { type User, UserManager, type UserManagerSettings } from "oidc-client-ts";

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
  /** Ends the session here and at the provider, and leaves for the provider's page. */
  signOut(): Promise<void>;
  /** Who is signed in, or null. One whose token has expired is renewed where there is a refresh token, and else is nobody. */
  user(): Promise<User | null>;
  /** The access token for the host's own API, or null. */
  accessToken(): Promise<string | null>;
}

/**
 * Signs the host page's user in: authorization code with PKCE, through oidc-client-ts, with the response's issuer checked before
 * the library sends the code anywhere. Makes no request by itself.
 *
 * @param settings those of oidc-client-ts's `UserManager`; `authority` is the issuer, exactly as the provider writes it.
 */
export function createSignIn(settings: UserManagerSettings): SignIn {
  // A silent renewal without a refresh token needs a frame at the provider, and with it third-party cookies.
  const manager = new UserManager({
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
