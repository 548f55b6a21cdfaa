import { RpcError } from "@partner-panel/postmessage-rpc";
import { loadSignIn, type PartnerAuth } from "./auth.js";
import { deferred } from "./deferred.js";
import type { PanelToken } from "./panel.js";
import { failureReport, type SignIn, type SignInPort } from "./sign-in-port.js";
import type { OpenedWindow } from "./sign-in-window.js";

/** The view's sign-in, as the panel sees it: there or not, loaded or not. It begins to load when it is made. */
export class ViewSignIn {
  readonly #auth: PartnerAuth | false | undefined;
  readonly #origin: string;
  readonly #port: SignInPort;
  readonly #done = deferred();
  readonly #signedOut = new AbortController();
  #loading: Promise<SignIn | null> | undefined;
  #ready: SignIn | null = null;

  /**
   * @param auth False: none, and none looked for. Undefined: what the manifest on the view's own origin says.
   * @param origin The view's own.
   */
  constructor(auth: PartnerAuth | false | undefined, origin: string, port: SignInPort) {
    this.#auth = auth;
    this.#origin = origin;
    const report: SignInPort["report"] = (what) => {
      port.report(what);
      if (what.state === "done") this.#done.resolve();
    };
    this.#port = { ...port, report, signal: AbortSignal.any([port.signal, this.#signedOut.signal]) };
    this.#load().catch(() => {});
  }

  /** Resolves when the view is signed in, or has no sign-in. It may never: `panel.signIn failed` is what is told then. */
  get done(): Promise<void> {
    return this.#done.promise;
  }

  /** The user was signed out at the host. Token and key are gone, what is under way rejects, and nothing begins any more. */
  signOut(): void {
    this.#signedOut.abort(new RpcError("SIGN_IN_REQUIRED", { message: "The user was signed out at the host." }));
    this.#port.onAccount(null);
    this.#port.onOffer(null);
  }

  /** Signs in. Never rejects: the host is told of a failure here, and the view by `fetch`. */
  async start(): Promise<void> {
    let signIn: SignIn | null;
    try {
      signIn = await this.#load();
    } catch (error) {
      if (!this.#port.signal.aborted) this.#port.report(failureReport(error));
      return;
    }
    if (signIn) await signIn.start().catch(() => {});
    else this.#done.resolve();
  }

  async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    return (await this.#loaded()).fetch(input, init);
  }

  async token(): Promise<PanelToken> {
    return (await this.#loaded()).token();
  }

  /** Has to be called in the click itself: a window is opened at once, if one is needed. */
  signIn(open: (callback: string) => OpenedWindow, signal: AbortSignal | undefined): Promise<void> {
    if (signal?.aborted) return Promise.reject(signal.reason as Error);
    const opened = this.#ready?.isOffered ? open(this.#ready.callback) : null;
    return this.#loaded().then((signIn) => signIn.signIn(opened, signal));
  }

  async #loadOnce(auth: PartnerAuth | undefined): Promise<SignIn | null> {
    this.#ready = await loadSignIn(auth, this.#origin, this.#port);
    return this.#ready;
  }

  async #loaded(): Promise<SignIn> {
    const signIn = await this.#load();
    if (signIn) return signIn;
    throw new RpcError("CONFIG_REFUSED", {
      message: "This view has no sign-in: its manifest needs an auth member, or connect an auth option.",
    });
  }

  /** Once; again only if it failed. */
  #load(): Promise<SignIn | null> {
    if (this.#auth === false) return Promise.resolve(null);
    this.#loading ??= this.#loadOnce(this.#auth).catch((error: unknown) => {
      this.#loading = undefined;
      if (this.#port.signal.aborted) throw this.#port.signal.reason;
      if (error instanceof RpcError) throw error;
      const message = "The part of the view that signs in could not be loaded.";
      throw new RpcError("TOKEN_REFUSED", { message, retryable: true, cause: error });
    });
    return this.#loading;
  }
}
