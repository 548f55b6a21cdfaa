import type { Contract, Grant, Remote, SessionEnd } from "@partner-panel/postmessage-rpc";
import type { PanelTheme, ScopesAnswer } from "@partner-panel/postmessage-rpc/panel";
import type { PanelAccount } from "./account.js";
import type { PanelEventName, PanelListener } from "./panel-events.js";
import type { PanelNavigation, PanelUi } from "./view-ui.js";

/** Why the view cannot go on, for the host's error state. */
export interface Failure {
  /** Stable, for programs. At most 256 characters. */
  code: string;
  /** For people. At most 2,000 characters; it must hold nothing secret. */
  message: string;
  /** Not a defect, so nothing to report: what the panel is about was deleted, say. Default false. */
  expected?: boolean;
}

export interface PanelScopes {
  /** What is granted now, without what has expired. It is for showing and hiding: each call is decided by the host. */
  query(): Grant;
  /**
   * Asks the user for scopes, in the host's own dialog. Resolves when it is answered, with what of these is granted now and what
   * was refused by whom (`manifest`, `policy`, `consent`, `plan`): a refusal is an answer, not an error. Rejects with RpcError
   * TIMEOUT after 5 minutes, CANCELLED, or what ended the session.
   */
  request(scopes: readonly string[], options?: { signal?: AbortSignal }): Promise<ScopesAnswer>;
  /** Gives scopes back. Resolves once they hold no more. */
  revoke(scopes: readonly string[]): Promise<ScopesAnswer>;
}

/** The view's token, for a request that `panel.fetch` cannot make. Keep it no longer than for that: it is renewed, and this one is not. */
export interface PanelToken {
  /** For `Authorization: DPoP <token>`. It works with a proof of this frame's key alone, which cannot leave the frame. */
  readonly token: string;
  /** When it ends, in milliseconds since 1970 by this computer's clock. */
  readonly expiresAt: number;
  /**
   * A new proof for the `DPoP` header of one request with this token (RFC 9449, section 4). An API takes each proof once.
   *
   * @param method As the request has it: `GET`, `POST`. Opening a WebSocket is a GET.
   * @param url Below the API, as for `panel.fetch`; of a WebSocket, with https in place of wss. Its query is not part of a proof.
   * @param options.nonce What the API said in `DPoP-Nonce`, if it did; it is remembered for proofs after this one.
   *
   * Rejects with RpcError INVALID_PARAMS (an address that is not below the API) or SESSION_CLOSED.
   */
  proof(method: string, url: string | URL, options?: { nonce?: string | undefined }): Promise<string>;
}

/** That somebody must press something in the view before it is signed in. */
export interface SignInOffer {
  /**
   * Why: SIGN_IN_REQUIRED and ACCOUNT_NOT_LINKED before a first try (STEP_UP_REQUIRED: once more, for what the API demands); else what
   * became of the last one, as `signIn` rejected.
   */
  readonly code: string;
  /** For developers. */
  readonly message: string;
}

