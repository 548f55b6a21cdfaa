import { css, html, type TemplateResult } from "lit";
import { isRendered, isRenderedIn } from "../panel/is-rendered.js";
import type { PanelStrings } from "../strings.js";
import { windowStyles } from "./window-styles.js";

interface WindowOptions {
  /** The panel's shadow root. */
  readonly root: ShadowRoot;
  readonly frame: () => HTMLIFrameElement | null;
  /** Whether the focus is in the frame. */
  readonly isInFrame: () => boolean;
  /** The user wants it closed. */
  readonly onClose: (reason: "escape" | "close-button") => void;
  /** It is open no more, whoever closed it. */
  readonly onClosed: () => void;
}

/*
 * A frame that is moved in the document loads anew. So the frame stays where it is, in `.content` of the panel's shadow root, and that has a shadow root of its
 * own, whose slot is put into a modal dialog and back: what is slotted there is shown above the page, and inert with the page no more, and its
 * place in the document is the same. While nothing was ever shown so there is neither dialog nor slot, and nothing that a screen reader
 * could take for a dialog.
 */

const slotStyles = css`
  dialog {
    box-sizing: border-box;
    display: none;
    flex-direction: column;
    inline-size: min(60rem, calc(100vw - 2rem));
    max-inline-size: none;
    max-block-size: calc(100dvh - 2rem);
    padding: 0;
    border: 0;
    background: none;
    color: inherit;
    overflow: visible;
    /* What the page's styles hand down to a panel, and the top layer does not stop. */
    pointer-events: auto;
    visibility: visible;
    -webkit-user-select: text;
    user-select: text;
    cursor: auto;
    text-align: start;
    text-indent: 0;
    text-transform: none;
    white-space: normal;
    letter-spacing: normal;
  }
  dialog[open] {
    display: flex;
  }
  dialog[data-mode="fullscreen"] {
    inline-size: 100vw;
    block-size: 100dvh;
    max-block-size: none;
    margin: 0;
  }
  dialog:focus {
    outline: none;
  }
  dialog::backdrop {
    background: none;
  }
  .backdrop {
    position: fixed;
    inset: 0;
    z-index: -1;
    background: rgb(12 16 26 / 0.55);
  }
  /* Over the backdrop and under all that is in the window: the page is seen neither through a badge nor between two parts that meet in
     the middle of a pixel. */
  .ground {
    position: absolute;
    inset: 0;
    z-index: -1;
    border-radius: 0.75rem;
    background: var(--_surface);
  }
  dialog[data-mode="fullscreen"] .ground {
    border-radius: 0;
  }
  @media (max-width: 40rem) {
    dialog {
      inline-size: calc(100vw - 1rem);
      max-block-size: calc(100dvh - 1rem);
    }
    dialog[data-mode="fullscreen"] {
      inline-size: 100vw;
      max-block-size: none;
    }
  }
`;

/** The window above the page in which a panel is shown, in the top layer, with everything else on the page inert. */
export class PanelWindow {
  readonly #options: WindowOptions;
  readonly #content: HTMLElement;
  readonly #slot: HTMLSlotElement;
  readonly #dialog: HTMLDialogElement;
  #opener: HTMLElement | null = null;
  /** Of what stops being rendered: a modal dialog that nobody can see would leave the page inert. */
  readonly #observer: ResizeObserver;

