import type { Manifest } from "@partner-panel/manifest";
import type { Contract, Grant, Implementation, Remote } from "@partner-panel/postmessage-rpc";
import type { DisplayMode, ScopesAnswer } from "@partner-panel/postmessage-rpc/panel";
import { LitElement, type PropertyDeclarations, type PropertyValues, type TemplateResult } from "lit";
import type { PolicySource, SignInStrategy } from "./config.js";
import type { ConsentStore } from "./consent/consent-store.js";
import { Failure, type PanelError } from "./errors.js";
import type { PanelState } from "./events.js";
import { PanelStart } from "./panel/panel-start.js";
import { panelStyles } from "./panel/panel-styles.js";
import { panelTemplate } from "./panel/panel-template.js";
import type { PanelStrings } from "./strings.js";

/**
 * Shows one view of a partner's product in a sandboxed frame, as the page's `configurePartners` allows.
 *
 * @tagname partner-panel
 *
 * @attribute {string} partner - The partner, by its name in `configurePartners({ partners })`. The tag can add none.
 * @attribute {string} view - The view, by its name in the partner's manifest.
 * @attribute {json} context - What the view is about, as JSON; `panel.context` in the view. A change reaches the view after the
 * new grant holds.
 * @attribute {string} label - The frame's accessible name. Without one the view's own title stands in.
 * @attribute {string} path - A path on the view's origin in place of its entry, resolved against that. Another origin is refused. It follows the view's own
 * route, and the view follows it: in the document that it has where it listens to `navigate`, else in a new one.
 * @attribute {"inline" | "dialog" | "fullscreen"} display - How the panel is shown: in its place, in a modal window above the page, or in one as large as
 * the page's viewport. It follows what the user does. Default: `inline`.
 * @attribute {number} min-height - Least height of the frame, in CSS pixels. Default: the manifest's `minHeight`, else 150.
 * @attribute {number} max-height - Greatest height; what is taller scrolls inside. Default: none.
 * @attribute {"eager" | "lazy"} loading - `lazy`: begins within 256 px of the viewport, or to be shown above the page. Default: `eager`.
 * @attribute {"auto" | "light" | "dark"} theme - Colours told to the view. `auto`: the element's `color-scheme` where that
 * decides, else the system's; both are followed while it is shown.
 * @attribute {string} locale - BCP 47. Default: the nearest `lang`, else the browser's. The direction is the element's own (`dir`).
 * @attribute {string} time-zone - IANA name. Default: the browser's.
 * @attribute {number} timeout - Milliseconds of visible time for each phase. Default: 10000. Stands still while a person is asked.
 * @attribute {boolean} keep-alive - Suspends the panel while nobody can see it (`hidden`, `display: none`, over a screen away from the
 * viewport) and resumes it when somebody can: see `suspend()`. Without it the panel goes on as if it were seen.
 *
 * @property {Contract | null} use - The contract that the view provides; `remote` is typed by it.
 * @property {PanelState} state - Read-only: `idle`, `loading`, `connecting`, `consenting`, `signing-in`, `ready`, `suspended`, `closed`,
 * `error`.
 * @property {boolean} dirty - Read-only: whether something in the view would be lost if the panel were closed, as the view says.
 * @property {Promise<void>} ready - Read-only. Resolves when the panel is ready, rejects with a `PanelError`.
 * @property {PanelError | null} error - Read-only.
 * @property {Grant} grant - Read-only: what the view may do now.
 * @property {string} instanceId - Read-only: another one for each showing; stands in audit events and in the view's welcome.
 * @property {Manifest | null} manifest - Read-only.
 * @property {Remote} remote - Read-only: what `use` names, to be called. While there is no session up to 32 calls (256 KiB) wait
 * for one within their own time limit.
 *
 * @slot loading - In place of what is shown while the view loads and connects.
 * @slot consent - In the consent dialog, in place of what stands under the partner's name and origin; while no dialog is up, in place
 * of what is shown while the user is asked. The buttons stay: who wants others answers `partner-consentrequest`.
 * @slot signin - In place of what is shown while the view signs in.
 * @slot error - In place of the words and the retry button.
 * @slot offline - The same, while the browser is offline.
 * @slot - Fallback where no script runs; never shown by the element.
 *
 * @csspart frame - The iframe.
 * @csspart loading - What is shown while the view loads and connects.
 * @csspart waiting - What is shown while a person is asked, or signed in.
 * @csspart error - What is shown in state `error`.
 * @csspart retry-button
 * @csspart cancel-button - "Not now", where a sign-in is required.
 * @csspart link - To the partner's own page, where the panel is not granted.
 * @csspart upgrade-button - Beside it: what the page's `upgrade` offers.
 * @csspart dialog - The modal window of `display` `dialog` and `fullscreen`.
 * @csspart backdrop - What lies between that and the page.
 * @csspart header - The window's bar, with the panel's label.
 * @csspart close-button - In that bar.
 * @csspart question - What the panel asks in place of the view: about a link, something not saved, or in the view's own words.
 * @csspart question-confirm
 * @csspart question-cancel
 * @csspart toast - A short message of the view's.
 * @csspart consent - The consent dialog.
 * @csspart consent-allow
 * @csspart consent-deny
 * @csspart consent-badge - What is left when the dialog was taken away unanswered.
 *
 * @cssproperty --partner-panel-accent - Of buttons, links and focus rings.
 * @cssproperty --partner-panel-on-accent - Text on the accent colour.
 * @cssproperty --partner-panel-text
 * @cssproperty --partner-panel-muted
 * @cssproperty --partner-panel-line
 * @cssproperty --partner-panel-surface - Under windows, questions and toasts.
 * @cssproperty --partner-panel-font
 *
 * @cssState idle - As `state`, like each of the next: `partner-panel:state(idle)`. Not begun, or `lazy` and far from the viewport.
 * @cssState loading - The manifest and the view's page.
 * @cssState connecting - The handshake, and until the view is ready.
 * @cssState consenting - The user is asked.
 * @cssState signing-in
 * @cssState ready
 * @cssState suspended - As ready, and out of sight.
 * @cssState closed
 * @cssState error
 *
 * @fires {PartnerStateChangeEvent} partner-statechange - `state` is another than `previous`.
 * @fires {PartnerReadyEvent} partner-ready - Connected, signed in where needed, and the view shows what it is there to show.
 * @fires {PartnerErrorEvent} partner-error - The panel shows no view: `{ phase, code, message, retryable, hint, docsUrl, instanceId, cause }`.
 * @fires {PartnerResizeEvent} partner-resize - The frame has another `height`, in CSS pixels.
 * @fires {PartnerAuditEvent} partner-audit - A decision at the panel's bridge: `record`, without payload.
 * @fires {PartnerScopesChangeEvent} partner-scopeschange - The `grant` is another.
 * @fires {PartnerDirtyEvent} partner-dirty - Whether something would be lost has changed: `dirty`.
 * @fires {PartnerActivityEvent} partner-activity - A person is doing something in the view: once in 5 seconds at most, and never what.
 * @fires {PartnerConsentRequestEvent} partner-consentrequest - Cancelable; `respondWith` asks in the host's own way.
 * @fires {PartnerDisplayRequestEvent} partner-displayrequest - Cancelable: the view asks for another `mode`. `respondWith(mode)` decides. Without an answer it is
 * done upon a press in the view.
 * @fires {PartnerCloseRequestEvent} partner-closerequest - Cancelable: about to be closed, with `{ reason, dirty, display }`. `respondWith(true)` closes it, whatever is lost.
 * @fires {PartnerNavigateEvent} partner-navigate - Cancelable: the view is at another `path`, which the element's is about to follow. `respondWith(false)` sends
 * it back.
 * @fires {PartnerOpenLinkEvent} partner-openlink - Cancelable: the view asks for `url` in a new tab. `respondWith(true)`: the host opened it.
 */
