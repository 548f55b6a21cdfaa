import { visibleText } from "@partner-panel/manifest";
import { RpcError, systemClock } from "@partner-panel/postmessage-rpc";
import type { PanelQuestion } from "@partner-panel/postmessage-rpc/panel";
import { html, nothing, type TemplateResult } from "lit";
import { FreshPress } from "../consent/fresh-press.js";
import type { ActingLook, ActingPanel } from "../panel/acting.js";
import { isFrameFocused } from "../panel/frame-focus.js";
import { fill, sentence } from "../strings.js";
import { questionStyles } from "./question-styles.js";

/** Lines of a view's words, 12 at most: what hides in them is shown, and they are lines still. */
function shownLines(text: string): string {
  const lines = text.trim().split(/\r?\n/, 12);
  return lines.map((line) => visibleText(line, 600)).join("\n");
}

/** As with consent. */
const mostRefusals = 3;

/** A question of the panel to its user. */
export interface AskedQuestion {
  /** With `{partner}` and `{panel}`. */
  readonly title: string;
  readonly message: string;
  /** Where it leads, to be seen whole. */
  readonly origin?: string | undefined;
  readonly confirm: string;
  readonly cancel: string;
  /** In the press that says yes. */
  readonly onConfirm?: (() => void) | undefined;
}

/**
 * What the panel asks its user, in its own words, in place of the view: the rest of the page goes on. One question at a time. It is no
 * modal dialog, for a view may ask as often as it likes, and takes the focus only where that was in the panel.
 */
export class PanelQuestions {
  readonly #panel: ActingPanel;
  #asked: { readonly question: AskedQuestion; readonly answer: (isYes: boolean) => void } | null = null;
  #press: FreshPress | null = null;
  /** How often in a row the user said No to the view of a session. */
  readonly #refusals = new WeakMap<AbortSignal, number>();

  constructor(panel: ActingPanel) {
    this.#panel = panel;
  }

  get shown(): ActingLook["question"] {
    if (this.#asked === null) return null;
    const { question } = this.#asked;
    const { title, message, origin } = question;
    const words = this.#panel.words();
    const spoken = `${fill(title, words)} ${origin ?? ""} ${message}`;
    return { template: this.#template(this.#asked), spoken };
  }

  /** For the view. After the third No in a row it is answered No by itself until the session ends, so that nobody begs for a yes. */
  async ask(question: AskedQuestion, signal: AbortSignal): Promise<boolean> {
    const refusals = this.#refusals.get(signal) ?? 0;
    if (refusals >= mostRefusals) return false;
    const isYes = await this.#ask(question, signal);
    this.#refusals.set(signal, isYes ? 0 : refusals + 1);
    return isYes;
  }

  /** Resolves with false for a No, for Escape, and when the session ends. */
  async #ask(question: AskedQuestion, signal: AbortSignal): Promise<boolean> {
    if (this.#asked !== null) throw new RpcError("BUSY", { message: "The user is being asked something else" });
    if (signal.aborted) return false;
    const root = this.#panel.root();
    const sheet = questionStyles.styleSheet;
    if (sheet && !root.adoptedStyleSheets.includes(sheet))
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
    const isInFrame = isFrameFocused(root);
    const isHere = isInFrame || root.activeElement !== null;
    const answered = new Promise<boolean>((resolve) => {
      this.#asked = { question, answer: resolve };
    });
    const onAbort = () => this.#asked?.answer(false);
    signal.addEventListener("abort", onAbort, { once: true });
    this.#panel.onLook();
    await this.#panel.element.updateComplete;
    const card = root.querySelector<HTMLElement>(".question");
    if (card !== null) {
      this.#press = new FreshPress(card, systemClock);
      this.#press.rearm();
      if (isHere) card.focus();
    }
    const isYes = await answered;
    signal.removeEventListener("abort", onAbort);
    const hadFocus = card?.matches(":focus-within") === true;
    this.#press?.stop();
    this.#press = null;
    this.#asked = null;
    this.#panel.onLook();
    await this.#panel.element.updateComplete;
    if (isInFrame && hadFocus) requestAnimationFrame(() => this.#panel.frame()?.focus({ preventScroll: true }));
    return isYes;
  }

  /** The view's own question, in its words and under the partner's name. */
  confirm({ message, confirmLabel, cancelLabel }: PanelQuestion, signal: AbortSignal): Promise<boolean> {
    const { confirmTitle, confirmYes, confirmNo } = this.#panel.strings();
    const question = {
      title: confirmTitle,
      message: shownLines(message),
      confirm: visibleText(confirmLabel?.trim() || confirmYes, 60),
      cancel: visibleText(cancelLabel?.trim() || confirmNo, 60),
    };
    return this.ask(question, signal);
  }

  /** Whether the panel's window may be closed although something is not saved. False where another question is up. */
  async close(signal: AbortSignal): Promise<boolean> {
    if (this.#asked !== null) return false;
    const { closeTitle, closeText, closeYes, closeNo } = this.#panel.strings();
    return this.#ask({ title: closeTitle, message: closeText, confirm: closeYes, cancel: closeNo }, signal);
  }

  #template({ question, answer }: { question: AskedQuestion; answer: (isYes: boolean) => void }): TemplateResult {
    const words = this.#panel.words();
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      // It is the question's, not its window's.
      event.preventDefault();
      event.stopPropagation();
      answer(false);
    };
    const onYes = (event: Event) => {
      if (this.#press?.isFresh(event) !== true) return;
      question.onConfirm?.();
      answer(true);
    };
    return html`<div class="cover question" part="question" role="alertdialog" tabindex="-1" aria-labelledby="question-title"
      aria-describedby="question-text" @keydown=${onKey}>
      <p class="title" id="question-title">${sentence(question.title, words)}</p>
      <div id="question-text">
        ${question.origin === undefined ? nothing : html`<p class="origin"><bdi dir="ltr">${question.origin}</bdi></p>`}
        <p class=${question.origin === undefined ? "message" : "address"}><bdi>${question.message}</bdi></p>
      </div>
      <div class="actions">
        <button type="button" part="question-cancel" @click=${() => answer(false)}>${question.cancel}</button>
        <button type="button" part="question-confirm" @click=${onYes}>${question.confirm}</button>
      </div>
    </div>`;
  }
}
