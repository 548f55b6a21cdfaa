import type { GrantResult, Manifest, ResolvedView } from "@partner-panel/manifest";
import type { Contract, Implementation } from "@partner-panel/postmessage-rpc";
import type { PanelTheme } from "@partner-panel/postmessage-rpc/panel";
import type { PanelActions } from "../actions/panel-actions.js";
import type { Decided } from "../audit.js";
import type { PanelPolicy, SignInStrategy } from "../config.js";
import type { ConsentAnswer, ConsentAsk } from "../consent/consent.js";
import type { ConsentStore } from "../consent/consent-store.js";
import type { PanelError } from "../errors.js";
import type { PanelState } from "../events.js";
import type { ViewSession } from "./accept-view.js";

/** What one run is about. Fixed for the run but for policy and plan: what changes any of the rest takes a new one. */
export interface RunSettings {
  /** The partner by the name that the page gives it. */
  readonly partner: string;
  readonly manifestUrl: string;
  readonly view: string;
  readonly path: string;
  /** Milliseconds of visible time for each phase. */
  readonly timeout: number;
  readonly provide: readonly Implementation[];
  readonly use: Contract | null;
  readonly signIn: SignInStrategy | undefined;
  /** The element's policy, else the page's, as they are when it is called. */
  readonly policy: () => PanelPolicy;
  /** The page's plan as it is when it is read. */
  readonly plan: (() => readonly string[]) | undefined;
  readonly user: string | null;
  readonly store: ConsentStore;
}

/**
 * Where a person must do something before the view has its token: on the host's side (at first, after the session there has ended, or after they signed
 * out), in the view, or nowhere.
 */
export type SignInWanted = "host" | "ended" | "signed-out" | "view" | null;

/** What a run needs of the element, and tells it. */
export interface RunOwner {
  /** The frame's accessible name, which is also the panel's in the consent dialog. */
  readonly label: string;
  /** Where the frame goes: in the element's open shadow root. */
  readonly stage: HTMLElement;
  /** What the panel does at its view's word. */
  readonly actions: PanelActions;
  context(): unknown;
  theme(): PanelTheme;
  /** `isOpening`: the panel cannot open without the answer. */
  askUser(ask: ConsentAsk, signal: AbortSignal, isOpening: boolean): Promise<ConsentAnswer>;
  /** The view asks for scopes: where the user called for that, a question that waits behind its badge comes to the front. */
  onRequest(): void;
  onManifest(manifest: Manifest, view: ResolvedView): void;
  /** The frame, before it is inserted. */
  onFrame(frame: HTMLIFrameElement): void;
  /** What the frame itself may do is another: that takes a new frame, and so a new run. */
  onFrameOutdated(): void;
  onState(state: PanelState, signIn?: SignInWanted): void;
  /** The run is over; `error` is why. */
  onError(error: PanelError): void;
  onGrant(grant: GrantResult): void;
  onSession(remote: ViewSession["remote"] | null): void;
  onSize(height: number): void;
  onAudit(event: Decided): void;
}
