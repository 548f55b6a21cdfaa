import { visibleText } from "@partner-panel/manifest";
import { systemClock } from "@partner-panel/postmessage-rpc";
import type { PanelToast } from "@partner-panel/postmessage-rpc/panel";
import { html, type TemplateResult } from "lit";
import type { ActingPanel } from "../panel/acting.js";
import { toastStyles } from "./toast-styles.js";

/** As many are seen at a time, and as many may come within the time; more are dropped. */
const mostShown = 3;
const period = 10_000;
const mostInWindow = 5;
/** Milliseconds for which a toast is shown, and for each of its characters. */
const shownFor = 5_000;
const perCharacter = 40;

interface Toast {
  readonly text: string;
  readonly kind: string;
}

/** Short messages of a view over the lower edge of its panel. What is pressed there is the view's. */
export class PanelToasts {
  readonly #panel: ActingPanel;
  #toasts: Toast[] = [];
  #times: number[] = [];
  readonly #stops = new Set<() => void>();

  constructor(panel: ActingPanel) {
    this.#panel = panel;
    const root = panel.root();
    const sheet = toastStyles.styleSheet;
    if (sheet && !root.adoptedStyleSheets.includes(sheet))
      root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
  }

  get shown(): readonly TemplateResult[] {
    return this.#toasts.map(
      ({ text, kind }) => html`<p class="toast" part="toast" data-kind=${kind}><bdi>${text}</bdi></p>`,
    );
  }

  show({ message, kind = "info" }: PanelToast): void {
    const now = performance.now();
    this.#times = this.#times.filter((time) => now - time < period);
    if (this.#times.length >= mostInWindow) return;
    this.#times.push(now);
    const toast = { text: visibleText(message.trim().replace(/\s+/g, " "), 600), kind };
    this.#toasts = [...this.#toasts, toast].slice(-mostShown);
    this.#panel.onLook();
    const stop = systemClock.after(shownFor + perCharacter * toast.text.length, () => {
      this.#stops.delete(stop);
      this.#remove(toast);
    });
    this.#stops.add(stop);
  }

  clear(): void {
    for (const stop of this.#stops) stop();
    this.#stops.clear();
    this.#toasts = [];
  }

  #remove(toast: Toast): void {
    this.#toasts = this.#toasts.filter((each) => each !== toast);
    this.#panel.onLook();
  }
}
