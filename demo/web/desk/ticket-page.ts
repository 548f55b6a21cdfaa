import { html, nothing, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { moment } from "../shared/format.js";
import { HttpError, inWords } from "../shared/http.js";
import { LightElement } from "../shared/light-element.js";
import type { Ticket } from "./api.js";
import type { Desk } from "./app.js";
import { arrow, lock } from "./icons.js";
import type { Liveness } from "./live.js";
import { type Switches, usual } from "./qa/switches.js";
import "./linked-issue.js";
import "./ticket-conversation.js";
import "./ticket-properties.js";

/** One ticket, always as it is now: the conversation, its properties, and the partner's linked issue beside it. */
class DeskTicketPage extends LightElement {
  static override properties = {
    desk: { attribute: false },
    ticketId: { attribute: false },
    switches: { attribute: false },
    ticket: { state: true },
    liveness: { state: true },
    problem: { state: true },
  };
  declare desk: Desk | null;
  declare ticketId: string;
  declare switches: Switches;
  declare ticket: Ticket | null;
  declare liveness: Liveness;
  declare problem: string | null;
  #stop = () => {};

  constructor() {
    super();
    this.desk = null;
    this.ticketId = "";
    this.switches = usual;
    this.ticket = null;
    this.liveness = "connecting";
    this.problem = null;
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has("ticketId")) this.#open();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  #open(): void {
    this.#stop();
    this.ticket = null;
    this.problem = null;
    const { desk, ticketId } = this;
    if (!desk) return;
    document.title = `${ticketId} · Fernhill Desk`;
    this.#stop = desk.live.watch(
      ticketId,
      (ticket) => {
        this.ticket = ticket;
        document.title = `${ticket.id} ${ticket.subject} · Fernhill Desk`;
      },
      (state) => (this.liveness = state),
    );
    // The feed keeps trying whatever happens; a plain request says at once what is wrong.
    desk.api.ticket(ticketId).then(
      (ticket) => {
        if (ticketId === this.ticketId) this.ticket ??= ticket;
      },
      (error: unknown) => {
        if (ticketId !== this.ticketId || this.ticket) return;
        const missing = error instanceof HttpError && error.status === 404;
        this.problem = missing ? `There is no ticket ${ticketId}.` : inWords(error);
      },
    );
  }

  override render(): TemplateResult {
    const { desk, ticket } = this;
    if (this.problem) {
      return html`<section class="empty" role="alert"><h1>${this.problem}</h1><p><a href="/tickets">Back to the tickets</a></p></section>`;
    }
    return html`
      <article class="ticket-page" aria-busy=${ticket === null}>
        <header class="ticket-head">
          <p class="trail">
            <a href="/tickets">${arrow} Tickets</a>
            <span class="number">${this.ticketId}</span>
            <span id="liveness" class="liveness" data-state=${this.liveness} role="status">${livenessWords[this.liveness]}</span>
          </p>
          ${
            ticket
              ? html`<h1 id="ticket-subject">${ticket.subject}</h1>
                  <p class="quiet">
                    ${ticket.requester.name} · <span class="address">${ticket.requester.email}</span> · opened ${moment(ticket.createdAt)}
                  </p>
                  ${ticket.locked ? html`<p id="ticket-locked" class="banner">${lock} This ticket is locked: nobody can change it for now.</p>` : nothing}`
              : html`<h1 class="skeleton"><i></i></h1><p class="skeleton"><i></i></p>`
          }
        </header>
        <div class="ticket-side">
          <desk-ticket-properties .desk=${desk} .ticket=${ticket}></desk-ticket-properties>
          ${ticket ? this.#issue(ticket) : html`<section class="card linked-issue skeleton" aria-hidden="true"><i></i></section>`}
        </div>
        <desk-ticket-conversation .desk=${desk} .ticket=${ticket}></desk-ticket-conversation>
      </article>
    `;
  }

  #issue(ticket: Ticket): TemplateResult {
    if (!ticket.issueId) {
      return html`<section id="no-issue" class="card"><h2>Linked issue</h2><p class="quiet">No Trackwell issue is linked to this ticket.</p></section>`;
    }
    // Another ticket is another panel: nothing of one ticket's session is carried into the next.
    return html`${keyed(ticket.id, html`<desk-linked-issue .desk=${this.desk} .ticketId=${ticket.id} .switches=${this.switches}></desk-linked-issue>`)}`;
  }
}

const livenessWords: Record<Liveness, string> = {
  connecting: "Connecting",
  live: "Live",
  reconnecting: "Reconnecting",
};

customElements.define("desk-ticket-page", DeskTicketPage);
