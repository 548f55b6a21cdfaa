import type { GrantResult, Manifest, ResolvedView } from "@partner-panel/manifest";
import { type Grant, RpcError } from "@partner-panel/postmessage-rpc";
import type { PanelTheme, ScopesAnswer } from "@partner-panel/postmessage-rpc/panel";
import type { ReactiveController } from "lit";
import { PanelActions } from "../actions/panel-actions.js";
import { type Decided, decided } from "../audit.js";
import { manifestUrlOf, onPartnersConfig, partnersConfig } from "../config.js";
import type { ConsentAnswer, ConsentAsk } from "../consent/consent.js";
import { PanelAsking } from "../consent/panel-asking.js";
import { Failure, type PanelError } from "../errors.js";
import { type PanelState, PartnerErrorEvent, PartnerScopesChangeEvent } from "../events.js";
import { panelErrorOf } from "../known-errors.js";
import type { PartnerPanel } from "../partner-panel.js";
import { watchSignOut } from "../sign-in/sign-out.js";
import type { PanelStrings } from "../strings.js";
import { warn } from "../warn.js";
import type { ViewSession } from "./accept-view.js";
import { type Fallback, fallbackFor } from "./fallback.js";
import { pathIn } from "./frame.js";
import { watchFrameFocus } from "./frame-focus.js";
import { freshId } from "./fresh-id.js";
import { PanelRun } from "./panel-run.js";
import { PanelSelf } from "./panel-self.js";
import type { PanelStart } from "./panel-start.js";
import { isViewShown } from "./panel-state.js";
import type { PanelLook } from "./panel-template.js";
import { isOutdated, settingsFor } from "./run-settings.js";
import type { RunOwner, SignInWanted } from "./run-types.js";
import { Suspension } from "./suspension.js";
import { onLanguage, onTheme } from "./theme.js";
import { timeoutOf } from "./visible-limit.js";
import { whenNear } from "./when-near.js";
import { isForWantOfNetwork, onNetwork, unlessConfigured } from "./when-to-begin.js";

/** What another one of is another showing: a new frame. */
const restarting = ["partner", "view", "use"];
/** What stands in place of the page's: another showing where it is another than the one that the panel has. */
const overriding = ["provide", "signIn", "consent"];

/** The life of one `<partner-panel>`: starts and ends runs as the element, its properties and the page's configuration change. */
export class PanelController implements ReactiveController, RunOwner {
  error: PanelError | null = null;
  grant: Grant = [];
  instanceId = "";
  readonly #panel: PartnerPanel;
  readonly #start: PanelStart;
  readonly #self: PanelSelf;
  #run: PanelRun | null = null;
  #isSignedOut: boolean;
  #fallback: Fallback | null = null;
  /** The page closed it: it begins anew by `reload()`, with another partner or view, or in another place. */
  #isClosed = false;
  readonly actions: PanelActions;
  readonly #asking: PanelAsking;
  readonly #suspension = new Suspension(() => this.#run?.setAway(this.#suspension.isAway));
  #isNear: boolean;
  /** What lasts as long as the element is in a document. */
  #stops: (() => void)[] = [];
  /** What lasts until something has begun: the page's configuration, or the viewport coming near. */
  #stopWaiting: (() => void) | null = null;