export class PartnerPanel<Use extends Contract = Contract> extends LitElement {
  static override properties: PropertyDeclarations = {
    partner: {},
    view: {},
    context: { converter: { fromAttribute: contextFrom } },
    label: {},
    path: {
      reflect: true,
      converter: { toAttribute: (path: string) => path || null, fromAttribute: (path) => path ?? "" },
    },
    display: { reflect: true, converter: { toAttribute: displayAttribute } },
    minHeight: { type: Number, attribute: "min-height" },
    maxHeight: { type: Number, attribute: "max-height" },
    loading: {},
    theme: {},
    locale: {},
    timeZone: { attribute: "time-zone" },
    timeout: { type: Number },
    keepAlive: { type: Boolean, attribute: "keep-alive" },
    use: { attribute: false },
    provide: { attribute: false },
    policy: { attribute: false },
    signIn: { attribute: false },
    consent: { attribute: false },
    designTokens: { attribute: false },
    strings: { attribute: false },
  };
  static override styles = panelStyles;

  declare partner: string;
  declare view: string;
  declare context: unknown;
  declare label: string;
  declare path: string;
  declare display: DisplayMode;
  declare minHeight: number;
  declare maxHeight: number;
  declare loading: string;
  declare theme: string;
  declare locale: string;
  declare timeZone: string;
  declare timeout: number;
  declare keepAlive: boolean;
  declare use: Use | null;
  /** In place of the page's `provide`. Keep it the same object: another one is another showing. */
  declare provide: Implementation | readonly Implementation[] | null;
  /** In place of the page's policy for this partner. */
  declare policy: PolicySource | null;
  /** In place of the page's strategy for this partner. */
  declare signIn: SignInStrategy | null;
  /** In place of the page's consent store. */
  declare consent: ConsentStore | null;
  /** In place of the page's design tokens. */
  declare designTokens: Readonly<Record<string, string>> | null;
  /** In place of the page's texts, as far as given. */
  declare strings: Partial<PanelStrings> | null;

