import { html, type TemplateResult } from "lit";
import { LightElement } from "../shared/light-element.js";
import type { Desk } from "./app.js";

/** A partner that means harm, in a panel like any other. */
class DeskMalloryPage extends LightElement {
  static override properties = { desk: { attribute: false } };
  declare desk: Desk | null;

  constructor() {
    super();
    this.desk = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.title = "Mallory · Fernhill Desk";
  }

  override render(): TemplateResult {
    return html`
      <section class="prose-page">
        <h1>A partner that means harm</h1>
        <p class="lede">
          Mallory is registered like any partner and framed like any partner. Its view tries what a panel must not let
          through and lists what it got. Every line should say “nothing”.
        </p>
        <div class="framed"><partner-panel id="mallory-panel" partner="mallory" view="attacks" label="Mallory's attacks" min-height="320" max-height="1400"></partner-panel></div>
      </section>
    `;
  }
}

customElements.define("desk-mallory-page", DeskMalloryPage);