  /** @param isNear whether a lazy panel has come near the viewport. */
  constructor(panel: PartnerPanel, start: PanelStart, isNear: boolean) {
    this.#panel = panel;
    this.#start = start;
    this.#isNear = isNear;
    this.#isSignedOut = start.status.signIn === "signed-out";
    this.#self = new PanelSelf(panel);
    this.#asking = new PanelAsking({
      element: panel,
      root: () => panel.renderRoot as ShadowRoot,
      strings: () => this.strings,
      colorScheme: () => this.theme().colorScheme,
      frame: () => this.#run?.frame ?? null,
      onBadge: () => panel.requestUpdate(),
    });
    this.actions = new PanelActions({
      element: panel,
      root: () => panel.renderRoot as ShadowRoot,
      frame: () => this.#run?.frame ?? null,
      strings: () => this.strings,
      words: () => this.#self.words,
      modes: () => this.#self.view?.view.display,
      shortcuts: () => partnersConfig()?.shortcuts ?? [],
      pathOf: (path) => (this.#self.view === null ? null : pathIn(this.#self.view.view.entry, this.manifest, path)),
      isCalledFor: () => this.#asking.calledFor(),
      onLook: () => panel.requestUpdate(),
      onDisplay: () => panel.requestUpdate(),
      close: (reason) => this.#close(reason),
      begin: () => this.#isClosed || this.begin(),
    });
    panel.addController(this);
  }

  get state(): PanelState {
    return this.#start.status.state;
  }
  get manifest(): Manifest | null {
    return this.#self.manifest;
  }
  get strings(): PanelStrings {
    return this.#self.strings;
  }
  get label(): string {
    return this.#self.label;
  }

  hostConnected(): void {
    this.#isClosed = false;
    this.#stops = [
      onPartnersConfig(() => this.#onConfig()),
      onTheme(this.#panel.renderRoot as ShadowRoot, () => this.#run?.tell()),
      onLanguage(() => this.#panel.requestUpdate()),
      watchFrameFocus(),
      onNetwork((isOnline) => this.#onNetwork(isOnline)),
      watchSignOut({ onSignOut: (user) => this.#onSignOut(user), onRestore: () => this.refresh() }),
    ];
    // Begins in the update, when the attributes that a framework sets one by one are all there.
    this.#panel.requestUpdate();
  }

  hostDisconnected(): void {
    for (const stop of this.#stops) stop();
    this.actions.onDisconnected();
    const message = "The panel was taken out of the page";
    this.#end(message);
    this.#suspension.end();
    this.#isNear = false;
    this.onState("closed", null, this.#errorOf(new Failure("SESSION_CLOSED", { message })));
  }

  /** After each update of the element, with what of it changed. */
  update(changed: ReadonlyMap<PropertyKey, unknown>): void {
    const isFirst = this.instanceId === "";
    if (isFirst || changed.has("display")) this.actions.onDisplaySet();
    const isAnother = (isFirst && !this.#isSignedOut) || restarting.some((name) => changed.has(name));
    if (this.#isClosed && !isAnother) return;
    if (this.state === "idle" || this.state === "closed" || isAnother) return this.begin();
    // A path that comes before there is a view to be sent there is where that begins.
    if (changed.has("path") && !this.#run?.frame) return this.begin();
    if (this.#run === null) return overriding.some((name) => changed.has(name)) ? this.begin() : undefined;
    if (changed.has("path")) this.actions.onPath();
    if (changed.has("label")) this.#run.frame?.setAttribute("title", this.label);
    if (changed.has("minHeight") || changed.has("maxHeight")) this.#start.height.onBounds();
    if (changed.has("keepAlive")) this.#followSight();
    this.refresh();
  }

  /** Asks the policy again and tells the view what changed; another user, or what else a run cannot change, is another showing. */
  refresh(): void {
    const run = this.#run;
    const config = partnersConfig();
    const isAnother = this.#isSignedOut
      ? (config?.user?.() ?? null) !== null
      : run !== null && config !== null && isOutdated(run.settings, this.#panel, config);
    // What was left out may be given by now.
    if (isAnother || this.#fallback !== null) this.begin();
    else run?.refresh();
  }

  /** The user is gone: session and frame end, and the panel waits for the next user. */
  signOut(): void {
    const run = this.#run;
    if (run === null) return;
    run.signOut();
    this.#end("The user was signed out");
    this.#isSignedOut = true;
    this.onState("signing-in", "signed-out");
  }

  begin(): void {
    if (!this.#panel.isConnected) return;
    // The first time is what was called until now waits for, in the place that is kept since.
    const isFirst = this.instanceId === "";
    if (!isFirst) {
      this.#end("The panel begins anew");
      this.#start.height.begin();
    }
    this.#isSignedOut = false;
    this.#isClosed = false;
    this.instanceId = (isFirst && this.#start.instanceId) || freshId();
    this.error = null;
    this.#self.manifest = null;
    const config = partnersConfig();
    if (this.#panel.loading === "lazy" && !this.#isNear) return this.#awaitViewport();
    if (config === null) {
      this.onState("loading");
      this.#stopWaiting = unlessConfigured(timeoutOf(this.#panel), (failure) => this.onError(this.#errorOf(failure)));
      return;
    }
    if (!this.#panel.label) warn("it needs a label, the frame's name for people who do not see it");
    try {
      this.context();
      this.#run = new PanelRun(this.instanceId, this, settingsFor(this.#panel, config));
    } catch (error) {
      return this.onError(this.#errorOf(error));
    }
    this.#run.setAway(this.#suspension.isAway);
    this.#run.start();
  }

  setSuspended(isSuspended: boolean): void {
    this.#suspension.say(isSuspended);
  }

  grantScopes(scopes: readonly string[]): Promise<ScopesAnswer> {
    return this.#run?.grants?.grant(scopes) ?? Promise.reject(notBegun());
  }

  revokeScopes(scopes: readonly string[] = this.#self.view?.scopes ?? []): Promise<ScopesAnswer> {
    return this.#run?.grants?.revoke(scopes) ?? Promise.reject(notBegun());
  }

  get look(): PanelLook {
    const { state, error, strings } = this;
    return {
      state,
      error,
      strings,
      signIn: this.#start.status.signIn,
      words: this.#self.words,
      acting: this.actions.look,
      badge: this.#asking.badge,
      fallback: this.#fallback,
      onRetry: () => this.begin(),
      onCancelSignIn: () => {
        this.#end("The sign-in was cancelled");
        this.onError(this.#errorOf(new Failure("SIGN_IN_REQUIRED", { message: "The user did not sign in" })));
      },
      onBadge: () => this.#asking.press(),
    };
  }

  // What a run asks and tells.

  get stage(): HTMLElement {
    const stage = this.#panel.renderRoot.querySelector<HTMLElement>(".stage");
    if (stage === null) throw new Error("The element has not rendered");
    return stage;
  }

  context(): unknown {
    return this.#self.context;
  }

  theme(): PanelTheme {
    return this.#self.theme;
  }

  askUser(ask: ConsentAsk, signal: AbortSignal, isOpening: boolean): Promise<ConsentAnswer> {
    return this.#asking.ask(ask, signal, isOpening);
  }

  onRequest(): void {
    this.#asking.onRequest();
  }

  onManifest(manifest: Manifest, view: ResolvedView): void {
    this.#self.manifest = manifest;
    this.#self.view = view;
    this.#start.height.onHint(view.view.minHeight);
    this.#panel.requestUpdate();
  }

  onFrame(frame: HTMLIFrameElement): void {
    this.#start.height.onFrame(frame);
    this.actions.onBegin();
    frame.style.colorScheme = this.theme().colorScheme;
    this.#followSight(frame);
  }

  onFrameOutdated(): void {
    this.begin();
  }

  onState(state: PanelState, signIn: SignInWanted = null, failure?: PanelError): void {
    this.#start.height.setShown(isViewShown(state, signIn));
    this.#start.status.set(state, signIn, failure);
  }

  onError(error: PanelError): void {
    this.#end(error.message);
    this.error = error;
    this.#fallback = fallbackFor(error, this.manifest, this.#panel);
    this.onState("error", null, error);
    // What comes later was decided at the bridge or by the user, and stands in the log as that.
    const { phase, code } = error;
    if (phase === "config" || phase === "load" || phase === "handshake" || code === "NOT_ENTITLED")
      this.onAudit(decided(error.retryable ? "failed" : "denied", code));
    this.#panel.dispatchEvent(new PartnerErrorEvent(error));
  }

  onGrant({ granted }: GrantResult): void {
    this.grant = Object.freeze([...granted]);
    this.#panel.dispatchEvent(new PartnerScopesChangeEvent(this.grant));
  }

  onSession(remote: ViewSession["remote"] | null): void {
    this.actions.onSession(remote?.panel ?? null);
    if (remote === null) this.#start.tree.detach();
    else this.#start.tree.attach(remote);
  }

  onSize(reported: number): void {
    this.#start.height.onSize(reported);
  }

  onAudit(event: Decided): void {
    this.#start.onAudit(event);
  }

  #end(reason: string): void {
    this.#stopWaiting?.();
    this.#stopWaiting = null;
    this.#run?.end(reason);
    this.#run = null;
    this.#fallback = null;
    this.#start.height.end();
    this.#suspension.follow(null);
    this.grant = [];
    this.#start.tree.refuse(reason);
  }

  #close(reason: string): void {
    this.#end(`The panel was closed: ${reason}`);
    this.#isClosed = true;
    this.onState("closed", null, this.#errorOf(new Failure("SESSION_CLOSED", { message: "The panel was closed" })));
  }

  #onSignOut(user: string | null): void {
    const own = this.#run?.settings.user ?? null;
    if (user === null || own === null || own === user) this.signOut();
  }

  #onConfig(): void {
    const config = partnersConfig();
    if (this.#isClosed) return;
    if (this.#isSignedOut) return this.refresh();
    const url = config === null ? undefined : manifestUrlOf(config, this.#panel.partner);
    if (this.state === "idle" || (url !== undefined && url === this.#run?.settings.manifestUrl)) this.refresh();
    else this.begin();
  }

  #awaitViewport(): void {
    this.onState("idle");
    this.#stopWaiting = whenNear(this.#panel, () => {
      this.#isNear = true;
      this.begin();
    });
  }

  /** What failed for want of a network begins anew, and so does what was under way when it went. */
  #onNetwork(isOnline: boolean): void {
    const { error, state } = this;
    const isUnderWay = this.#run !== null && !this.#run.hasSession && (state === "loading" || state === "connecting");
    if (isOnline && (isUnderWay || (error !== null && isForWantOfNetwork(error)))) this.begin();
    else if (error !== null) this.#panel.requestUpdate();
  }

  #followSight(frame = this.#run?.frame ?? null): void {
    this.#suspension.follow(this.#panel.keepAlive ? frame : null);
  }

  #errorOf(thrown: unknown): PanelError {
    const { instanceId } = this;
    const failure = new Failure("CONFIG_REFUSED", { message: "The host's configuration threw", cause: thrown });
    return panelErrorOf(thrown instanceof Failure ? thrown : failure, { instanceId });
  }
}

function notBegun(): RpcError {
  return new RpcError("SESSION_CLOSED", { message: "The panel has not begun: it has no manifest yet" });
}
