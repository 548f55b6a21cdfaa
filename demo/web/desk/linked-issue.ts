import { html, nothing, type TemplateResult } from "lit";
import { LightElement } from "../shared/light-element.js";
import type { Desk } from "./app.js";
import { qaPaths } from "./qa-stories.js";
import { switchWords } from "./switches.js";

/** Trackwell's issue beside the ticket: the partner's own view, in a panel. */
class DeskLinkedIssue extends LightElement {
  static override properties = {
    desk: { attribute: false },
    ticketId: { attribute: false },
    qa: { attribute: false },
  };
  declare desk: Desk | null;
  declare ticketId: string;
  declare qa: string | null;

  #stop = () => {};

  constructor() {
    super();
    this.desk = null;
    this.ticketId = "";
    this.qa = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#watch();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  override firstUpdated(): void {
    this.#watch();
  }

  #watch(): void {
    this.#stop();
    this.#stop = this.desk?.partners.watch(() => this.requestUpdate()) ?? (() => {});
  }

  override render(): TemplateResult {
    if (!this.desk?.partners.isInstalled("trackwell")) {
      return html`<section id="not-installed" class="card">
        <h2>Linked issue</h2>
        <p class="quiet">A Trackwell issue is linked to this ticket, but Trackwell is not installed. <a href="/integrations">Integrations</a></p>
      </section>`;
    }
    const switched = switchWords(this.desk.partners.switches);
    const path = this.qa !== null && Object.hasOwn(qaPaths, this.qa) ? qaPaths[this.qa] : undefined;
    return html`
      <section class="linked-issue">
        <partner-panel
          id="linked-issue"
          partner="trackwell"
          view="issue"
          label="Linked issue"
          context=${JSON.stringify({ ticketId: this.ticketId })}
          path=${path ?? nothing}
        ></partner-panel>
      </section>
      ${switched ? html`<p id="switched" class="fine">For QA: ${switched}.</p>` : nothing}
      ${this.#beside()}
      <details id="permissions" class="card permissions">
        <summary>What partners may do</summary>
        <partner-grants></partner-grants>
        <p class="fine">Everything they did stands under <a href="/integrations">Integrations</a>.</p>
      </details>
    `;
  }

  /** For QA, `?beside=mallory`: a second partner on the same ticket. */
  #beside(): TemplateResult | typeof nothing {
    const isAsked = new URLSearchParams(location.search).get("beside") === "mallory";
    if (!isAsked || !this.desk?.partners.isInstalled("mallory")) return nothing;
    return html`<section class="linked-issue">
      <partner-panel id="beside" partner="mallory" view="attacks" label="Mallory, beside the linked issue" min-height="320"></partner-panel>
    </section>`;
  }
}

customElements.define("desk-linked-issue", DeskLinkedIssue);