  /**
   * Gets ready for a panel that is likely to be opened, so that it opens sooner: opens the connection to the partner, fetches its manifest and
   * loads what the panel's opening may need of this package. There is no frame, no sign-in and no question to the user, and nothing of the partner's runs. As
   * often as one likes: on hovering over what opens the panel, say.
   *
   * Resolves when that is done, or could not be: what fails here is told by the panel. Rejects with PARTNER_UNKNOWN.
   */
  static async prewarm(partner: string): Promise<void> {
    const code = await import("./panel/prewarm.js").catch(() => null);
    await code?.prewarm(partner);
  }

  readonly #start: PanelStart;
  readonly #internals: ElementInternals;

  constructor() {
    super();
    for (const name of ["partner", "view", "label", "path", "locale", "timeZone"] as const) this[name] = "";
    for (const name of ["minHeight", "maxHeight", "timeout"] as const) this[name] = 0;
    for (const name of ["use", "provide", "policy", "signIn", "consent", "designTokens", "strings"] as const)
      this[name] = null;
    this.context = null;
    this.keepAlive = false;
    this.display = "inline";
    this.loading = "eager";
    this.theme = "auto";
    this.#internals = this.attachInternals();
    // What it runs with is forgotten but in `remote` and `use`.
    this.#start = new PanelStart(this as unknown as PartnerPanel, this.#internals.states);
  }

  get state(): PanelState {
    return this.#start.status.state;
  }
  get ready(): Promise<void> {
    return this.#start.status.ready;
  }
  get error(): PanelError | null {
    return this.#start.error;
  }
  get grant(): Grant {
    return this.#start.controller?.grant ?? [];
  }
  get instanceId(): string {
    return this.#start.controller?.instanceId || this.#start.instanceId;
  }
  get manifest(): Manifest | null {
    return this.#start.controller?.manifest ?? null;
  }
  get remote(): Remote<Use> {
    return this.#start.tree.remote as unknown as Remote<Use>;
  }

