import { type GrantResult, type Manifest, type ResolvedView, textFor } from "@partner-panel/manifest";
import { type Contract, type Grant, RpcError } from "@partner-panel/postmessage-rpc";
import type { PanelTheme, ScopesAnswer } from "@partner-panel/postmessage-rpc/panel";
import type { ReactiveController } from "lit";
import { type Decided, keepAudit } from "./audit.js";
import { onPartnersConfig, partnersConfig } from "./config.js";
import type { ConsentAnswer, ConsentAsk } from "./consent.js";
import { Failure, PanelError } from "./errors.js";
import {
  type PanelState,
  PartnerAuditEvent,
  PartnerErrorEvent,
  PartnerReadyEvent,
  PartnerResizeEvent,
  PartnerScopesChangeEvent,
  PartnerStateChangeEvent,
} from "./events.js";
import { frameHeight } from "./frame.js";
import { watchFrameFocus } from "./frame-focus.js";
import { freshId } from "./fresh-id.js";
import { PanelAsking } from "./panel-asking.js";
import { decided } from "./panel-consent.js";
import { PanelRun } from "./panel-run.js";
import type { PanelLook } from "./panel-template.js";
import type { PartnerPanel } from "./partner-panel.js";
import { RemoteTree } from "./remote-tree.js";
import { isOutdated, manifestUrlOf, settingsFor, timeoutOf } from "./run-settings.js";
import type { RunOwner, SignInWanted } from "./run-types.js";
import { watchSignOut } from "./sign-out.js";
import { englishStrings, type PanelStrings } from "./strings.js";
import { localeOf, onSystemTheme, themeOf } from "./theme.js";
import { VisibleLimit } from "./visible-limit.js";
import { warn } from "./warn.js";

const defaultHeight = 150;
/** What another one of is another showing: a new frame. */
const restarting = ["partner", "view", "path", "use"];
/** What stands in place of the page's: another showing where it is another than the one that the panel has. */
const overriding = ["provide", "signIn", "consent"];

interface Waiting {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
  readonly reject: (error: PanelError) => void;
}

/** The life of one `<partner-panel>`: starts and ends runs as the element, its properties and the page's configuration change. */
export class PanelController implements ReactiveController, RunOwner {
  state: PanelState = "idle";
  error: PanelError | null = null;
  grant: Grant = [];
  instanceId = "";
  manifest: Manifest | null = null;
  tree: RemoteTree<Contract> = new RemoteTree<Contract>(null);
  readonly #panel: PartnerPanel;
  readonly #states: CustomStateSet;
  #run: PanelRun | null = null;
  #ready = waiting();
  #view: ResolvedView | null = null;
  #height = 0;
  #signIn: SignInWanted = null;
  #isSignedOut = false;
  readonly #asking: PanelAsking;
  #context: { given: unknown; value: unknown } = { given: undefined, value: null };
  #isNear = false;
  /** What lasts as long as the element is in a document. */
  #stops: (() => void)[] = [];
  /** What lasts until something has begun: the page's configuration, or the viewport coming near. */
  #stopWaiting: (() => void) | null = null;

