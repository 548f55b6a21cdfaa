import { html, nothing, type TemplateResult } from "lit";
import { LightElement } from "../shared/light-element.js";
import { qaPaths } from "./qa-stories.js";

/** Trackwell's issue beside the ticket: the partner's own view, in a panel. */
class DeskLinkedIssue extends LightElement {
  static override properties = { ticketId: { attribute: false }, qa: { attribute: false } };
  declare ticketId: string;
  declare qa: string | null;

  constructor() {
    super();
    this.ticketId = "";
    this.qa = null;
  }

  override render(): TemplateResult {
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
    `;
  }
}

customElements.define("desk-linked-issue", DeskLinkedIssue);
