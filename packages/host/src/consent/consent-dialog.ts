import { type Clock, systemClock } from "@partner-panel/postmessage-rpc";
import { html, nothing, render, type TemplateResult } from "lit";
import { isRendered, isRenderedIn } from "../panel/is-rendered.js";
import { type PanelStrings, sentence } from "../strings.js";
import type { AskedScope, ConsentAsk } from "./consent.js";
import { consentStyles } from "./consent-styles.js";
import { FreshPress } from "./fresh-press.js";

export interface ConsentDialogOptions {
  /** The panel's shadow root, which holds the dialog while it is up. */
  readonly root: ShadowRoot;
  readonly ask: ConsentAsk;
  readonly strings: PanelStrings;
  readonly colorScheme: "light" | "dark";
  /** Aborting it takes the dialog away. */
  readonly signal: AbortSignal;
  readonly clock?: Clock | undefined;
}

/**
 * Asks the user in one modal dialog in the top layer, where nothing on the page can be laid over it, and everything else,
 * every frame included, is inert meanwhile. Resolves with `"dismissed"`, which is neither a yes nor a No, when it is closed by
 * Escape or the signal, when something goes fullscreen above it, or when the focus goes into a frame: a frame can pull the focus out
 * of a modal dialog without a gesture, and what is typed then would be the frame's. So it is where the panel is not rendered, or no
 * longer: a dialog that nobody can see would leave the page inert.
 */
export function showConsentDialog(options: ConsentDialogOptions): Promise<"allow" | "deny" | "dismissed"> {
  const { root, ask, strings, signal, clock = systemClock } = options;
  return new Promise((resolve) => {
    if (signal.aborted || !isRenderedIn(root)) return resolve("dismissed");
    const dialog = document.createElement("dialog");
    dialog.setAttribute("part", "consent");
    // A click beside the buttons must not take the focus out of it.
    dialog.tabIndex = -1;
    dialog.setAttribute("aria-labelledby", "consent-title");
    dialog.setAttribute("aria-describedby", "consent-who");
    dialog.style.colorScheme = options.colorScheme;
    const sheet = consentStyles.styleSheet;
    if (sheet && !root.adoptedStyleSheets.includes(sheet))
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];

    const press = new FreshPress(dialog, clock);
    const end = (answer: "allow" | "deny" | "dismissed") => {
      press.stop();
      for (const observer of observers) observer.disconnect();
      window.removeEventListener("blur", onBlur);
      document.removeEventListener("fullscreenchange", onFullscreen);
      signal.removeEventListener("abort", onAbort);
      // Closing gives the focus back to what had it, which removing alone does not. Not where the user has taken it elsewhere.
      if (dialog.matches(":focus-within")) dialog.close();
      dialog.remove();
      resolve(answer);
    };
    const onAbort = () => end("dismissed");
    // When another window gets the focus, what had it here stays the active element. When a frame reaches for it the dialog loses it,
    // whether the document has it still, for its frame does (Chromium, WebKit), or the frame was refused it as inert (Firefox).
    const onBlur = () =>
      document.hasFocus() || !dialog.contains(root.activeElement) ? end("dismissed") : press.rearm();
    // What goes fullscreen later than the dialog came lies above it in the top layer.
    const onFullscreen = () => {
      if (document.fullscreenElement !== null) end("dismissed");
    };
    const onLayout = () => {
      if (!isRendered(dialog)) end("dismissed");
    };
    // What stops being rendered has no size any more; in a closed `<details>` it keeps its size and is only seen no more.
    const observers = [new ResizeObserver(onLayout), new IntersectionObserver(onLayout)];
    const answer = (event: MouseEvent) => {
      const button = event.currentTarget as HTMLButtonElement;
      if (press.isFresh(event)) end(button.value === "allow" ? "allow" : "deny");
    };

    render(content(ask, strings, answer), dialog);
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      end("dismissed");
    });
    // A browser may close without asking (Escape twice); the dialog is gone then, and so is the question.
    dialog.addEventListener("close", () => end("dismissed"), { once: true });
    window.addEventListener("blur", onBlur);
    document.addEventListener("fullscreenchange", onFullscreen);
    signal.addEventListener("abort", onAbort, { once: true });
    // First in the tree, so that its slot `consent` gets what the page put there, and not the one that waits below.
    root.prepend(dialog);
    dialog.showModal();
    const body = dialog.querySelector<HTMLElement>(".consent-body");
    // What must be scrolled to be read must be reachable by keyboard, again and again.
    if (body !== null && body.scrollHeight > body.clientHeight) body.tabIndex = 0;
    dialog.addEventListener("keydown", (event) => goRound(event, dialog, root));
    press.rearm();
    for (const observer of observers) observer.observe(dialog);
  });
}

/**
 * Tab goes round in the dialog. From its last stop browsers go on to their own toolbar, which looks from here as if a frame had reached for
 * the focus: whoever only looked for the first button again would lose the question.
 */
function goRound(event: KeyboardEvent, dialog: HTMLDialogElement, root: ShadowRoot): void {
  if (event.key !== "Tab" || event.altKey || event.ctrlKey || event.metaKey) return;
  const body = dialog.querySelector<HTMLElement>(".consent-body");
  const [first, last] = dialog.querySelectorAll("button");
  const now = root.activeElement;
  // What the page put into the slot has stops of its own, which come before the buttons.
  const isBefore = body?.tabIndex === 0 || (dialog.querySelector("slot")?.assignedElements().length ?? 0) > 0;
  const isFirst = now === dialog || now === body || (now === first && !isBefore);
  const next = event.shiftKey ? isFirst && last : now === last && (isBefore ? body : first);
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function content(ask: ConsentAsk, strings: PanelStrings, answer: (event: MouseEvent) => void): TemplateResult {
  const words = { partner: ask.partner, panel: ask.panel };
  return html`
    <div class="consent-body" tabindex="-1" autofocus>
      <h2 id="consent-title">${sentence(strings.consentTitle, words)}</h2>
      <p id="consent-who"><bdi dir="ltr">${ask.origin}</bdi></p>
      <slot name="consent">
        <p class="consent-intro">${strings.consentIntro}</p>
        <ul class="consent-scopes">
          ${ask.scopes.map((scope) => item(scope, strings))}
        </ul>
        ${ask.remembered ? html`<p class="consent-note">${strings.consentNote}</p>` : nothing}
      </slot>
    </div>
    <div class="consent-actions">
      <button part="consent-deny" class="consent-deny" type="button" value="deny" @click=${answer}>
        ${strings.consentDeny}
      </button>
      <button part="consent-allow" class="consent-allow" type="button" value="allow" @click=${answer}>
        ${strings.consentAllow}
      </button>
    </div>
  `;
}

function item({ title, reason, required }: AskedScope, strings: PanelStrings): TemplateResult {
  return html`
    <li>
      <bdi class="consent-title">${title}</bdi>
      ${required ? nothing : html`<span class="consent-optional">${strings.consentOptional}</span>`}
      ${reason === null ? nothing : html`<span class="consent-reason"><bdi>${reason}</bdi></span>`}
    </li>
  `;
}
