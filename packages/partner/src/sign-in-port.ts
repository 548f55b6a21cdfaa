import { type Clock, RpcError } from "@partner-panel/postmessage-rpc";
import type { ExchangedToken, HostSignIn, SignInReport, StepUpDemand } from "@partner-panel/postmessage-rpc/panel";
import type { PanelAccount } from "./account.js";
import type { PanelToken, SignInOffer } from "./panel.js";
import type { OpenedWindow, Popup, WindowMessage } from "./sign-in-window.js";

/** Addresses of mode `code`, as the view's own code gave them. */
export interface SignInPages {
  /** The view's own. */
  readonly origin: string;
  readonly callback?: string;
  readonly relay?: string;
  readonly link?: string;
}

/** What sign-in needs of the panel. */
export interface SignInPort {
  /** How the host lets the view sign in. It may never come. */
  host(): Promise<HostSignIn>;
  /** Asks the host for an assertion. Rejects with RpcError. */
  assertion(params: { jkt: string; scope: string }): Promise<{ assertion: string }>;
  /** Asks the host for a token, exchanged for the key that signed the proof. Rejects with RpcError. */
  exchange(params: { proof: string; scope: string }): Promise<ExchangedToken>;
  /** Asks the host to have its user prove anew who they are. Rejects with RpcError. */
  stepUp(demand: StepUpDemand): Promise<unknown>;
  report(report: SignInReport): void;
  /** Who is signed in at the partner now; null: nobody. */
  onAccount(account: PanelAccount | null): void;
  /** That somebody must press something in the view before it is signed in, and why; null: nobody must. */
  onOffer(offer: SignInOffer | null): void;
  /** Tells a window something, if it shows a page of this origin. */
  tellWindow(popup: Popup, origin: string, message: object): void;
  /** Calls `listener` with what other windows say, until the returned function is called. */
  onMessage(listener: (message: WindowMessage) => void): () => void;
  readonly pages: SignInPages;
  /** Aborts when the session ends, with the reason. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  /** From 0 up to 1, as Math.random: what spreads the renewals of many panels. */
  random(): number;
  /** Whether nobody can see the page; then nothing is renewed ahead of need. */
  isHidden(): boolean;
  /** Calls `listener` when the page can be seen again, and when the browser is online again; the returned function takes it back. */
  onAwake(listener: () => void): () => void;
}

export interface SignIn {
  /** Whether `signIn` needs a window, opened on the click. */
  readonly isOffered: boolean;
  /** The callback page, which the window begins with. */
  readonly callback: string;
  /** Signs in through the window, if one is needed; else once more in the way there is. Rejects with RpcError. */
  signIn(opened: OpenedWindow | null, signal: AbortSignal | undefined): Promise<void>;
  /** Gets the first token. Rejects with RpcError, after the host was told. */
  start(): Promise<void>;
  /** `fetch` at the partner's API, with the token. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** The token itself, with proofs for it. */
  token(): Promise<PanelToken>;
}

/** What the host is told of a failed sign-in: a code and words made here, never what a server said. */
export function failureReport(error: unknown): SignInReport {
  if (error instanceof RpcError) return { state: "failed", code: error.code, message: error.message };
  return { state: "failed", code: "TOKEN_REFUSED", message: "The view could not sign in." };
}
