/*
 * Sign-in, the frame's half: a key made here, a token bound to it (by the host's word, mode `assertion`, or by a token exchange that the host
 * makes, mode `exchange`; or by a window of the view's own, mode `code`, which is loaded when it is wanted), and requests to the partner's API with proofs of the key.
 *
 * The token is in a private field and in the Authorization header of requests to the API; elsewhere only if the view's own code asks
 * for it. Errors made here have words of their own and no cause: the errors of the OAuth library carry what a server answered,
 * which may be the token.
 */
import { RpcError } from "@partner-panel/postmessage-rpc";
import type { StepUpDemand } from "@partner-panel/postmessage-rpc/panel";
import * as oauth from "oauth4webapi";
import { isSameAccount, type PanelAccount } from "./account.js";
import { type ApiAnswer, discard, proofFor, sendToApi, stepUpDemand } from "./api-request.js";
import { type AuthConfig, readAuth, readPages, type SignInAddresses, type SignInMode } from "./auth-config.js";
import type { WindowDemand } from "./code-flow.js";
import { fromHost } from "./host-refusal.js";
import { scopesWithin } from "./host-scopes.js";
import type { PanelToken, SignInOffer } from "./panel.js";
import { addressBelow, type Repeatable, repeatable } from "./resource.js";
import { failureReport, type SignIn, type SignInPort } from "./sign-in-port.js";
import type { OpenedWindow, Popup } from "./sign-in-window.js";
import { type Token, type TokenAnswer, TokenKeeper } from "./token-keeper.js";
import { type Asking, discover, exchange, redeem } from "./token-request.js";
import { unlessAborted } from "./unless-aborted.js";

/** @throws RpcError CONFIG_REFUSED where `auth` is not of the manifest's form, or offers no mode that this speaks. */
export function createSignIn(auth: unknown, port: SignInPort): SignIn {
  const config = readAuth(auth);
  return new FrameSignIn(config, readPages(port.pages, config), port);
}

class FrameSignIn implements SignIn {
  readonly #auth: AuthConfig;
  readonly #pages: SignInAddresses;
  readonly #port: SignInPort;
  /** Of a key that cannot be extracted and is stored nowhere: it ends with the document, and every token with it. */
  readonly #proofs: Promise<oauth.DPoPHandle>;
  readonly #keeper: TokenKeeper;
  /** As last told. */
  #account: PanelAccount | null = null;
  /** That and why somebody must press something in the view. */
  #offer: SignInOffer | null = null;
  #signingIn: Promise<void> | undefined;
  #popup: Popup | null = null;
  /** Of mode `code`: bound to the frame's key, in memory alone. */
  #refresh: string | undefined;
  /** What is demanded of the next sign-in in a window. */
  #demand: WindowDemand = {};
  readonly #steps = new Map<string, Promise<Token | undefined>>();
  #server: Promise<oauth.AuthorizationServer> | undefined;
  /** Whether the host was told that it is done, and nothing else since. */
  #isDone = false;

