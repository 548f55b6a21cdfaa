import type { SignInReport } from "@partner-panel/postmessage-rpc/panel";
import { Failure, type PanelErrorCode } from "../errors.js";
import type { PanelState } from "../events.js";
import { heartbeat } from "./heartbeat.js";
import type { SignInWanted } from "./run-types.js";
import { VisibleLimit } from "./visible-limit.js";

interface Options {
  /** Whether the view must have a token before it is ready. */
  readonly needsToken: boolean;
  /** Milliseconds of visible time for each step. */
  readonly timeout: number;
  /** Resolves when the view has answered. It has no time limit of its own, which would be a timer for each panel. */
  readonly ping: () => Promise<void>;
  readonly onState: (state: PanelState, signIn: SignInWanted) => void;
  /** A ready view is to be told that it is suspended, or is no longer. */
  readonly onSuspend: (isSuspended: boolean) => void;
  readonly onFailure: (failure: Failure) => void;
}

/** What a view may say of its sign-in that has a meaning of its own here; its configuration may be at fault, or its own copy of the manifest. */
const signInCodes = new Set([
  "CONFIG_REFUSED",
  "MANIFEST_UNREACHABLE",
  "MANIFEST_INVALID",
  "SIGN_IN_CANCELLED",
  "POPUP_BLOCKED",
  "ASSERTION_REFUSED",
  "TOKEN_REFUSED",
  "ACCOUNT_NOT_LINKED",
]);

/**
 * How far one session is from the handshake to `ready`, as a function of a few facts. Ready means: consent for what the view
 * needs is settled, the token is in the frame if it needs one, and the view said so. Each step has its time limit; what takes as
 * long as a person likes, asking or the panel itself, has the heartbeat. While the panel is suspended neither runs.
 */
export class SessionProgress {
  readonly #options: Options;
  #isAsking = false;
  #isAway = false;
  #isSuspended = false;
  #isOpened = false;
  #isViewReady = false;
  #isSignInSeen = false;
  #hasToken = false;
  #mustSignIn: SignInWanted = null;
  #isOver = false;
  #step = "";
  /** Takes the step's limit, or its heartbeat, back. */
  #stop: () => void = () => {};

  constructor(options: Options) {
    this.#options = options;
    this.#hasToken = !options.needsToken;
  }

  onAsking(isAsking: boolean): void {
    this.#isAsking = isAsking;
    this.#advance();
  }

  /** Whether the panel is to be suspended while it is ready. */
  onAway(isAway: boolean): void {
    this.#isAway = isAway;
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
      // What the user saw here a moment ago is over; at first there was nothing.
      const isEnded = this.#isReady || this.#mustSignIn === "ended";
      this.#hasToken = false;
      this.#mustSignIn = state === "offered" ? "view" : isEnded ? "ended" : "host";
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
    this.#stop();
  }

  get #isReady(): boolean {
    return this.#isOpened && this.#isViewReady && this.#hasToken;
  }

  get #state(): PanelState {
    if (this.#isAsking) return "consenting";
    if (!this.#isOpened) return "connecting";
    if (this.#isReady) return this.#isSuspended ? "suspended" : "ready";
    return this.#isSignInSeen ? "signing-in" : "connecting";
  }

  #advance(): void {
    if (this.#isOver) return;
    const state = this.#state;
    const step = `${state} ${this.#hasToken} ${this.#mustSignIn}`;
    if (step !== this.#step) {
      this.#step = step;
      this.#stop();
      this.#stop = this.#watch(state);
    }
    this.#options.onState(state, this.#mustSignIn);
    if (this.#isOver || !this.#isReady || this.#isAway === this.#isSuspended) return;
    // After `ready`, which is told in any case.
    this.#isSuspended = this.#isAway;
    this.#options.onSuspend(this.#isAway);
    this.#advance();
  }

  #watch(state: PanelState): () => void {
    const { timeout, ping } = this.#options;
    if (state === "suspended") return () => {};
    if (state === "ready" || this.#isAsking || this.#mustSignIn !== null)
      return heartbeat.watch(ping, () => this.#onSilence("The view stopped answering"));
    const wanting = this.#hasToken ? "did not say ready()" : "has no token";
    const message = `The view connected, and ${wanting} within ${timeout} ms`;
    const limit = new VisibleLimit(timeout, () => this.#onSilence(message));
    return () => limit.stop();
  }

  #onSilence(message: string): void {
    this.#options.onFailure(new Failure("PARTNER_UNRESPONSIVE", { message }));
  }
}
