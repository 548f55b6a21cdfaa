import type { Grant } from "@partner-panel/postmessage-rpc";
import type { DisplayMode } from "@partner-panel/postmessage-rpc/panel";
import type { PanelAuditRecord } from "./audit.js";
import type { ConsentAsk } from "./consent/consent.js";
import type { PanelError, PanelErrorCode, PanelPhase } from "./errors.js";

/** How far a panel is. */
export type PanelState =
  | "idle"
  | "loading"
  | "connecting"
  | "consenting"
  | "signing-in"
  | "ready"
  | "suspended"
  | "closed"
  | "error";

const upwards = { bubbles: true, composed: true };

/** `partner-statechange`: the panel is in another state. */
export class PartnerStateChangeEvent extends Event {
  readonly state: PanelState;
  readonly previous: PanelState;

  constructor(state: PanelState, previous: PanelState) {
    super("partner-statechange", upwards);
    this.state = state;
    this.previous = previous;
  }
}

/** `partner-ready`: connected, signed in where needed, and the view said that it shows what it is there to show. */
export class PartnerReadyEvent extends Event {
  readonly instanceId: string;

  constructor(instanceId: string) {
    super("partner-ready", upwards);
    this.instanceId = instanceId;
  }
}

/** `partner-error`: the panel shows no view, and why. The fields are those of `error`. */
export class PartnerErrorEvent extends Event {
  readonly error: PanelError;
  readonly phase: PanelPhase;
  readonly code: PanelErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly hint: string;
  readonly docsUrl: string;
  readonly instanceId: string;
  readonly cause: unknown;

  constructor(error: PanelError) {
    super("partner-error", upwards);
    this.error = error;
    this.phase = error.phase;
    this.code = error.code;
    this.message = error.message;
    this.retryable = error.retryable;
    this.hint = error.hint;
    this.docsUrl = error.docsUrl;
    this.instanceId = error.instanceId;
    this.cause = error.cause;
  }
}

/** `partner-resize`: the frame has another height, in CSS pixels. */
export class PartnerResizeEvent extends Event {
  readonly height: number;

  constructor(height: number) {
    super("partner-resize", upwards);
    this.height = height;
  }
}

/** `partner-audit`: a decision at this panel's bridge; no payload is in it. */
export class PartnerAuditEvent extends Event {
  readonly record: PanelAuditRecord;

  constructor(record: PanelAuditRecord) {
    super("partner-audit", upwards);
    this.record = record;
  }

  get seq(): number {
    return this.record.seq;
  }
  get at(): number {
    return this.record.at;
  }
  get partner(): string {
    return this.record.partner;
  }
  get instance(): string {
    return this.record.instance;
  }
  get direction(): PanelAuditRecord["direction"] {
    return this.record.direction;
  }
  get method(): string | null {
    return this.record.method;
  }
  get scope(): string | null {
    return this.record.scope;
  }
  get decision(): PanelAuditRecord["decision"] {
    return this.record.decision;
  }
  get reason(): string | null {
    return this.record.reason;
  }
  get ms(): number {
    return this.record.ms;
  }
}

/** `partner-scopeschange`: the grant is another one. */
export class PartnerScopesChangeEvent extends Event {
  readonly grant: Grant;

  constructor(grant: Grant) {
    super("partner-scopeschange", upwards);
    this.grant = grant;
  }
}

/**
 * What a listener may answer in the panel's place: `respondWith`, while the event is dispatched. `preventDefault()` alone is an answer, too:
 * what is asked for does not happen.
 */
class AnswerableEvent<T> extends Event {
  #response: Promise<T> | null = null;

  constructor(type: string) {
    super(type, { ...upwards, cancelable: true });
  }

  /** To be called while the event is dispatched. */
  respondWith(response: Promise<T> | T): void {
    if (!this.eventPhase) throw new DOMException("respondWith is for the time of the dispatch", "InvalidStateError");
    this.preventDefault();
    this.#response = Promise.resolve(response);
  }

  /** What a listener answered; null for nothing. */
  get response(): Promise<T> | null {
    return this.#response;
  }
}

/**
 * `partner-consentrequest`, cancelable: the user is about to be asked. `respondWith` puts the host's own way of asking in the
 * place of the dialog; `preventDefault()` alone leaves the scopes unanswered, which is neither a yes nor a No.
 */
export class PartnerConsentRequestEvent extends AnswerableEvent<readonly string[]> {
  /** Whom and what it is about: the partner, its origin, and each scope with title and reason. */
  readonly ask: ConsentAsk;