  constructor(auth: AuthConfig, pages: SignInAddresses, port: SignInPort) {
    this.#auth = auth;
    this.#pages = pages;
    this.#port = port;
    this.#proofs = oauth.generateKeyPair("ES256").then((key) => oauth.DPoP({}, key));
    this.#keeper = new TokenKeeper(() => this.#trade(), port, {
      onStart: () => this.#isDone || port.report({ state: "started" }),
      onToken: (account) => this.#succeed(account),
      onFailure: (error) => this.#fail(error),
    });
    // Both begin before the session is open, so their failures may come before anybody waits for them.
    this.#proofs.catch(() => {});
    this.#metadata().catch(() => {});
  }

  get isOffered(): boolean {
    return this.#offer !== null && this.#signingIn === undefined;
  }

  get callback(): string {
    return this.#pages.callback;
  }

  signIn(opened: OpenedWindow | null, given: AbortSignal | undefined): Promise<void> {
    if (this.#signingIn) this.#popup?.focus();
    if (opened === null || this.#signingIn) return this.#signingIn ?? this.start();
    this.#popup = opened.popup;
    const signal = given ? AbortSignal.any([this.#port.signal, given]) : this.#port.signal;
    this.#signingIn = this.#throughWindow(opened, signal)
      .catch((error: unknown) => {
        if (!this.#port.signal.aborted) this.#tellOffer(error);
        throw error;
      })
      .finally(() => {
        this.#signingIn = undefined;
        this.#popup = null;
      });
    return this.#signingIn;
  }

  async start(): Promise<void> {
    await this.#keeper.valid();
  }

  async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const request = await repeatable(this.#auth.resourceUrl, input, init, this.#port.signal);
    const proofs = await this.#proofs;
    const token = await unlessAborted(this.#keeper.valid(), request.signal);
    const first = await sendToApi(request, token.text, proofs, this.#port.fetch);
    if (first.response.status !== 401) return first.response;
    // A 401 that asks for a stronger sign-in is no matter of the token's age.
    if (stepUpDemand(first)) return this.#afterStepUp(request, first, token);
    discard(first.response);
    const other = await unlessAborted(this.#keeper.instead(token), request.signal);
    const second = await sendToApi(request, other.text, proofs, this.#port.fetch);
    if (second.response.status !== 401) return second.response;
    if (stepUpDemand(second)) return this.#afterStepUp(request, second, other);
    const message = "The partner's API refuses this frame's token, and a new one too.";
    this.#keeper.giveUp(other, new RpcError("SIGN_IN_REQUIRED", { message }));
    return second.response;
  }

  /** Sends once more with the token of a stronger sign-in, if the host has one made; else the API's refusal is the answer. */
  async #afterStepUp(request: Repeatable, refusal: ApiAnswer, token: Token): Promise<Response> {
    const stronger = await unlessAborted(this.#stepUp(stepUpDemand(refusal) ?? {}, token), request.signal);
    if (!stronger) return refusal.response;
    discard(refusal.response);
    return (await sendToApi(request, stronger.text, await this.#proofs, this.#port.fetch)).response;
  }

  /** Once for all who are asked for the same at the same time. Undefined: the host has no way to. */
  #stepUp(demand: StepUpDemand, token: Token): Promise<Token | undefined> {
    if (!this.#keeper.holds(token)) return this.#keeper.valid();
    const key = JSON.stringify(demand);
    const underWay = this.#steps.get(key);
    if (underWay) return underWay;
    const step = this.#demanded(demand)
      .then(() => this.#keeper.instead(token))
      .catch((error: unknown) => {
        // An older host does not know the word.
        if (error instanceof RpcError && (error.code === "STEP_UP_REFUSED" || error.code === "METHOD_NOT_FOUND"))
          return undefined;
        throw error;
      })
      .finally(() => this.#steps.delete(key));
    this.#steps.set(key, step);
    return step;
  }

  /** Of the host, in the modes that rest on its session; of the user, by another click in the view, in mode `code`. */
  async #demanded(demand: StepUpDemand): Promise<unknown> {
    if ((await this.#mode()) !== "code") return this.#port.stepUp(demand);
    this.#demand = demand;
    const message = "The partner's API demands that the user signs in again, by a click in the view.";
    const error = new RpcError("STEP_UP_REQUIRED", { message });
    this.#tellOffer(error);
    throw error;
  }

  async token(): Promise<PanelToken> {
    const { clock, signal } = this.#port;
    const { text, expiresAt } = await unlessAborted(this.#keeper.valid(), signal);
    return Object.freeze<PanelToken>({
      token: text,
      expiresAt: clock.wall() + expiresAt - clock.now(),
      proof: async (method, url, { nonce } = {}) => {
        signal.throwIfAborted();
        const address = addressBelow(this.#auth.resourceUrl, url);
        return proofFor({ method, url: address, nonce }, text, await this.#proofs);
      },
    });
  }

  async #trade(): Promise<TokenAnswer> {
    const asking = await this.#asking();
    const mode = await this.#mode();
    if (mode === "code") return this.#renewedByCode(asking);
    if (mode === "exchange") return exchange(asking).catch(fromHost("TOKEN_REFUSED"));
    return redeem(asking, await this.#assertion(asking));
  }

  async #asking(): Promise<Asking> {
    const [proofs, server, { scopes }] = await Promise.all([this.#proofs, this.#metadata(), this.#port.host()]);
    // With none left the host is asked all the same: it is for the host to refuse, and its policy may be another by now.
    const scope = scopesWithin(this.#auth.scope, scopes) || this.#auth.scope;
    return { server, proofs, auth: { ...this.#auth, scope }, port: this.#port };
  }

  /** As the host chooses among what the view's manifest offers. */
  async #mode(): Promise<SignInMode> {
    const { mode, popups, scopes } = await this.#port.host();
    // A host that says nothing of it knows this one, or has none; it is the one to tell which.
    const chosen = mode ?? "assertion";
    const refuse = (message: string) => new RpcError("CONFIG_REFUSED", { message });
    if (!this.#auth.modes.includes(chosen))
      throw refuse(`The host signs its users in by mode ${chosen}, which the view's auth.modes does not offer.`);
    if (chosen === "code" && !popups)
      throw refuse("Mode code needs the permission popups, in the view's manifest and in the host's policy.");
    if (chosen === "code" && scopesWithin(this.#auth.scope, scopes) === "")
      throw refuse("The host's policy (auth) leaves out every scope that the view's auth.scopes names.");
    return chosen;
  }

  async #assertion({ auth: { scope }, proofs }: Asking): Promise<string> {
    const asked = { jkt: await proofs.calculateThumbprint(), scope };
    return (await this.#port.assertion(asked).catch(fromHost("ASSERTION_REFUSED"))).assertion;
  }

  async #renewedByCode(asking: Asking): Promise<TokenAnswer> {
    if (this.#refresh !== undefined) {
      const { refreshToken } = await import("./code-flow.js");
      const answer = await refreshToken(asking, this.#refresh).catch((error: unknown) => {
        // Refused, and so for good; what could not be reached may be there next time.
        if (error instanceof RpcError && !error.retryable) this.#refresh = undefined;
        throw error;
      });
      this.#refresh = answer.refresh;
      return answer;
    }
    throw new RpcError("SIGN_IN_REQUIRED", { message: "The user signs in at the partner, by a click in the view." });
  }

  async #throughWindow(opened: OpenedWindow, signal: AbortSignal): Promise<void> {
    const port = this.#port;
    const { signInByCode, linkAccount } = await import("./code-flow.js").catch((cause: unknown) => {
      opened.popup?.close();
      throw new RpcError("TOKEN_REFUSED", { message: "The sign-in could not be loaded.", retryable: true, cause });
    });
    const asking = await this.#asking();
    const began = port.clock.now();
    const token = await signInByCode(asking, opened, { pages: this.#pages, demand: this.#demand, signal });
    signal.throwIfAborted();
    this.#demand = {};
    if ((await this.#mode()) === "code") {
      this.#refresh = token.refresh;
      this.#keeper.keep(token, began);
      return;
    }
    // From now on the host's word is enough. Both are bound to this frame's key, so nobody can have put one of their own to the other's.
    await linkAccount(asking, this.#pages.link, token.text, await this.#assertion(asking)).catch((error: unknown) => {
      // Else the provider, which knows this user now, would give the same account, or the same old sign-in, for every press to come.
      if (error instanceof RpcError && error.code === "ACCOUNT_ALREADY_LINKED") this.#demand = { prompt: "login" };
      if (error instanceof RpcError && error.code === "STEP_UP_REQUIRED") this.#demand = error.data as StepUpDemand;
      throw error;
    });
    await this.#keeper.renew();
  }

  #tellOffer(error: unknown): void {
    const { code, message } = failureReport(error);
    this.#offer = Object.freeze({ code: code ?? "SIGN_IN_REQUIRED", message: message ?? "" });
    this.#port.onOffer(this.#offer);
    // With a token the view stays what it is for all else, so this is no matter of the panel's.
    if (this.#keeper.isGood) return;
    this.#isDone = false;
    this.#port.report({ state: "offered", code: this.#offer.code, message: this.#offer.message });
  }

  /** Asked for once; again only if it failed. */
  #metadata(): Promise<oauth.AuthorizationServer> {
    this.#server ??= discover(this.#auth, this.#port).catch((error: unknown) => {
      this.#server = undefined;
      throw error;
    });
    return this.#server;
  }

  #succeed(account: PanelAccount | null): void {
    const { report, onAccount, onOffer } = this.#port;
    if (!isSameAccount(account, this.#account)) onAccount(account);
    this.#account = account;
    this.#offer = null;
    onOffer(null);
    if (!this.#isDone) report({ state: "done" });
    this.#isDone = true;
  }

  #fail(error: unknown): void {
    const { report, onAccount, signal } = this.#port;
    this.#isDone = false;
    if (signal.aborted) return;
    onAccount(null);
    this.#account = null;
    // The window that is open says what comes of it.
    if (this.#signingIn) return;
    this.#port
      .host()
      .then(({ mode, popups }) => {
        if (signal.aborted || this.#isDone) return;
        const isUnlinked = error instanceof RpcError && error.code === "ACCOUNT_NOT_LINKED";
        const isForWindow = mode === "code" ? !isConfiguration(error) : isUnlinked;
        if (isForWindow && popups && this.#auth.modes.includes("code")) this.#tellOffer(error);
        else report(failureReport(error));
      })
      .catch(() => {});
  }
}

function isConfiguration(error: unknown): boolean {
  return error instanceof RpcError && error.code === "CONFIG_REFUSED";
}