  /** Shows the view anew, in a new frame; consent is not asked for again. Also what ends a quarantine. */
  reload(): void {
    (this.#start.controller ?? this.#start).begin();
  }

  /**
   * Has the view pause what nobody sees: it hears `suspend`, the state is `suspended`, and its token is not renewed until it needs one. Nothing
   * is lost: frame, session and grant stay, and calls are answered in both directions, so that what was being saved when the user turned
   * away is saved. It is not watched by the heartbeat. Called before the panel is ready, it holds from then on.
   */
  suspend(): void {
    this.#start.setSuspended(true);
  }

  /** Ends that: the view hears `resume`, with its document as it was, and the state is `ready`. With `keep-alive`, until it is out of sight anew. */
  resume(): void {
    this.#start.setSuspended(false);
  }

  /**
   * Shows the view at another path, as setting `path` does: in the document that it has if it listens to `navigate`, else in a new one.
   * Resolves when the one has happened or the other has begun.
   *
   * @param path resolved against the view's entry.
   * @param options.replace the view's own history gets no entry more.
   */
  async navigate(path: string, { replace = false }: { replace?: boolean } = {}): Promise<void> {
    if (this.#start.controller === null) this.path = path;
    else await this.#start.controller.actions.navigate(path, replace);
  }

  /**
   * Shows the panel another way, in the same frame and document. `dialog` is a modal window above the page, `fullscreen` one as large as the page's
   * viewport. Resolves with how it is shown then: as it was, where the manifest does not offer that, or the element is not rendered.
   * It waits while a consent dialog is up.
   *
   * @throws TypeError for a mode that is none.
   */
  async requestDisplay(mode: DisplayMode): Promise<{ mode: DisplayMode }> {
    const { actions } = this.#start.controller ?? (await this.#start.code());
    return actions.requestDisplay(mode);
  }

  /**
   * Ends the panel if nothing speaks against it: the view (`beforeclose`), a listener of `partner-closerequest`, and, unless that answers,
   * what the view called dirty. Then the state is `closed`, until `reload()`. A view that says nothing for 5 seconds has nothing to say.
   *
   * @param options.reason told to the view and the listener. At most 256 characters.
   */
  async requestClose({ reason = "host" }: { reason?: string } = {}): Promise<{ closed: boolean }> {
    const { actions } = this.#start.controller ?? (await this.#start.code());
    return actions.requestClose(reason);
  }

  /** Whether something in the view would be lost, as the view says. */
  get dirty(): boolean {
    return this.#start.controller?.actions.isDirty ?? false;
  }

  /**
   * Puts the focus into the view, or on what stands in its place.
   *
   * @param options.edge on the view's first or last stop; where the view last had it if left out.
   */
  override focus({ edge, ...options }: FocusOptions & { edge?: "start" | "end" } = {}): void {
    const { controller } = this.#start;
    if (controller !== null) controller.actions.focus(edge, options);
    else this.renderRoot.querySelector<HTMLElement>("button")?.focus(options);
  }

  /** Asks the host's policy and plan again. The new grant holds when this returns; the view is told. */
  refreshPolicy(): void {
    this.#start.refresh();
  }

  /**
   * Ends what the user who is signed in has in this panel: the view forgets its token, its session and its frame end, and the panel says that
   * somebody must sign in. It begins anew by `reload()`, by its own button, and by `refreshPolicy()` or `configurePartners` once `user()`
   * tells of somebody. For every panel in every tab: `signOut()` of this package.
   */
  signOut(): void {
    this.#start.signOut();
  }

  /**
   * Records the user's yes to these scopes, which the page got in its own way: no dialog is shown. Policy and plan still decide
   * what of it is granted. Rejects with SESSION_CLOSED before the manifest is there.
   */
  async grantScopes(scopes: readonly string[]): Promise<ScopesAnswer> {
    const controller = this.#start.controller ?? (await this.#start.code());
    return controller.grantScopes(scopes);
  }

  /**
   * Takes the user's yes back, in every panel of this partner that is open, here and in other tabs. In this page the scopes are gone
   * when this returns its promise: no handler starts and no result leaves.
   *
   * @param scopes all that the view asks for if left out.
   */
  async revokeScopes(scopes?: readonly string[]): Promise<ScopesAnswer> {
    const controller = this.#start.controller ?? (await this.#start.code());
    return controller.revokeScopes(scopes);
  }

  /** Moved with `moveBefore`, which keeps the frame's document: then nothing begins anew. */
  connectedMoveCallback(): void {}

  override render(): TemplateResult {
    return panelTemplate(this.#start.look);
  }

  /** Before rendering, so that what begins here is in the very update that follows. */
  override willUpdate(changed: PropertyValues): void {
    this.#internals.role = "region";
    this.#internals.ariaLabel = this.label || null;
    this.#start.update(changed);
  }
}

function displayAttribute(mode: DisplayMode): string | null {
  return mode === "inline" ? null : mode;
}

/** An attribute that is not JSON is told when the panel begins, not thrown into the parser that set it. */
function contextFrom(text: string | null): unknown {
  if (text === null) return null;
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    return {
      toJSON() {
        throw new Failure("CONFIG_REFUSED", { message: "The context attribute is not JSON", cause });
      },
    };
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "partner-panel": PartnerPanel;
  }
}