  constructor(ask: ConsentAsk) {
    super("partner-consentrequest");
    this.ask = ask;
  }

  /**
   * To be called while the event is dispatched.
   * @param response resolves with those of the scopes that the user allowed. None, or a rejection, is a No, which is not counted
   * towards silence: the host asked, so it is the host's to stop.
   */
  override respondWith(response: Promise<readonly string[]> | readonly string[]): void {
    super.respondWith(response);
  }
}

/** `partner-dirty`: whether something in the view would be lost if the panel were closed now has changed. */
export class PartnerDirtyEvent extends Event {
  readonly dirty: boolean;

  constructor(dirty: boolean) {
    super("partner-dirty", upwards);
    this.dirty = dirty;
  }
}

/** `partner-activity`: a person is doing something in the view. At most once in 5 seconds, and without what it is. */
export class PartnerActivityEvent extends Event {
  constructor() {
    super("partner-activity", upwards);
  }
}

/**
 * `partner-displayrequest`, cancelable: the view asks to be shown another way. `respondWith` decides in what way it is shown; a rejection, and
 * `preventDefault()` alone, leave it as it is. Without a listener's answer it is done if the user has just pressed something in the view.
 */
export class PartnerDisplayRequestEvent extends AnswerableEvent<DisplayMode> {
  /** What the view asks for. */
  readonly mode: DisplayMode;
  /** How it is shown now. */
  readonly current: DisplayMode;

  constructor(mode: DisplayMode, current: DisplayMode) {
    super("partner-displayrequest");
    this.mode = mode;
    this.current = current;
  }
}

/**
 * `partner-closerequest`, cancelable: the panel is about to be closed, or its dialog is, and the view has nothing against it. `respondWith(true)` closes
 * it whether or not something would be lost; `respondWith(false)`, a rejection and `preventDefault()` alone leave it open.
 */
export class PartnerCloseRequestEvent extends AnswerableEvent<boolean> {
  /** As `requestClose` was given it; `escape` or `close-button` where the user closes the panel's dialog. */
  readonly reason: string;
  /** Whether something in the view would be lost. */
  readonly dirty: boolean;
  /** How the panel is shown. */
  readonly display: DisplayMode;

  constructor(reason: string, dirty: boolean, display: DisplayMode) {
    super("partner-closerequest");
    this.reason = reason;
    this.dirty = dirty;
    this.display = display;
  }
}

/**
 * `partner-navigate`, cancelable: the view shows another of its pages, and the element's `path` is about to follow. `respondWith(false)`, a
 * rejection and `preventDefault()` alone keep `path`, and send the view back to it.
 */
export class PartnerNavigateEvent extends AnswerableEvent<boolean> {
  /** Path, query and fragment on the view's origin. */
  readonly path: string;
  /** The `path` until now. */
  readonly previous: string;

  constructor(path: string, previous: string) {
    super("partner-navigate");
    this.path = path;
    this.previous = previous;
  }
}

/**
 * `partner-openlink`, cancelable: the view asks for a page in a new tab. `respondWith` tells whether the host opened it in its own way; `preventDefault()`
 * alone refuses it. Without a listener's answer the panel opens it, and asks the user first unless they have just pressed something in the view.
 */
export class PartnerOpenLinkEvent extends AnswerableEvent<boolean> {
  /** Canonical: `https:`, or `http:` on a loopback name, and no user name. */
  readonly url: string;

  constructor(url: string) {
    super("partner-openlink");
    this.url = url;
  }
}

/** The element's events by name. */
export interface PartnerPanelEventMap {
  "partner-statechange": PartnerStateChangeEvent;
  "partner-ready": PartnerReadyEvent;
  "partner-error": PartnerErrorEvent;
  "partner-resize": PartnerResizeEvent;
  "partner-audit": PartnerAuditEvent;
  "partner-scopeschange": PartnerScopesChangeEvent;
  "partner-consentrequest": PartnerConsentRequestEvent;
  "partner-dirty": PartnerDirtyEvent;
  "partner-activity": PartnerActivityEvent;
  "partner-displayrequest": PartnerDisplayRequestEvent;
  "partner-closerequest": PartnerCloseRequestEvent;
  "partner-navigate": PartnerNavigateEvent;
  "partner-openlink": PartnerOpenLinkEvent;
}

declare global {
  interface HTMLElementEventMap extends PartnerPanelEventMap {}
  interface DocumentEventMap extends PartnerPanelEventMap {}
}