/** What a view has of the panel it is shown in. Made by `connect`; of no use after the session's end. */
export interface Panel<Use extends Contract = Contract<Record<never, never>>> {
  /** The methods, streams and notifications of the host, as the contract has them. */
  readonly host: Remote<Use>;
  /** The exact origin of the page that embeds the view: one of `hosts`. */
  readonly hostOrigin: string;
  /** The panel's own name in the host's page, unlike any other; it also stands in the host's errors and audit events. */
  readonly instanceId: string;
  /**
   * What the host says the view is about, a whole snapshot of JSON. Any: its form is agreed between the two products, and it comes
   * from the other one, so check what matters.
   */
  // biome-ignore lint/suspicious/noExplicitAny: unknown would make every view cast what the two products have agreed on.
  readonly context: any;
  /** Calls `listener` with each new snapshot; the returned function takes it back. */
  // biome-ignore lint/suspicious/noExplicitAny: as above.
  onContext(listener: (context: any) => void): () => void;
  /** What the view may do to the host, as the host last told; `scopes.query()` leaves out what has expired since. */
  readonly grant: Grant;
  /** Calls `listener` whenever `grant` has changed; the returned function takes it back. */
  onGrant(listener: (grant: Grant) => void): () => void;
  readonly scopes: PanelScopes;
  /** The host's looks; null if it told none. They are on the document's root already, unless `theme: false` was given. */
  readonly theme: PanelTheme | null;
  /** Calls `listener` with each change of looks; the returned function takes it back. */
  onTheme(listener: (theme: PanelTheme) => void): () => void;
  readonly ui: PanelUi;
  readonly navigation: PanelNavigation;
  /** Calls `listener` at each event of that name; the returned function takes it back. */
  on<Name extends PanelEventName>(name: Name, listener: PanelListener<Name>): () => void;
  /**
   * `fetch` at the partner's API (`auth.resource`), as the signed-in user, with a token that works in this frame only. A text that
   * is no absolute URL is put after the API's own path. The token is got at first, renewed at 75 % of its life and, where the API
   * answers 401, once more; if it does so again, its answer is given back and the host is told that sign-in is required. Where it
   * demands a stronger sign-in (401 with `insufficient_user_authentication`, RFC 9470), the host is asked to have its user sign in again, and the
   * request is sent once more; a host that cannot leaves the API's answer as it is. The body is read into memory, for a request may be sent twice.
   * Redirects are not followed, for a proof is made for one address.
   *
   * Rejects with RpcError INVALID_PARAMS (an address that is not below the API), SIGN_IN_REQUIRED, SIGN_IN_CANCELLED,
   * ASSERTION_REFUSED, ACCOUNT_NOT_LINKED, TOKEN_REFUSED, MANIFEST_UNREACHABLE, MANIFEST_INVALID, CONFIG_REFUSED (no usable
   * `auth`) or SESSION_CLOSED; with `signal`'s reason; and with what `fetch` rejects with.
   */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /**
   * The token that `fetch` uses, for what cannot go through it: a WebSocket, a library with requests of its own. Ask for it anew for each
   * of them; nothing is fetched while the last one is good. Rejects as `fetch` does.
   */
  token(): Promise<PanelToken>;
  /**
   * Signs in. Call it in a click, on a button that the view shows while there is a `signInOffer`: a window for the partner's own sign-in is
   * opened at once, and closed at the end. It resolves when there is a token; where accounts had to be linked, when they are. A call
   * while that goes on waits for the same. With no offer there is no window: it tries again in the way there is.
   *
   * Rejects with RpcError POPUP_BLOCKED (the browser opened no window), POPUP_SEVERED (it did, and the host page's Cross-Origin-Opener-Policy
   * cut it off), POPUP_CLOSED (as it seems: somebody closed it, or the provider's pages cut it off), SIGN_IN_CANCELLED (somebody said no
   * there), SIGN_IN_TIMEOUT (5 minutes), ACCOUNT_ALREADY_LINKED, STEP_UP_REQUIRED (too long ago to link with), LINK_REFUSED, or as `fetch` does.
   */
  signIn(options?: { signal?: AbortSignal | undefined }): Promise<void>;
  /** That somebody must press something in the view before it is signed in, and why; null: nobody must. */
  readonly signInOffer: SignInOffer | null;
  /** Calls `listener` whenever that has changed; the returned function takes it back. */
  onSignInOffer(listener: (offer: SignInOffer | null) => void): () => void;
  /**
   * Who is signed in at the partner: as the ID token says that came with the token, else the token endpoint (`account` in its answer) and the token
   * itself where it is a JWT. Null before sign-in, after its end, and where none says it. It is for showing.
   */
  readonly account: PanelAccount | null;
  /** Calls `listener` whenever it is somebody else, or nobody any more; the returned function takes it back. */
  onAccount(listener: (account: PanelAccount | null) => void): () => void;
  /**
   * Says that the view shows what it is there to show. The host is told once, and not before the view is signed in, if it is one
   * that signs in.
   */
  ready(): void;
  /** Says that the view cannot go on; the host shows its error state. */
  fail(failure: Failure): void;
  /** Aborts when the session ends, with an RpcError as its reason. For whatever the view does that must end with it. */
  readonly signal: AbortSignal;
  /** Resolves once, when the session has ended, with why. Never rejects. */
  readonly closed: Promise<SessionEnd>;
}
