import type { DisplayMode } from "@partner-panel/postmessage-rpc/panel";
import type { TemplateResult } from "lit";
import { inTurn } from "../consent/consent.js";
import { PartnerDisplayRequestEvent } from "../events.js";
import type { ActingPanel } from "../panel/acting.js";
import { isFrameFocused } from "../panel/frame-focus.js";
import { fill } from "../strings.js";
import { PanelWindow, windowHeader } from "./panel-window.js";

interface DisplayListener {
  /** The user wants the window closed. */
  onClose(reason: "escape" | "close-button"): void;
  /** The panel is shown another way. */
  onMode(): void;
}

/**
 * How one panel is shown. `fullscreen` is as large as the page's viewport, and not the whole screen: what is drawn over the browser's own
 * controls could pretend to be them, and a partner's page could be made to look like any other.
 */
export class PanelDisplay {
  mode: DisplayMode = "inline";
  readonly #panel: ActingPanel;
  readonly #listener: DisplayListener;
  #window: PanelWindow | null = null;

  constructor(panel: ActingPanel, listener: DisplayListener) {
    this.#panel = panel;
    this.#listener = listener;
  }

  get header(): TemplateResult | null {
    if (this.mode === "inline") return null;
    const strings = this.#panel.strings();
    return windowHeader(this.#title, strings, () => this.#listener.onClose("close-button"));
  }

  /** What becomes of it when the view asks. */
  async asked(mode: DisplayMode): Promise<DisplayMode> {
    if (mode === this.mode || !this.#isOffered(mode)) return this.mode;
    const event = new PartnerDisplayRequestEvent(mode, this.mode);
    this.#panel.element.dispatchEvent(event);
    const decided = event.response?.catch(() => this.mode);
    if (decided !== undefined) return this.show(await decided);
    if (event.defaultPrevented) return this.mode;
    // Back into its place it may go by itself. Above the page only where a person called for it.
    return mode === "inline" || (await this.#panel.isCalledFor()) ? this.show(mode) : this.mode;
  }

  /** Shows it so, where that can be; resolves with how it is shown then. */
  async show(mode: DisplayMode): Promise<DisplayMode> {
    await this.#panel.element.updateComplete;
    if (mode === "inline" || !this.#isOffered(mode)) this.#window?.hide();
    // Not above a dialog that asks for consent: what lies over a question can give its buttons another meaning.
    else await inTurn(async () => this.#open(mode));
    this.#panel.element.display = this.mode;
    return this.mode;
  }

  /** The element leaves the document. */
  end(): void {
    this.#window?.hide();
  }

  #open(mode: "dialog" | "fullscreen"): void {
    if (!this.#panel.element.isConnected) return;
    this.#window ??= new PanelWindow({
      root: this.#panel.root(),
      frame: this.#panel.frame,
      isInFrame: () => isFrameFocused(this.#panel.root()),
      onClose: (reason) => this.#listener.onClose(reason),
      onClosed: () => this.#onMode("inline"),
    });
    if (this.#window.show(mode, this.#title)) this.#onMode(mode);
  }

  #onMode(mode: DisplayMode): void {
    if (mode === this.mode) return;
    this.mode = mode;
    const { element, onDisplay } = this.#panel;
    element.display = mode;
    onDisplay(mode);
    this.#listener.onMode();
  }

  #isOffered(mode: DisplayMode): boolean {
    return mode === "inline" || this.#panel.modes()?.includes(mode) !== false;
  }

  get #title(): string {
    return fill("{panel}", this.#panel.words());
  }
}
