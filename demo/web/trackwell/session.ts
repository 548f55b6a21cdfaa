import type { User, UserManager } from "oidc-client-ts";
import { HttpError } from "../shared/http.js";

/** Where the provider sends the browser back to; registered with Trackwell's provider. */
export const callbackPath = "/callback";

/**
 * One person's session on one site, over a UserManager of oidc-client-ts: in this tab's sessionStorage, so that it
 * outlives a reload and ends with the tab.
 */
export class Session {
  readonly #manager: UserManager;

  constructor(manager: UserManager) {
    this.#manager = manager;
  }

  /**
   * Finishes a sign-in that the provider has just sent back, or finds the one this tab already has.
   * Resolves with the path to show, or null when nobody is signed in. Throws what the provider answered.
   */
  async restore(): Promise<string | null> {
    const url = new URL(location.href);
    if (url.pathname === callbackPath && (url.searchParams.has("code") || url.searchParams.has("error"))) {
      // The code must not stay in the address bar or the history, whatever comes of it.
      history.replaceState(null, "", "/");
      const user = await this.#finish(url);
      return typeof user.state === "string" && user.state.startsWith("/") ? user.state : "/";
    }
    return (await this.#current()) ? url.pathname + url.search : null;
  }

  /** Leaves for the provider; comes back to `returnTo`, a path of this site. `anew`: with a sign-in of now, not an earlier one. */
  async signIn(returnTo: string, { anew = false } = {}): Promise<void> {
    await this.#manager.signinRedirect({ state: returnTo, ...(anew ? { max_age: 0 } : {}) });
  }

  /** Ends the session here and at the provider, and leaves for the provider's sign-out page. */
  async signOut(): Promise<void> {
    await this.#manager.signoutRedirect();
  }

  /** Forgets the session of this tab; the provider is not told. */
  async forget(): Promise<void> {
    await this.#manager.removeUser();
  }

  /** Adds who is calling to a request. Throws {@link HttpError} with status 401 when nobody is signed in any more. */
  async authorize(url: string, init: RequestInit, nonce?: string): Promise<RequestInit> {
    const user = await this.#current();
    if (!user) throw new HttpError("Nobody is signed in.", { status: 401 });
    const headers = new Headers(init.headers);
    headers.set("Authorization", `${user.token_type} ${user.access_token}`);
    const proof = await this.#manager.dpopProof(url, user, init.method ?? "GET", nonce);
    if (proof) headers.set("DPoP", proof);
    return { ...init, headers };
  }

  async #current(): Promise<User | null> {
    const user = await this.#manager.getUser();
    if (!user?.expired) return user;
    // With no refresh token a silent renewal needs a frame at the provider, and with it third-party cookies.
    if (!user.refresh_token) return null;
    return this.#manager.signinSilent().catch(() => null);
  }

  async #finish(url: URL): Promise<User> {
    const [issuer, ...more] = url.searchParams.getAll("iss");
    // RFC 9207: oidc-client-ts does not compare it, and it must be right before the code is sent anywhere.
    if (issuer !== this.#manager.settings.authority || more.length > 0)
      throw new Error("The answer came from another sign-in provider.");
    return this.#manager.signinRedirectCallback(url.href);
  }
}
