import { isRpcError } from "@partner-panel/postmessage-rpc";
import {
  type DisplayMode,
  isDisplayMode,
  isShortcut,
  type PanelKey,
  type PanelQuestion,
  type PanelToast,
  parseShortcut,
} from "@partner-panel/postmessage-rpc/panel";
import type { ActingLook, ActingPanel, ViewWords } from "./acting.js";
import { PartnerActivityEvent, PartnerDirtyEvent } from "./events.js";
import type { LinkAnswer } from "./open-link.js";
import type { PanelDisplay } from "./panel-display.js";
import type { PanelQuestions } from "./panel-questions.js";
import type { PanelToasts } from "./panel-toasts.js";

/** Milliseconds for which one sign of life stands. */
const activityPause = 5_000;

/**
 * What a panel does beyond showing its view: for the view, which asks for it over the bridge, and for the page, with the view's consent.
 * What most pages never need is loaded when it is first asked for.
 */
export class PanelActions {
  readonly #panel: ActingPanel;
  #view: ViewWords | null = null;
  /** How the view was told that it is shown. */
  #told: DisplayMode = "inline";
  /** Ends what is asked and shown for one session. */
  #session = new AbortController();
  #isDirty = false;
  #activeAt = Number.NEGATIVE_INFINITY;
  #display: PanelDisplay | null = null;
  #displays: Promise<PanelDisplay> | null = null;
  #questions: PanelQuestions | null = null;
  #toasts: PanelToasts | null = null;
  #closing: Promise<boolean> | null = null;
  /** Where the view is, on its origin, as far as that is known: where it began, was sent since, or reported to be. */
  #path = "";

  constructor(panel: ActingPanel) {
    this.#panel = panel;
  }

  get isDirty(): boolean {
    return this.#isDirty;
  }

  get mode(): DisplayMode {
    return this.#display?.mode ?? "inline";
  }

  get look(): ActingLook {
    return {
      display: this.mode,
      header: this.#display?.header ?? null,
      question: this.#questions?.shown ?? null,
      toasts: this.#toasts?.shown ?? [],
    };
  }

