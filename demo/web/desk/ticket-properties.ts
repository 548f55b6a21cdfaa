import { html, nothing, type TemplateResult } from "lit";
import { live } from "lit/directives/live.js";
import { label, moment } from "../shared/format.js";
import { inWords } from "../shared/http.js";
import { LightElement } from "../shared/light-element.js";
import { priorities, statuses, type Ticket, type TicketPatch } from "./api.js";
import type { Desk } from "./app.js";
import { priorityIcon } from "./icons.js";

/** What a ticket is, and, for agents with the right to it, the controls that change it. */
class DeskTicketProperties extends LightElement {
  static override properties = {
    desk: { attribute: false },
    ticket: { attribute: false },
    saving: { state: true },
    problem: { state: true },
  };
  declare desk: Desk | null;
  declare ticket: Ticket | null;
  declare saving: boolean;
  declare problem: string | null;

  constructor() {
    super();
    this.desk = null;
    this.ticket = null;
    this.saving = false;
    this.problem = null;
  }

  override render(): TemplateResult {
    const { ticket } = this;
    const mayWrite = this.desk?.agent.rights.includes("ticket:write") ?? false;
    const locked = !ticket || ticket.locked || !mayWrite;
    return html`
      <section class="card properties" aria-labelledby="properties-title">
        <h2 id="properties-title">Ticket</h2>
        <div class="property">
          <label for="ticket-status">Status</label>
          ${this.#select("ticket-status", "status", statuses, ticket?.status, locked)}
        </div>
        <div class="property">
          <label for="ticket-priority">Priority</label>
          <span class="with-icon">
            ${priorityIcon(ticket?.priority ?? "low")}
            ${this.#select("ticket-priority", "priority", priorities, ticket?.priority, locked)}
          </span>
        </div>
        <div class="property">
          <span>Assignee</span><span id="ticket-assignee">${ticket ? (ticket.assignee ? label(ticket.assignee) : "Nobody") : " "}</span>
        </div>
        <div class="property">
          <span>Updated</span><span id="ticket-updated">${ticket ? moment(ticket.updatedAt) : " "}</span>
        </div>
        ${mayWrite ? nothing : html`<p id="read-only-note" class="fine">You may read tickets but not change them.</p>`}
        ${this.problem ? html`<p id="ticket-problem" class="problem" role="alert">${this.problem}</p>` : nothing}
      </section>
    `;
  }

  #select<Name extends "status" | "priority">(
    id: string,
    name: Name,
    values: readonly Ticket[Name][],
    value: Ticket[Name] | undefined,
    locked: boolean,
  ): TemplateResult {
    // `live`: the select shows what the person picked before the ticket agrees, and must fall back if it does not.
    return html`<select id=${id} .value=${live(value ?? "")} ?disabled=${locked || this.saving}
      @change=${(event: Event) => this.#save({ [name]: (event.target as HTMLSelectElement).value })}>
      ${values.map((option) => html`<option value=${option} ?selected=${option === value}>${label(option)}</option>`)}
    </select>`;
  }

  async #save(patch: TicketPatch): Promise<void> {
    const { desk, ticket } = this;
    if (!desk || !ticket) return;
    this.saving = true;
    this.problem = null;
    try {
      const saved = await desk.api.update(ticket.id, patch);
      desk.live.tell(saved);
      desk.notify("Ticket saved");
    } catch (error) {
      this.problem = inWords(error);
    } finally {
      this.saving = false;
      await this.updateComplete;
    }
  }
}

customElements.define("desk-ticket-properties", DeskTicketProperties);
