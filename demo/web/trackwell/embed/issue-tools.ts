import type { Panel } from "@partner-panel/partner";
import { html, nothing, svg, type TemplateResult } from "lit";
import type { desk } from "../../../desk-contract.js";
import { LightElement } from "../../shared/light-element.js";
import { told } from "./words.js";

/** What the host does for the view with the issue as a whole: a window for it, and its page at Trackwell in a new tab. */
class IssueTools extends LightElement {
  static override properties = {
    panel: { attribute: false },
    issueId: { attribute: false },
    display: { state: true },
    problem: { state: true },
  };
  declare panel: Panel<typeof desk> | null;
  declare issueId: string;
  /** How the panel is shown. */
  declare display: Panel["ui"]["display"];
  declare problem: string | null;
  #stop = () => {};

  constructor() {
    super();
    this.panel = null;
    this.issueId = "";
    this.display = "inline";
    this.problem = null;
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has("panel") || !this.panel) return;
    this.#stop();
    const { ui } = this.panel;
    this.display = ui.display;
    this.#stop = ui.onDisplay((display) => (this.display = display));
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  override render(): TemplateResult {
    const isInline = this.display === "inline";
    return html`
      <button id="expand" class="icon" aria-label=${isInline ? "Show in a larger window" : "Back beside the ticket"} @click=${() => this.#show(isInline ? "dialog" : "inline")}>
        ${icon(isInline ? "M9.500 2H14v4.500M14 2 9 7M6.500 14H2V9.500M2 14l5-5" : "M13.500 2.500 9.500 6.500M9.500 3v3.500H13M2.500 13.500l4-4M3 9.500h3.500V13")}
      </button>
      <button id="open-in-trackwell" class="icon" aria-label=${`Open ${this.issueId} in Trackwell`} @click=${this.#open}>
        ${icon("M6 3H3v10h10v-3M9 2.500h4.500V7M13.500 2.500 7.500 8.500")}
      </button>
      ${this.problem ? html`<span class="hidden" role="alert">${this.problem}</span>` : nothing}
    `;
  }

  #show(mode: Panel["ui"]["display"]): Promise<void> {
    return this.#ask(() => this.panel?.ui.requestDisplay(mode));
  }

  #open(): Promise<void> {
    return this.#ask(() => this.panel?.ui.openLink(new URL(`/issues/${this.issueId}`, location.origin)));
  }

  async #ask(run: () => Promise<unknown> | undefined): Promise<void> {
    try {
      this.problem = null;
      await run();
    } catch (error) {
      this.problem = told(error);
    }
  }
}

const icon = (path: string) =>
  html`<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">${svg`<path d=${path} />`}</svg>`;

customElements.define("trackwell-issue-tools", IssueTools);
