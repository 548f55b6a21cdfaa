import type { PartnerPanel } from "@partner-panel/host";
import { html, nothing, type TemplateResult } from "lit";
import { ref } from "lit/directives/ref.js";
import { inWords } from "../shared/http.js";
import { LightElement } from "../shared/light-element.js";
import type { Ticket } from "./api.js";
import type { Desk } from "./app.js";

/** So many panels on a page that what each of them costs can be felt. */
const usual = 50;
const most = 200;
/** Each ticket is a live connection to Desk, of which a browser opens six to one origin over HTTP/1.1, in all tabs together. */
const mostTickets = 3;
/** Which of them is Mallory's: one that comes into view at once. */
const hostile = 2;

/** A wall of linked issues, and among them a partner that means harm: the others must not notice. `?panels=12` says how many. */
class DeskDashboardPage extends LightElement {
  static override properties = {
    desk: { attribute: false },
    search: { attribute: false },
    tickets: { state: true },
    problem: { state: true },
    states: { state: true },
  };
  declare desk: Desk | null;
  /** The query of the page's address. */
  declare search: string;
  declare tickets: Ticket[];
  declare problem: string | null;
  /** How many panels are in which state. */
  declare states: ReadonlyMap<string, number>;

  constructor() {
    super();
    this.desk = null;
    this.search = "";
    this.tickets = [];
    this.problem = null;
    this.states = new Map();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.title = "Dashboard · Fernhill Desk";
  }

  override firstUpdated(): void {
    void this.#load();
  }

  async #load(): Promise<void> {
    try {
      const linked = (await this.desk?.api.tickets())?.filter(({ issueId }) => issueId !== null) ?? [];
      this.tickets = linked.slice(0, mostTickets);
      this.problem = null;
    } catch (error) {
      this.problem = inWords(error);
    }
  }

  override render(): TemplateResult {
    const { desk, tickets } = this;
    const asked = Number(new URLSearchParams(this.search).get("panels") ?? usual);
    const count = tickets.length === 0 ? 0 : Math.min(Math.max(Math.trunc(asked) || usual, 1), most);
    return html`
      <section class="list-page dashboard">
        <div class="page-head">
          <h1>Dashboard</h1>
          <p id="panel-states" class="quiet" role="status">${[...this.states].map(([state, panels]) => `${panels} ${state}`).join(", ")}</p>
        </div>
        <p class="lede">Linked issues, each in a panel of its own that begins as it comes near the window. One of them is Mallory's.</p>
        ${this.problem ? html`<p class="problem" role="alert">${this.problem} <button @click=${() => this.#load()}>Try again</button></p>` : nothing}
        ${desk?.partners.isInstalled("trackwell") === false ? html`<p id="not-installed" class="card">Trackwell is not installed. <a href="/integrations">Integrations</a></p>` : nothing}
        <ol class="wall" @partner-statechange=${() => this.#count()}>
          ${Array.from({ length: count }, (_, index) => this.#tile(index))}
        </ol>
      </section>
    `;
  }

  #tile(index: number): TemplateResult {
    const { desk } = this;
    const ticket = this.tickets[index % this.tickets.length];
    if (!ticket || !desk) return html``;
    if (index === hostile && desk.partners.isInstalled("mallory")) {
      return html`<li class="card">
        <h2>Mallory</h2>
        <partner-panel partner="mallory" view="attacks" label=${`Mallory, panel ${index + 1}`} loading="lazy" timeout="30000" min-height="280" max-height="280"></partner-panel>
      </li>`;
    }
    return html`<li class="card">
      <h2><a href=${`/tickets/${ticket.id}`}>${ticket.id}</a> ${ticket.subject}</h2>
      <partner-panel
        partner="trackwell"
        view="issue"
        label=${`Linked issue of ${ticket.id}, panel ${index + 1}`}
        loading="lazy"
        timeout="30000"
        min-height="280"
        max-height="280"
        context=${JSON.stringify({ ticketId: ticket.id })}
        ${ref((element) => element && desk.partners.showTicket(element as PartnerPanel, ticket.id))}
      ></partner-panel>
    </li>`;
  }

  #count(): void {
    const states = new Map<string, number>();
    for (const { state } of this.querySelectorAll("partner-panel")) states.set(state, (states.get(state) ?? 0) + 1);
    this.states = states;
  }
}

customElements.define("desk-dashboard-page", DeskDashboardPage);
