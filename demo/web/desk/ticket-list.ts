import { html, nothing, type TemplateResult } from "lit";
import { label, moment } from "../shared/format.js";
import { inWords } from "../shared/http.js";
import { LightElement } from "../shared/light-element.js";
import { type Priority, priorities, type Status, statuses, type Ticket } from "./api.js";
import type { Desk } from "./app.js";
import { priorityIcon, search } from "./icons.js";

/** All tickets, by what the agent wants to see of them. */
class DeskTicketList extends LightElement {
  static override properties = {
    desk: { attribute: false },
    tickets: { state: true },
    problem: { state: true },
    status: { state: true },
    priority: { state: true },
    words: { state: true },
  };
  declare desk: Desk | null;
  declare tickets: Ticket[] | null;
  declare problem: string | null;
  declare status: Status | "all";
  declare priority: Priority | "all";
  declare words: string;
  readonly #onVisible = () => {
    if (document.visibilityState === "visible") void this.#load();
  };

  constructor() {
    super();
    this.desk = null;
    this.tickets = null;
    this.problem = null;
    this.status = "all";
    this.priority = "all";
    this.words = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.title = "Tickets · Fernhill Desk";
    document.addEventListener("visibilitychange", this.#onVisible);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    document.removeEventListener("visibilitychange", this.#onVisible);
  }

  override firstUpdated(): void {
    void this.#load();
  }

  async #load(): Promise<void> {
    try {
      this.tickets = (await this.desk?.api.tickets()) ?? null;
      this.problem = null;
    } catch (error) {
      this.problem = inWords(error);
    }
  }

  override render(): TemplateResult {
    const shown = this.#shown();
    return html`
      <section class="list-page">
        <div class="page-head">
          <h1>Tickets</h1>
          <p id="ticket-count" class="quiet" role="status">${this.tickets ? `${shown.length} of ${this.tickets.length}` : " "}</p>
        </div>
        <div class="filters" role="search" aria-label="Filter tickets">
          <div class="segments" role="group" aria-label="Status">${(["all", ...statuses] as const).map((status) => this.#segment(status))}</div>
          <label class="search" for="filter-words">
            <span class="hidden">Search tickets</span>${search}
            <input id="filter-words" type="search" placeholder="Search subject, person or number" autocomplete="off"
              .value=${this.words} @input=${(event: InputEvent) => (this.words = (event.target as HTMLInputElement).value)} />
          </label>
          <label class="field-inline" for="filter-priority">
            Priority
            <select id="filter-priority" @change=${(event: Event) => (this.priority = (event.target as HTMLSelectElement).value as Priority)}>
              <option value="all">Any</option>
              ${priorities.map((priority) => html`<option value=${priority}>${label(priority)}</option>`)}
            </select>
          </label>
        </div>
        ${this.problem ? html`<p class="problem" role="alert">${this.problem} <button @click=${() => this.#load()}>Try again</button></p>` : nothing}
        ${this.tickets || !this.problem ? this.#table(shown) : nothing}
      </section>
    `;
  }

  #segment(status: Status | "all"): TemplateResult {
    const count = this.tickets?.filter((ticket) => status === "all" || ticket.status === status).length;
    return html`<button id=${`filter-${status}`} aria-pressed=${this.status === status} @click=${() => (this.status = status)}>
      ${label(status)} <span class="count">${count ?? "·"}</span>
    </button>`;
  }

  #table(shown: Ticket[]): TemplateResult {
    return html`
      <table id="tickets" aria-busy=${this.tickets === null}>
        <thead>
          <tr>
            <th scope="col">Ticket</th>
            <th scope="col">Status</th>
            <th scope="col">Priority</th>
            <th scope="col">Assignee</th>
            <th scope="col">Issue</th>
            <th scope="col">Updated</th>
          </tr>
        </thead>
        <tbody>
          ${this.tickets === null ? skeletonRows : shown.map(row)}
        </tbody>
      </table>
      ${
        this.tickets && shown.length === 0
          ? html`<p class="empty">No ticket fits these filters. <button id="filter-clear" class="link" @click=${this.#clear}>Show all</button></p>`
          : nothing
      }
    `;
  }

  #shown(): Ticket[] {
    const words = this.words.trim().toLowerCase();
    return (this.tickets ?? []).filter(
      (ticket) =>
        (this.status === "all" || ticket.status === this.status) &&
        (this.priority === "all" || ticket.priority === this.priority) &&
        `${ticket.id} ${ticket.subject} ${ticket.requester.name} ${ticket.issueId ?? ""}`.toLowerCase().includes(words),
    );
  }

  #clear(): void {
    this.status = "all";
    this.priority = "all";
    this.words = "";
    const select = this.querySelector<HTMLSelectElement>("#filter-priority");
    if (select) select.value = "all";
  }
}

function row(ticket: Ticket): TemplateResult {
  return html`
    <tr data-ticket=${ticket.id}>
      <td class="cell-subject">
        <a href=${`/tickets/${ticket.id}`}>${ticket.subject}</a>
        <span class="quiet"><span class="number">${ticket.id}</span> ${ticket.requester.name}</span>
      </td>
      <td class="cell-status"><span class="status" data-status=${ticket.status}>${label(ticket.status)}</span></td>
      <td class="cell-priority"><span class="priority">${priorityIcon(ticket.priority)} ${label(ticket.priority)}</span></td>
      <td class="cell-assignee">${ticket.assignee ? label(ticket.assignee) : html`<span class="quiet">Nobody</span>`}</td>
      <td class="cell-issue">${ticket.issueId ? html`<span class="number">${ticket.issueId}</span>` : html`<span class="quiet" aria-label="none">–</span>`}</td>
      <td class="cell-updated quiet">${moment(ticket.updatedAt)}</td>
    </tr>
  `;
}

const skeletonRows = Array.from(
  { length: 8 },
  () =>
    html`<tr class="skeleton" aria-hidden="true"><td class="cell-subject"><i></i><i></i></td><td><i></i></td><td><i></i></td><td><i></i></td><td><i></i></td><td><i></i></td></tr>`,
);

customElements.define("desk-ticket-list", DeskTicketList);
