import { html, nothing, type TemplateResult } from "lit";
import { LightElement } from "../shared/light-element.js";
import { mark } from "./icons.js";

/** The page before anybody is signed in. Fires `desk-sign-in`. */
class DeskSignIn extends LightElement {
  static override properties = { problem: { attribute: false }, leaving: { state: true } };
  declare problem: string | null;
  declare leaving: boolean;

  constructor() {
    super();
    this.problem = null;
    this.leaving = false;
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has("problem") && this.problem) this.leaving = false;
  }

  override render(): TemplateResult {
    return html`
      <main id="main" class="welcome">
        <div class="welcome-hills" aria-hidden="true"></div>
        <div class="welcome-card">
          <p class="brand">${mark}<span>Fernhill<b>Desk</b></span></p>
          <h1>Every customer, heard.</h1>
          <p>Your team's tickets, and what your partners know about them, on one page.</p>
          ${this.problem ? html`<p id="sign-in-problem" class="problem" role="alert">${this.problem}</p>` : nothing}
          <button id="sign-in" class="primary" ?disabled=${this.leaving} @click=${this.#leave}>
            ${this.leaving ? "Opening the sign-in page…" : "Sign in"}
          </button>
          <p class="fine">You sign in at Fernhill's own provider. Three agents are ready: Ada may change tickets, Ben may read them, and Cleo is new here.</p>
        </div>
      </main>
    `;
  }

  #leave(): void {
    this.leaving = true;
    this.dispatchEvent(new Event("desk-sign-in"));
  }
}

customElements.define("desk-sign-in", DeskSignIn);
