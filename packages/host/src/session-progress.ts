import type { SignInReport } from "@partner-panel/postmessage-rpc/panel";
import { Failure, type PanelErrorCode } from "./errors.js";
import type { PanelState } from "./events.js";
import type { SignInWanted } from "./run-types.js";
import { VisibleLimit } from "./visible-limit.js";

interface Options {
  /** Whether the view must have a token before it is ready. */
  readonly needsToken: boolean;
  /** Milliseconds of visible time for each step. */
  readonly timeout: number;
  readonly onState: (state: PanelState, signIn: SignInWanted) => void;
  readonly onFailure: (failure: Failure) => void;
}

const signInCodes = new Set([
  "SIGN_IN_CANCELLED",
  "POPUP_BLOCKED",
  "ASSERTION_REFUSED",
  "TOKEN_REFUSED",
  "ACCOUNT_NOT_LINKED",
]);

/**
 * How far one session is from the handshake to `ready`, as a function of a few facts. Ready means: consent for what the view
 * needs is settled, the token is in the frame if it needs one, and the view said so. Each step has its time limit, which
 * stands still while a person is asked.
 */
export class SessionProgress {
  readonly #options: Options;
  #isAsking = false;
  #isOpened = false;
  #isViewReady = false;
  #isSignInSeen = false;
  #hasToken = false;
  #mustSignIn: SignInWanted = null;
  #isOver = false;
  #step = "";
  #limit: VisibleLimit | null = null;

  constructor(options: Options) {
    this.#options = options;
    this.#hasToken = !options.needsToken;
  }

  onAsking(isAsking: boolean): void {
    this.#isAsking = isAsking;
    this.#advance();
  }

  onOpened(): void {
    this.#isOpened = true;
    this.#advance();
  }

  onReady(): void {
    this.#isViewReady = true;
    this.#advance();
  }

  onSignIn({ state, code, message }: SignInReport): void {
    this.#isSignInSeen = true;
    if (state === "done") {
      this.#hasToken = true;
      this.#mustSignIn = null;
    } else if (state === "offered" || (state === "failed" && code === "SIGN_IN_REQUIRED")) {
      this.#hasToken = false;
      this.#mustSignIn = state === "offered" ? "view" : "host";
    } else if (state === "failed" && !this.#isReady) {
      // In a panel that is ready already it is a renewal that failed: the view's calls tell it what that means.
      const known = code !== undefined && signInCodes.has(code) ? (code as PanelErrorCode) : "TOKEN_REFUSED";
      return this.#options.onFailure(
        new Failure(known, { message: message ?? "The view could not sign in", cause: { code } }),
      );
    }
    this.#advance();
  }

  end(): void {
    this.#isOver = true;
    this.#limit?.stop();
  }

  get #isReady(): boolean {
    return this.#isOpened && this.#isViewReady && this.#hasToken;
  }

  get #state(): PanelState {
    if (this.#isAsking) return "consenting";
    if (!this.#isOpened) return "connecting";
    if (this.#isReady) return "ready";
    return this.#isSignInSeen ? "signing-in" : "connecting";
  }

  #advance(): void {
    if (this.#isOver) return;
    const state = this.#state;
    const step = `${state} ${this.#hasToken} ${this.#mustSignIn}`;
    if (step !== this.#step) {
      this.#step = step;
      this.#limit?.stop();
      const isPersonAsked = this.#isAsking || this.#mustSignIn !== null;
      this.#limit =
        state === "ready" || isPersonAsked ? null : new VisibleLimit(this.#options.timeout, () => this.#onLimit());
    }
    this.#options.onState(state, this.#mustSignIn);
  }

  #onLimit(): void {
    const wanting = this.#hasToken ? "did not say ready()" : "has no token";
    const message = `The view connected, and ${wanting} within ${this.#options.timeout} ms`;
    this.#options.onFailure(new Failure("PARTNER_UNRESPONSIVE", { message }));
  }
}
