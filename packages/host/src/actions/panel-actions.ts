import {
  type DisplayMode,
  isDisplayMode,
  type PanelKey,
  type PanelQuestion,
  type PanelToast,
} from "@partner-panel/postmessage-rpc/panel";
import { PartnerActivityEvent, PartnerDirtyEvent } from "../events.js";
import { type ActingLook, type ActingPanel, type ActingState, nothingDone, type ViewWords } from "../panel/acting.js";
import type { LinkAnswer } from "./open-link.js";
import type { PanelActs } from "./panel-acts.js";

/** Milliseconds for which one sign of life stands. */
const activityPause = 5_000;

/**
 * What a panel does beyond showing its view: for the view, which asks for it over the bridge, and for the page, with the view's consent.
 * Most pages need none of it, so that only what has to be known all the time is here.
 */
export class PanelActions {
  readonly #panel: ActingPanel;
  #session = new AbortController();
  readonly #state: ActingState = { view: null, signal: this.#session.signal, isDirty: false, path: "" };
  /** How the view was told that it is shown. */
  #told: DisplayMode = "inline";
  #activeAt = Number.NEGATIVE_INFINITY;
  #acts: PanelActs | null = null;
  #loading: Promise<PanelActs> | null = null;

  constructor(panel: ActingPanel) {
    this.#panel = panel;
  }

  get isDirty(): boolean {
    return this.#state.isDirty;
  }

  get mode(): DisplayMode {
    return this.look.display;
  }

  get look(): ActingLook {
    return this.#acts?.look ?? nothingDone;
  }

  /** What a view is told of it as it connects. */
  welcome(): { display: DisplayMode; shortcuts: readonly string[] } {
    this.#told = this.mode;
    return { display: this.mode, shortcuts: this.#panel.shortcuts() };
  }

  /** A frame is about to show the element's path. */
  onBegin(): void {
    this.#state.path = this.#panel.pathOf(this.#panel.element.path) ?? "";
  }

  /** A session is open, or it is no more. */
  onSession(view: ViewWords | null): void {
    this.#session.abort();
    this.#session = new AbortController();
    Object.assign(this.#state, { view, signal: this.#session.signal });
    this.#acts?.onSession();
    this.onDirty(false);
    this.#tellDisplay();
  }

  onDisconnected(): void {
    this.#acts?.end();
  }

  onDirty(isDirty: boolean): void {
    if (isDirty === this.#state.isDirty) return;
    this.#state.isDirty = isDirty;
    this.#panel.element.dispatchEvent(new PartnerDirtyEvent(isDirty));
  }

  onActivity(): void {
    const now = performance.now();
    if (now - this.#activeAt < activityPause) return;
    this.#activeAt = now;
    this.#panel.element.dispatchEvent(new PartnerActivityEvent());
  }

  async onKey(pressed: PanelKey): Promise<void> {
    (await this.#load()).key(pressed);
  }

  async onToast(toast: PanelToast): Promise<void> {
    const { signal } = this.#state;
    await (await this.#load()).toast(toast, signal);
  }

  /** The view asks to be shown another way. */
  async onDisplay(mode: DisplayMode): Promise<{ mode: DisplayMode }> {
    return { mode: await (await this.#load()).askDisplay(mode) };
  }

  /** The element's `display` was set. What it does not know is taken for `inline`. */
  onDisplaySet(): void {
    const { display } = this.#panel.element;
    // Set because it is so: to do that once more, later, could open what is closed by then.
    if (display === this.mode) return;
    void this.requestDisplay(isDisplayMode(display) ? display : "inline");
  }

  /** The page wants it shown another way. */
  async requestDisplay(mode: DisplayMode): Promise<{ mode: DisplayMode }> {
    if (!isDisplayMode(mode)) throw new TypeError(`A panel cannot be shown as "${String(mode)}"`);
    if (mode === this.mode && this.#loading === null) return { mode };
    return { mode: await (await this.#load()).show(mode) };
  }

  async onOpenLink(url: string): Promise<LinkAnswer> {
    const { signal } = this.#state;
    return (await this.#load()).openLink(url, signal);
  }

  async onConfirm(question: PanelQuestion): Promise<{ confirmed: boolean }> {
    const { signal } = this.#state;
    return { confirmed: await (await this.#load()).confirm(question, signal) };
  }

  /** Ends the panel if nothing speaks against it. */
  async requestClose(reason: string): Promise<{ closed: boolean }> {
    const closed = await (await this.#load()).mayClose(reason, false);
    if (closed) this.#panel.close(reason);
    return { closed };
  }

  /** Puts the focus into the view, or on the first thing that stands in its place. */
  focus(edge: "start" | "end" | undefined, options: FocusOptions): void {
    const frame = this.#panel.frame();
    if (frame !== null && getComputedStyle(frame).visibility === "visible" && this.look.question === null) {
      frame.focus(options);
      // The frame first: a document without the focus may not give it to anything.
      if (edge !== undefined) this.#state.view?.focus({ edge });
    } else this.#panel.root().querySelector<HTMLElement>("button, a[href]")?.focus(options);
  }

  /** The view's own route is another. */
  async onRoute(path: string): Promise<void> {
    const { signal } = this.#state;
    await (await this.#load()).route(path, signal);
  }

  /** The element's `path` was set, while there is a frame. */
  onPath(): void {
    void this.navigate(this.#panel.element.path, false);
  }

  /** Has the view show this path, which becomes the element's. */
  async navigate(path: string, replace: boolean): Promise<void> {
    const { element, frame, pathOf } = this.#panel;
    const to = pathOf(path);
    const { path: from, signal } = this.#state;
    if (to !== null && to === from) return;
    this.#state.path = to ?? "";
    element.path = path;
    // Else it begins there, with the element's next update.
    if (frame() !== null) await (await this.#load()).goTo(path, replace, signal);
  }

  #load(): Promise<PanelActs> {
    this.#loading ??= import("./panel-acts.js").then(
      ({ PanelActs }) => {
        this.#acts = new PanelActs(this.#panel, this.#state, () => this.#tellDisplay());
        return this.#acts;
      },
      (error: unknown) => {
        this.#loading = null;
        throw error;
      },
    );
    return this.#loading;
  }

  #tellDisplay(): void {
    const { view } = this.#state;
    if (view === null || this.#told === this.mode) return;
    this.#told = this.mode;
    view.displayed({ mode: this.mode });
  }
}