  constructor(options: WindowOptions) {
    this.#options = options;
    const content = options.root.querySelector<HTMLElement>(".content");
    if (content === null) throw new Error("The element has not rendered");
    this.#content = content;
    adopt(options.root, windowStyles.styleSheet);
    const root = content.shadowRoot ?? content.attachShadow({ mode: "open" });
    adopt(root, slotStyles.styleSheet);
    this.#slot = document.createElement("slot");
    this.#dialog = document.createElement("dialog");
    this.#dialog.setAttribute("part", "dialog");
    const backdrop = document.createElement("div");
    backdrop.className = "backdrop";
    backdrop.setAttribute("part", "backdrop");
    const ground = document.createElement("div");
    ground.className = "ground";
    this.#dialog.append(backdrop, ground);
    root.replaceChildren(this.#slot, this.#dialog);
    this.#dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      options.onClose("escape");
    });
    // A browser closes without asking where the user did nothing in between; and so does a page that closes every dialog it finds.
    // It is told in a task of its own, by when the dialog may be open anew.
    this.#dialog.addEventListener("close", () => {
      if (!this.isOpen) this.#restore();
    });
    // Before the browser makes something of it: what it would ask once, it does not ask twice.
    this.#dialog.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || event.defaultPrevented) return;
      event.preventDefault();
      options.onClose("escape");
    });
    this.#observer = new ResizeObserver(() => {
      if (this.isOpen && !isRendered(this.#dialog)) this.hide();
    });
  }

  get isOpen(): boolean {
    return this.#dialog.open;
  }

  /** False where the panel is not rendered. */
  show(mode: "dialog" | "fullscreen", label: string): boolean {
    this.#dialog.setAttribute("aria-label", label);
    this.#dialog.dataset["mode"] = mode;
    if (this.isOpen) return true;
    if (!isRenderedIn(this.#options.root)) return false;
    const isInFrame = this.#options.isInFrame();
    this.#opener = focused();
    // The place on the page stays as high as it is.
    this.#content.style.minBlockSize = `${this.#content.offsetHeight}px`;
    this.#dialog.append(this.#slot);
    this.#dialog.showModal();
    lockScroll();
    this.#observer.observe(this.#dialog);
    // Who was in the view stays there; everybody else begins at the top. Chromium would begin in the frame, where Escape is the view's until it
    // has heard that it is shown so.
    if (isInFrame) this.#focusFrame();
    else this.#dialog.focus({ preventScroll: true });
    return true;
  }

  hide(): void {
    if (this.isOpen) this.#dialog.close();
    this.#restore();
  }

  #restore(): void {
    if (this.#slot.parentNode !== this.#dialog) return;
    this.#observer.disconnect();
    (this.#content.shadowRoot as ShadowRoot).prepend(this.#slot);
    this.#content.style.minBlockSize = "";
    unlockScroll();
    this.#options.onClosed();
    const opener = this.#opener;
    this.#opener = null;
    // In the next frame: in Firefox what the dialog made inert is so for as long as that. Chromium leaves the focus in a frame that has it.
    requestAnimationFrame(() => {
      const now = focused();
      const isElsewhere = now !== null && now !== document.body && now.getRootNode() !== this.#options.root;
      if (!isElsewhere && opener?.isConnected) opener.focus({ preventScroll: true });
    });
  }

  #focusFrame(): void {
    const frame = this.#options.frame();
    frame?.focus({ preventScroll: true });
  }
}

/** The bar above the view in its window. */
export function windowHeader(title: string, strings: PanelStrings, onClose: () => void): TemplateResult {
  return html`<div class="header" part="header">
    <span class="name"><bdi>${title}</bdi></span>
    <button class="close" part="close-button" type="button" aria-label=${strings.close} title=${strings.close} @click=${onClose}>
      <svg viewBox="0 0 16 16" aria-hidden="true"><path d="M3 3l10 10M13 3L3 13" /></svg>
    </button>
  </div>`;
}

function adopt(root: ShadowRoot, sheet: CSSStyleSheet | undefined): void {
  if (sheet && !root.adoptedStyleSheets.includes(sheet)) root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}

/** What has the focus, inside of whatever shadow roots. */
function focused(): HTMLElement | null {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active as HTMLElement | null;
}

let locks = 0;
let unlocked = { overflow: "", gutter: "" };

/** The page behind a window stays where it is, and as wide. */
function lockScroll(): void {
  locks += 1;
  if (locks > 1) return;
  const { documentElement } = document;
  const { style } = documentElement;
  unlocked = { overflow: style.overflow, gutter: style.getPropertyValue("scrollbar-gutter") };
  if (window.innerWidth > documentElement.clientWidth) style.setProperty("scrollbar-gutter", "stable");
  style.overflow = "hidden";
}

function unlockScroll(): void {
  locks -= 1;
  if (locks > 0) return;
  const { style } = document.documentElement;
  style.overflow = unlocked.overflow;
  if (unlocked.gutter === "") style.removeProperty("scrollbar-gutter");
  else style.setProperty("scrollbar-gutter", unlocked.gutter);
}