  constructor(panel: PartnerPanel, states: CustomStateSet) {
    this.#panel = panel;
    this.#states = states;
    this.#asking = new PanelAsking({
      element: panel,
      root: () => panel.renderRoot as ShadowRoot,
      strings: () => this.strings,
      colorScheme: () => this.theme().colorScheme,
      frame: () => this.#run?.frame ?? null,
      onBadge: () => panel.requestUpdate(),
    });
    panel.addController(this);
  }

  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  hostConnected(): void {
    this.#stops = [
      onPartnersConfig(() => this.#onConfig()),
      onSystemTheme(() => this.#run?.tell()),
      watchFrameFocus(),
      watchSignOut({ onSignOut: (user) => this.#onSignOut(user), onRestore: () => this.refresh() }),
    ];
    // Begins in the update, when the attributes that a framework sets one by one are all there.
    this.#panel.requestUpdate();
  }

  hostDisconnected(): void {
    for (const stop of this.#stops) stop();
    this.#end("The panel was taken out of the page");
    this.#isNear = false;
    this.onState("closed");
    this.#ready.reject(
      this.#errorOf(new Failure("SESSION_CLOSED", { message: "The panel was taken out of the page" })),
    );
  }

  /** After each update of the element, with what of it changed. */
  update(changed: ReadonlyMap<PropertyKey, unknown>): void {
    if (!this.#panel.isConnected) return;
    if (changed.has("use")) this.#newTree();
    if (this.state === "idle" || this.state === "closed" || restarting.some((name) => changed.has(name)))
      return this.begin();
    if (this.#run === null) return overriding.some((name) => changed.has(name)) ? this.begin() : undefined;
    if (changed.has("label")) this.#run.frame?.setAttribute("title", this.label);
    if (changed.has("minHeight") || changed.has("maxHeight")) this.onSize(this.#height);
    this.refresh();
  }

  /** Asks the policy again and tells the view what changed; another user, or what else a run cannot change, is another showing. */
  refresh(): void {
    const run = this.#run;
    const config = partnersConfig();
    const isAnother = this.#isSignedOut
      ? (config?.user?.() ?? null) !== null
      : run !== null && config !== null && isOutdated(run.settings, this.#panel, config);
    if (isAnother) this.begin();
    else run?.refresh();
  }

  /** The user is gone: session and frame end, and the panel waits for the next user. */
  signOut(): void {
    const run = this.#run;
    if (run === null) return;
    run.signOut();
    this.#end("The user was signed out");
    this.#isSignedOut = true;
    this.onState("signing-in", "host");
  }

  begin(): void {
    if (!this.#panel.isConnected) return;
    this.#end("The panel begins anew");
    this.#isSignedOut = false;
    this.instanceId = freshId();
    this.error = null;
    this.manifest = null;
    const config = partnersConfig();
    if (this.#panel.loading === "lazy" && !this.#isNear) return this.#awaitViewport();
    if (config === null) return this.#awaitConfig();
    if (!this.#panel.label) warn("it needs a label, the frame's name for people who do not see it");
    try {
      this.context();
      this.#run = new PanelRun(this.instanceId, this, settingsFor(this.#panel, config));
    } catch (error) {
      return this.onError(this.#errorOf(error));
    }
    this.#run.start();
  }

  grantScopes(scopes: readonly string[]): Promise<ScopesAnswer> {
    return this.#run?.grants?.grant(scopes) ?? Promise.reject(notBegun());
  }

  revokeScopes(scopes: readonly string[] = this.#view?.scopes ?? []): Promise<ScopesAnswer> {
    return this.#run?.grants?.revoke(scopes) ?? Promise.reject(notBegun());
  }

  get strings(): PanelStrings {
    return { ...englishStrings, ...partnersConfig()?.strings, ...this.#panel.strings };
  }

  get look(): PanelLook {
    const { state, error, strings } = this;
    return {
      state,
      error,
      strings,
      signIn: this.#signIn,
      words: { panel: this.label, partner: this.#partnerName },
      badge: this.#asking.badge,
      link: this.manifest === null ? null : new URL(this.manifest.surfaces.link.entry, this.manifest.origin).href,
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

  /** As JSON carries it, made once for each value: so that "the same context" can be told by identity. */
  context(): unknown {
    const given = this.#panel.context;
    if (given !== this.#context.given) {
      try {
        this.#context = { given, value: JSON.parse(JSON.stringify(given) ?? "null") as unknown };
      } catch (cause) {
        throw new Failure("CONFIG_REFUSED", { message: "The context is not JSON", cause });
      }
    }
    return this.#context.value;
  }

  theme(): PanelTheme {
    const { theme, locale, timeZone, designTokens } = this.#panel;
    const tokens = designTokens ?? partnersConfig()?.designTokens ?? {};
    return themeOf({ element: this.#panel, theme, locale, timeZone, designTokens: tokens });
  }

  askUser(ask: ConsentAsk, signal: AbortSignal, isOpening: boolean): Promise<ConsentAnswer> {
    return this.#asking.ask(ask, signal, isOpening);
  }

  onRequest(): void {
    this.#asking.onRequest();
  }

  onManifest(manifest: Manifest, view: ResolvedView): void {
    this.manifest = manifest;
    this.#view = view;
    this.#panel.requestUpdate();
  }

  onFrame(frame: HTMLIFrameElement): void {
    // A panel shown before keeps its height, so that nothing below it moves.
    this.#height = Math.min(Math.max(this.#height, this.#bounds.min), this.#bounds.max);
    frame.style.blockSize = `${this.#height}px`;
    frame.style.colorScheme = this.theme().colorScheme;
  }

  onFrameOutdated(): void {
    this.begin();
  }

  onState(state: PanelState, signIn: SignInWanted = null): void {
    const previous = this.state;
    if (signIn !== this.#signIn) this.#panel.requestUpdate();
    this.#signIn = signIn;
    if (state === previous) return;
    this.state = state;
    this.#states.delete(previous);
    this.#states.add(state);
    if (previous === "ready" || previous === "error" || previous === "closed") this.#ready = waiting();
    this.#panel.requestUpdate();
    this.#panel.dispatchEvent(new PartnerStateChangeEvent(state, previous));
    if (state !== "ready" || this.state !== state) return;
    this.#ready.resolve();
    this.#panel.dispatchEvent(new PartnerReadyEvent(this.instanceId));
  }

  onError(error: PanelError): void {
    this.#end(error.message);
    this.error = error;
    this.onState("error");
    this.#ready.reject(error);
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

  onSession(remote: object | null): void {
    if (remote === null) this.tree.detach();
    else this.tree.attach(remote);
  }

  onSize(reported: number): void {
    const height = frameHeight(reported, this.#height, this.#bounds);
    const frame = this.#run?.frame;
    if (height === null || !frame) return;
    this.#height = height;
    frame.style.blockSize = `${height}px`;
    this.#panel.dispatchEvent(new PartnerResizeEvent(height));
  }

  onAudit(event: Decided): void {
    this.#panel.dispatchEvent(new PartnerAuditEvent(keepAudit(event, this.#panel.partner, this.instanceId)));
  }

  #end(reason: string): void {
    this.#stopWaiting?.();
    this.#stopWaiting = null;
    this.#run?.end(reason);
    this.#run = null;
    this.grant = [];
    this.tree.refuse(reason);
  }

  #onSignOut(user: string | null): void {
    const own = this.#run?.settings.user ?? null;
    if (user === null || own === null || own === user) this.signOut();
  }

  #onConfig(): void {
    const config = partnersConfig();
    if (this.#isSignedOut) return this.refresh();
    const url = config === null ? undefined : manifestUrlOf(config, this.#panel.partner);
    if (this.state === "idle" || (url !== undefined && url === this.#run?.settings.manifestUrl)) this.refresh();
    else this.begin();
  }

  #awaitConfig(): void {
    this.onState("loading");
    const limit = new VisibleLimit(timeoutOf(this.#panel), () => {
      const message = "configurePartners was not called in this copy of @partner-panel/host";
      this.onError(this.#errorOf(new Failure("CONFIG_REFUSED", { message })));
    });
    this.#stopWaiting = () => limit.stop();
  }

  #awaitViewport(): void {
    this.onState("idle");
    const observer = new IntersectionObserver(
      (entries) => {
        if (!entries.some((entry) => entry.isIntersecting)) return;
        this.#isNear = true;
        this.begin();
      },
      { rootMargin: "256px" },
    );
    observer.observe(this.#panel);
    this.#stopWaiting = () => observer.disconnect();
  }

  #newTree(): void {
    this.tree.refuse("The panel's contract was changed");
    const { use } = this.#panel;
    this.tree = new RemoteTree<Contract>(use, (name, code, ms) => {
      const scope = use?.members[name]?.scope ?? null;
      this.onAudit({ ...decided("failed", code, scope, ms), direction: "out", method: name });
    });
  }

  #errorOf(thrown: unknown): PanelError {
    const { instanceId } = this;
    if (thrown instanceof Failure)
      return new PanelError(thrown.code, thrown.message, { instanceId, cause: thrown.cause });
    return new PanelError("CONFIG_REFUSED", "The host's configuration threw", { instanceId, cause: thrown });
  }

  get #bounds(): { min: number; max: number } {
    const { minHeight, maxHeight } = this.#panel;
    const max = maxHeight > 0 ? maxHeight : Number.POSITIVE_INFINITY;
    // What the manifest asks for is capped by what the host gives.
    return { min: minHeight > 0 ? minHeight : Math.min(this.#view?.view.minHeight ?? defaultHeight, max), max };
  }

  /** A frame must have a name for people who do not see it; the view's title is better than none. */
  get label(): string {
    const title = this.#view?.view.title;
    return this.#panel.label || (title === undefined ? this.#partnerName : textFor(title, this.#locale));
  }

  get #partnerName(): string {
    return this.manifest === null ? this.#panel.partner : textFor(this.manifest.name, this.#locale);
  }

  get #locale(): string {
    return localeOf(this.#panel, this.#panel.locale);
  }
}

function notBegun(): RpcError {
  return new RpcError("SESSION_CLOSED", { message: "The panel has not begun: it has no manifest yet" });
}

function waiting(): Waiting {
  let resolve = () => {};
  let reject: Waiting["reject"] = () => {};
  const promise = new Promise<void>((fulfil, refuse) => {
    resolve = fulfil;
    reject = refuse;
  });
  // Whoever does not ask for `ready` is told by the event, not by an unhandled rejection.
  promise.catch(() => {});
  return { promise, resolve, reject };
}
