import { systemClock } from "@partner-panel/postmessage-rpc";
import { isFrameFocused } from "../panel/frame-focus.js";
import type { PanelStrings } from "../strings.js";
import type { Asker } from "./ask-user.js";
import type { ConsentAnswer, ConsentAsk } from "./consent.js";

/** Milliseconds by which the focus may come after the words of a view that was pressed. */
const focusDelay = 100;

/** What asking needs of its panel, as it is by then. */
interface AskingPanel {
  readonly element: HTMLElement;
  readonly root: () => ShadowRoot;
  readonly strings: () => PanelStrings;
  readonly colorScheme: () => "light" | "dark";
  readonly frame: () => HTMLIFrameElement | null;
  /** The badge came or went. */
  readonly onBadge: () => void;
}

/** How one panel asks its user: whether anybody called for the question, the badge that stands for it, and the focus after it. */
export class PanelAsking {
  readonly #panel: AskingPanel;
  #waiting: { readonly ask: ConsentAsk; readonly press: () => void } | null = null;

  constructor(panel: AskingPanel) {
    this.#panel = panel;
  }

  /** The question that a badge stands for. */
  get badge(): ConsentAsk | null {
    return this.#waiting?.ask ?? null;
  }

  /** The badge was pressed. */
  press(): void {
    this.#waiting?.press();
  }

  /** The view asks: where the user called for that, the question that waits behind the badge comes to the front. */
  onRequest(): void {
    if (this.#isCalledFor) this.press();
  }

  async ask(ask: ConsentAsk, signal: AbortSignal, isOpening: boolean): Promise<ConsentAnswer> {
    const { askUser } = await import("./ask-user.js");
    // The panel may be gone by then.
    if (signal.aborted) return "unanswered";
    const { element, root, strings, colorScheme, frame } = this.#panel;
    const asker: Asker = {
      element,
      root: root(),
      strings: strings(),
      colorScheme: colorScheme(),
      // In the next frame: in Firefox what the dialog made inert is so for as long as that.
      refocus: () =>
        void requestAnimationFrame(() => {
          const { activeElement } = document;
          if (activeElement === null || activeElement === document.body) frame()?.focus({ preventScroll: true });
        }),
      isCalledFor: () => this.calledFor(),
      badge: (about, until) => this.#showBadge(about, until),
    };
    return askUser(asker, ask, signal, isOpening);
  }

  async #showBadge(ask: ConsentAsk, signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#waiting = { ask, press: resolve };
      this.#panel.onBadge();
      signal.addEventListener("abort", () => resolve(), { once: true });
      if (signal.aborted) resolve();
    });
    this.#waiting = null;
    this.#panel.onBadge();
  }

  /**
   * Whether a person has just pressed something in this panel. Of a press in the frame the page learns in two ways, by the focus and by what the view then says, and either may come
   * first.
   */
  async calledFor(): Promise<boolean> {
    if (!this.#isCalledFor) await new Promise<void>((resolve) => systemClock.after(focusDelay, resolve));
    return this.#isCalledFor;
  }

  /** A courtesy and no boundary: a click in any panel activates the whole page. */
  get #isCalledFor(): boolean {
    const root = this.#panel.root();
    const isHere = root.activeElement !== null || isFrameFocused(root);
    return isHere && (navigator.userActivation?.isActive ?? true);
  }
}
