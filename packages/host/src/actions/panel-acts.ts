import { isRpcError } from "@partner-panel/postmessage-rpc";
import {
  type DisplayMode,
  isShortcut,
  type PanelKey,
  type PanelQuestion,
  type PanelToast,
  parseShortcut,
} from "@partner-panel/postmessage-rpc/panel";
import type { ActingLook, ActingPanel, ActingState, ViewWords } from "../panel/acting.js";
import type { LinkAnswer } from "./open-link.js";
import type { PanelDisplay } from "./panel-display.js";
import type { PanelQuestions } from "./panel-questions.js";
import type { PanelToasts } from "./panel-toasts.js";

/**
 * What {@link PanelActions} does, loaded when it is first to be done; and each kind of it when that is. `signal` aborts when the session ends in
 * which it was asked for.
 */
export class PanelActs {
  readonly #panel: ActingPanel;
  readonly #state: ActingState;
  readonly #onMode: () => void;
  #display: PanelDisplay | null = null;
  #displays: Promise<PanelDisplay> | null = null;
  #questions: PanelQuestions | null = null;
  #toasts: PanelToasts | null = null;
  #closing: Promise<boolean> | null = null;

  /** @param onMode the panel is shown another way. */
  constructor(panel: ActingPanel, state: ActingState, onMode: () => void) {
    this.#panel = panel;
    this.#state = state;
    this.#onMode = onMode;
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

  /** The session ended, or another began. */
  onSession(): void {
    this.#toasts?.clear();
  }

  /** The element leaves the document. */
  end(): void {
    this.#display?.end();
  }

  key(pressed: PanelKey): void {
    if (pressed.key === "Escape" && this.mode !== "inline") return this.#closeByUser("escape");
    const isWanted = this.#panel.shortcuts().some((text) => {
      const shortcut = parseShortcut(text);
      return shortcut !== null && isShortcut(shortcut, pressed);
    });
    if (!isWanted) return;
    const event = new KeyboardEvent("keydown", { ...pressed, bubbles: true, composed: true, cancelable: true });
    this.#panel.element.dispatchEvent(event);
  }

  async toast(toast: PanelToast, signal: AbortSignal): Promise<void> {
    const { PanelToasts } = await import("./panel-toasts.js");
    if (signal.aborted) return;
    this.#toasts ??= new PanelToasts(this.#panel);
    this.#toasts.show(toast);
  }

  /** The view asks to be shown another way. */
  async askDisplay(mode: DisplayMode): Promise<DisplayMode> {
    return (await this.#loadDisplay()).asked(mode);
  }

  async show(mode: DisplayMode): Promise<DisplayMode> {
    return (await this.#loadDisplay()).show(mode);
  }

  async openLink(url: string, signal: AbortSignal): Promise<LinkAnswer> {
    const { openLink } = await import("./open-link.js");
    return openLink(url, this.#panel, async (question) => (await this.#loadQuestions()).ask(question, signal));
  }

  async confirm(question: PanelQuestion, signal: AbortSignal): Promise<boolean> {
    return (await this.#loadQuestions()).confirm(question, signal);
  }

  async route(reported: string, signal: AbortSignal): Promise<void> {
    const { acceptRoute } = await import("./panel-route.js");
    if (signal.aborted) return;
    const previous = this.#state.path;
    const accepted = acceptRoute(reported, previous, this.#panel.element);
    if (accepted === null) return;
    // That is where it is, whatever the page says to it.
    this.#state.path = accepted.path;
    const isFollowed = await accepted.isFollowed;
    if (signal.aborted || this.#state.path !== accepted.path) return;
    if (isFollowed) this.#panel.element.path = accepted.path;
    else await this.goTo(previous, true, signal);
  }

  /** Has the view show this path, which the element has by now, in the document that it has or, where it makes nothing of it, in a new one. */
  async goTo(path: string, replace: boolean, signal: AbortSignal): Promise<void> {
    const { view } = this.#state;
    const to = this.#panel.pathOf(path);
    this.#state.path = to ?? "";
    const isHandled = to !== null && view !== null && (await isHandledBy(view, to, replace));
    // Whatever is shown by now, it began with the path as it is; and somebody may have gone on meanwhile.
    if (!isHandled && !signal.aborted && this.#state.path === (to ?? "")) this.#panel.begin();
  }

  /** Once at a time: who presses Escape twice asks the same. */
  mayClose(reason: string, isUser: boolean): Promise<boolean> {
    this.#closing ??= this.#askToClose(reason, isUser).finally(() => {
      this.#closing = null;
    });
    return this.#closing;
  }

  async #askToClose(reason: string, isUser: boolean): Promise<boolean> {
    const { signal, view } = this.#state;
    const { askToClose } = await import("./panel-close.js");
    return askToClose(this.#panel.element, {
      reason,
      view,
      signal,
      display: this.mode,
      isDirty: () => this.#state.isDirty,
      isAsking: () => this.#questions?.shown != null,
      // A page that closes a panel asks its user itself, in its own time and place.
      ask: async () => isUser && (await this.#loadQuestions()).close(signal),
    });
  }

  #closeByUser(reason: "escape" | "close-button"): void {
    void this.mayClose(reason, true).then((may) => {
      if (may) void this.show("inline");
    });
  }

  async #loadDisplay(): Promise<PanelDisplay> {
    this.#displays ??= import("./panel-display.js").then(({ PanelDisplay }) => {
      this.#display = new PanelDisplay(this.#panel, {
        onClose: (reason) => this.#closeByUser(reason),
        onMode: this.#onMode,
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
