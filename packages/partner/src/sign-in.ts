/*
 * Sign-in, the frame's half: a key made here, a token bound to it (by the host's word, mode `assertion`, or by a token exchange that the host
 * makes, mode `exchange`), and requests to the partner's API with proofs of the key.
 *
 * The token is in a private field and in the Authorization header of requests to the API; elsewhere only if the view's own code asks
 * for it. Errors made here have words of their own and no cause: the errors of the OAuth library carry what a server answered,
 * which may be the token.
 */
import { RpcError } from "@partner-panel/postmessage-rpc";
import type { StepUpDemand } from "@partner-panel/postmessage-rpc/panel";
import * as oauth from "oauth4webapi";
import type { PanelAccount } from "./account.js";
import { type ApiAnswer, discard, proofFor, sendToApi, stepUpDemand } from "./api-request.js";
import { type AuthConfig, readAuth } from "./auth-config.js";
import type { PanelToken } from "./panel.js";
import { addressBelow, type Repeatable, repeatable } from "./resource.js";
import { failureReport, type SignIn, type SignInPort } from "./sign-in-port.js";
import { type Token, type TokenAnswer, TokenKeeper } from "./token-keeper.js";
import { discover, exchange, redeem } from "./token-request.js";

/** @throws RpcError CONFIG_REFUSED where `auth` is not of the manifest's form, or offers no mode that this speaks. */
export function createSignIn(auth: unknown, port: SignInPort): SignIn {
  return new FrameSignIn(readAuth(auth), port);
}

class FrameSignIn implements SignIn {
  readonly #auth: AuthConfig;
  readonly #port: SignInPort;
  /** Of a key that cannot be extracted and is stored nowhere: it ends with the document, and every token with it. */
  readonly #proofs: Promise<oauth.DPoPHandle>;
  readonly #keeper: TokenKeeper;
  readonly #steps = new Map<string, Promise<Token | undefined>>();
  #server: Promise<oauth.AuthorizationServer> | undefined;
  /** Whether the host was told that it is done, and nothing else since. */
  #isDone = false;

  constructor(auth: AuthConfig, port: SignInPort) {
    this.#auth = auth;
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
    const step = this.#port
      .stepUp(demand)
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
    const [proofs, server, { mode }] = await Promise.all([this.#proofs, this.#metadata(), this.#port.host()]);
    const asking = { server, auth: this.#auth, proofs, port: this.#port };
    // A host that says nothing of it knows this one, or has none; it is the one to tell which.
    const chosen = mode ?? "assertion";
    if (!this.#auth.modes.includes(chosen)) {
      const message = `The host signs its users in by mode ${chosen}, which the view's auth.modes does not offer.`;
      throw new RpcError("CONFIG_REFUSED", { message });
    }
    if (chosen === "exchange") return exchange(asking).catch(fromHost("TOKEN_REFUSED"));
    const asked = { jkt: await proofs.calculateThumbprint(), scope: this.#auth.scope };
    const { assertion } = await this.#port.assertion(asked).catch(fromHost("ASSERTION_REFUSED"));
    return redeem(asking, assertion);
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
    this.#port.onAccount(account);
    if (!this.#isDone) this.#port.report({ state: "done" });
    this.#isDone = true;
  }

  #fail(error: unknown): void {
    const { report, onAccount, signal } = this.#port;
    this.#isDone = false;
    if (signal.aborted) return;
    onAccount(null);
    report(failureReport(error));
  }
}

/** Codes of the host, or of the way to it, that say enough by themselves. */
const passedOn: ReadonlySet<string> = new Set([
  "SIGN_IN_REQUIRED",
  "SIGN_IN_CANCELLED",
  "ASSERTION_REFUSED",
  "TOKEN_REFUSED",
  "TIMEOUT",
  "BUSY",
  "SESSION_CLOSED",
  "QUARANTINED",
]);

/** Passes on why the host refused, and gives everything else the name that it has for the view. */
function fromHost(otherwise: "ASSERTION_REFUSED" | "TOKEN_REFUSED") {
  return (error: unknown): never => {
    if (error instanceof RpcError && passedOn.has(error.code)) throw error;
    const code = error instanceof RpcError ? error.code : "no reason given";
    throw new RpcError(otherwise, { message: `The host refused (${code}).`, cause: error });
  };
}

/** The promise's outcome, unless the signal aborts first. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    if (signal.aborted) onAbort();
  });
}
