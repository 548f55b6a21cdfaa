import type { Grant } from "@partner-panel/postmessage-rpc";
import type { PanelAuditRecord } from "./audit.js";
import type { ConsentAsk } from "./consent.js";
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
 * `partner-consentrequest`, cancelable: the user is about to be asked. `respondWith` puts the host's own way of asking in the
 * place of the dialog; `preventDefault()` alone leaves the scopes unanswered, which is neither a yes nor a No.
 */
export class PartnerConsentRequestEvent extends Event {
  /** Whom and what it is about: the partner, its origin, and each scope with title and reason. */
  readonly ask: ConsentAsk;
  #response: Promise<readonly string[]> | null = null;

  constructor(ask: ConsentAsk) {
    super("partner-consentrequest", { ...upwards, cancelable: true });
    this.ask = ask;
  }

  /**
   * To be called while the event is dispatched.
   * @param response resolves with those of the scopes that the user allowed. None, or a rejection, is a No, which is not counted
   * towards silence: the host asked, so it is the host's to stop.
   */
  respondWith(response: Promise<readonly string[]> | readonly string[]): void {
    if (!this.eventPhase) throw new DOMException("respondWith is for the time of the dispatch", "InvalidStateError");
    this.preventDefault();
    this.#response = Promise.resolve(response);
  }

  /** What a listener answered; null for nothing. */
  get response(): Promise<readonly string[]> | null {
    return this.#response;
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
}

declare global {
  interface HTMLElementEventMap extends PartnerPanelEventMap {}
  interface DocumentEventMap extends PartnerPanelEventMap {}
}
