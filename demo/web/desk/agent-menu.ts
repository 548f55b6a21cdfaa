import { html, nothing, type TemplateResult } from "lit";
import { initials } from "../shared/format.js";
import { LightElement } from "../shared/light-element.js";
import type { Desk } from "./app.js";

/** Who is signed in, and what they can do about it. Fires `desk-sign-out` and `desk-reset`. */
class DeskAgentMenu extends LightElement {
  static override properties = { desk: { attribute: false } };
  declare desk: Desk | null;

  constructor() {
    super();
    this.desk = null;
  }

  override render(): TemplateResult | typeof nothing {
    if (!this.desk) return nothing;
    const { agent } = this.desk;
    const may = agent.rights.includes("ticket:write") ? "May read and change tickets" : "May read tickets";
    return html`
      <button id="agent-menu-button" popovertarget="agent-menu" aria-haspopup="dialog">
        <span class="avatar" aria-hidden="true">${initials(agent.name)}</span>
        <span class="agent-name">${agent.name}</span>
      </button>
      <div id="agent-menu" popover="auto" role="dialog" aria-label="Your account">
        <p class="agent-card"><b>${agent.name}</b><span>${agent.email}</span><span class="fine">${may}</span></p>
        <button id="reset-demo" @click=${() => this.dispatchEvent(new Event("desk-reset"))}>Reset demo data</button>
        <button id="sign-out" @click=${() => this.dispatchEvent(new Event("desk-sign-out"))}>Sign out</button>
      </div>
    `;
  }
}

customElements.define("desk-agent-menu", DeskAgentMenu);