  /** What a view is told of it as it connects. */
  welcome(): { display: DisplayMode; shortcuts: readonly string[] } {
    this.#told = this.mode;
    return { display: this.mode, shortcuts: this.#panel.shortcuts() };
  }

  /** A frame is about to show the element's path. */
  onBegin(): void {
    this.#path = this.#panel.pathOf(this.#panel.element.path) ?? "";
  }

  /** A session is open, or it is no more. */
  onSession(view: ViewWords | null): void {
    this.#session.abort();
    this.#session = new AbortController();
    this.#view = view;
    this.#toasts?.clear();
    this.onDirty(false);
    this.#tellDisplay();
  }

  onDisconnected(): void {
    this.#display?.end();
  }

  onDirty(isDirty: boolean): void {
    if (isDirty === this.#isDirty) return;
    this.#isDirty = isDirty;
    this.#panel.element.dispatchEvent(new PartnerDirtyEvent(isDirty));
  }

  onActivity(): void {
    const now = performance.now();
    if (now - this.#activeAt < activityPause) return;
    this.#activeAt = now;
    this.#panel.element.dispatchEvent(new PartnerActivityEvent());
  }

  onKey(pressed: PanelKey): void {
    if (pressed.key === "Escape" && this.mode !== "inline") return this.#closeByUser("escape");
    const isWanted = this.#panel.shortcuts().some((text) => {
      const shortcut = parseShortcut(text);
      return shortcut !== null && isShortcut(shortcut, pressed);
    });
    if (!isWanted) return;
    const event = new KeyboardEvent("keydown", { ...pressed, bubbles: true, composed: true, cancelable: true });
    this.#panel.element.dispatchEvent(event);
  }

  async onToast(toast: PanelToast): Promise<void> {
    const { signal } = this.#session;
    const { PanelToasts } = await import("./panel-toasts.js");
    if (signal.aborted) return;
    this.#toasts ??= new PanelToasts(this.#panel);
    this.#toasts.show(toast);
  }

  /** The view asks to be shown another way. */
  async onDisplay(mode: DisplayMode): Promise<{ mode: DisplayMode }> {
    const display = await this.#loadDisplay();
    return { mode: await display.asked(mode) };
  }

  /** The element's `display` was set. What it does not know is taken for `inline`. */
  onDisplaySet(): void {
    const { display } = this.#panel.element;
    void this.requestDisplay(isDisplayMode(display) ? display : "inline");
  }

  /** The page wants it shown another way. */
  async requestDisplay(mode: DisplayMode): Promise<{ mode: DisplayMode }> {
    if (!isDisplayMode(mode)) throw new TypeError(`A panel cannot be shown as "${String(mode)}"`);
    if (mode === this.mode && this.#displays === null) return { mode };
    return { mode: await (await this.#loadDisplay()).show(mode) };
  }

  async onOpenLink(url: string): Promise<LinkAnswer> {
    const { signal } = this.#session;
    const { openLink } = await import("./open-link.js");
    return openLink(url, this.#panel, async (question) => (await this.#loadQuestions()).ask(question, signal));
  }

  async onConfirm(question: PanelQuestion): Promise<{ confirmed: boolean }> {
    const { signal } = this.#session;
    const questions = await this.#loadQuestions();
    return { confirmed: await questions.confirm(question, signal) };
  }

  /** Ends the panel if nothing speaks against it. */
  async requestClose(reason: string): Promise<{ closed: boolean }> {
    const closed = await this.#mayClose(reason, false);
    if (closed) this.#panel.close(reason);
    return { closed };
  }

  /** Puts the focus into the view, or on the first thing that stands in its place. */
  focus(edge: "start" | "end" | undefined, options: FocusOptions): void {
    const root = this.#panel.root();
    const frame = this.#panel.frame();
    if (frame !== null && getComputedStyle(frame).visibility === "visible" && this.#questions?.shown == null) {
      frame.focus(options);
      // The frame first: a document without the focus may not give it to anything.
      if (edge !== undefined) this.#view?.focus({ edge });
    } else root.querySelector<HTMLElement>("button, a[href]")?.focus(options);
  }

  /** The view's own route is another. */
  async onRoute(path: string): Promise<void> {
    const { signal } = this.#session;
    const { acceptRoute } = await import("./panel-route.js");
    if (signal.aborted) return;
    const previous = this.#path;
    const accepted = acceptRoute(path, previous, this.#panel.element);
    if (accepted === null) return;
    // That is where it is, whatever the page says to it.
    this.#path = accepted.path;
    const isFollowed = await accepted.isFollowed;
    if (signal.aborted || this.#path !== accepted.path) return;
    if (isFollowed) this.#panel.element.path = accepted.path;
    else await this.navigate(previous, true);
  }

  /** The element's `path` was set: has the view show it, in the document that it has or, where it makes nothing of it, in a new one. */
  onPath(): void {
    const { path } = this.#panel.element;
    if (this.#panel.pathOf(path) !== this.#path) void this.navigate(path, false);
  }

  /** The same for a path that is not set yet. */
  async navigate(path: string, replace: boolean): Promise<void> {
    const to = this.#panel.pathOf(path);
    if (to === this.#path && to !== null) return;
    this.#path = to ?? "";
    this.#panel.element.path = path;
    const { signal } = this.#session;
    const isHandled = to !== null && this.#view !== null && (await isHandledBy(this.#view, to, replace));
    // Whatever is shown by now, it began with the path as it is; and somebody may have gone on meanwhile.
    if (!isHandled && !signal.aborted && this.#path === (to ?? "")) this.#panel.begin();
  }

  #closeByUser(reason: "escape" | "close-button"): void {
    void this.#mayClose(reason, true).then((may) => {
      if (may) void this.requestDisplay("inline");
    });
  }

  /** Once at a time: who presses Escape twice asks the same. */
  #mayClose(reason: string, isUser: boolean): Promise<boolean> {
    this.#closing ??= this.#askToClose(reason, isUser).finally(() => {
      this.#closing = null;
    });
    return this.#closing;
  }

  async #askToClose(reason: string, isUser: boolean): Promise<boolean> {
    const { signal } = this.#session;
    const { askToClose } = await import("./panel-close.js");
    return askToClose(this.#panel.element, {
      reason,
      view: this.#view,
      signal,
      display: this.mode,
      isDirty: () => this.#isDirty,
      isAsking: () => this.#questions?.shown != null,
      // A page that closes a panel asks its user itself, in its own time and place.
      ask: async () => isUser && (await this.#loadQuestions()).close(signal),
    });
  }

  async #loadDisplay(): Promise<PanelDisplay> {
    this.#displays ??= import("./panel-display.js").then(({ PanelDisplay }) => {
      this.#display = new PanelDisplay(this.#panel, {
        onClose: (reason) => this.#closeByUser(reason),
        onMode: () => this.#tellDisplay(),
      });
      return this.#display;
    });
    return this.#displays;
  }

  async #loadQuestions(): Promise<PanelQuestions> {
    const { PanelQuestions } = await import("./panel-questions.js");
    this.#questions ??= new PanelQuestions(this.#panel);
    return this.#questions;
  }

  #tellDisplay(): void {
    if (this.#view === null || this.#told === this.mode) return;
    this.#told = this.mode;
    this.#view.displayed({ mode: this.mode });
  }
}

/** A view of an older kind does not know the word, and one that is stuck says nothing. */
async function isHandledBy(view: ViewWords, path: string, replace: boolean): Promise<boolean> {
  try {
    return (await view.navigate({ path, replace })).handled;
  } catch (error) {
    if (isRpcError(error)) return false;
    throw error;
  }
}
