import type { Panel } from "@partner-panel/partner";
import { html, nothing, type TemplateResult } from "lit";
import type { desk, Ticket } from "../../../desk-contract.js";
import { label } from "../../shared/format.js";
import { LightElement } from "../../shared/light-element.js";
import { codeOf, hostName, told } from "./words.js";

const priorities = ["low", "normal", "high", "urgent"] as const;
type Priority = (typeof priorities)[number];

/** What the last attempt came to. */
type Outcome =
  | { is: "nothing" }
  | { is: "refused"; wanted: Priority; words: string; mayAsk: boolean }
  | { is: "failed"; words: string }
  | { is: "done"; words: string };

/** The host's ticket as it is now, and its priority for whoever is allowed to set it. */
class TicketControl extends LightElement {
  static override properties = {
    panel: { attribute: false },
    ticket: { attribute: false },
    requester: { attribute: false },
    busy: { state: true },
    outcome: { state: true },
  };
  declare panel: Panel<typeof desk> | null;
  declare ticket: Ticket | null;
  declare requester: string | null;
  declare busy: boolean;
  declare outcome: Outcome;

  constructor() {
    super();
    this.panel = null;
    this.ticket = null;
    this.requester = null;
    this.busy = false;
    this.outcome = { is: "nothing" };
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    const before = changed.get("ticket") as Ticket | null | undefined;
    if (before && before.id !== this.ticket?.id) this.outcome = { is: "nothing" };
  }

  override render(): TemplateResult {
    const { ticket } = this;
    return html`
      <section class="ticket">
        <h2>
          ${hostName} <span id="ticket-id" class="number">${ticket?.id ?? "T-…"}</span>
          <span id="ticket-status" class="chip">${ticket ? label(ticket.status) : "…"}</span>
          <span id="ticket-priority" class="chip">${ticket ? label(ticket.priority) : "…"}</span>
        </h2>
        ${this.requester === null ? nothing : html`<p id="ticket-requester">Opened by <bdi>${this.requester}</bdi></p>`}
        <p id="set-label" class="quiet">Set the ticket's priority</p>
        <div class="priorities" role="group" aria-labelledby="set-label">
          ${priorities.map(
            (priority) => html`<button
              id=${`set-${priority}`}
              aria-pressed=${ticket?.priority === priority}
              ?disabled=${!ticket || this.busy}
              @click=${() => this.#set(priority)}
            >${label(priority)}</button>`,
          )}
        </div>
        <div id="outcome" role="status" aria-live="polite">${this.#outcome()}</div>
      </section>
    `;
  }

  #outcome(): TemplateResult | typeof nothing {
    const { outcome } = this;
    switch (outcome.is) {
      case "nothing":
        return nothing;
      case "refused":
        return html`<p id="refused" class="refused">${outcome.words}</p>
          ${
            outcome.mayAsk
              ? html`<button id="ask-permission" class="primary" ?disabled=${this.busy} @click=${() => this.#ask(outcome.wanted)}>
                  Ask ${hostName} for permission
                </button>`
              : nothing
          }`;
      case "failed":
        return html`<p id="failed" class="problem">${outcome.words}</p>`;
      case "done":
        return html`<p id="done" class="quiet">${outcome.words}</p>`;
    }
  }

  async #set(priority: Priority): Promise<void> {
    const { panel, ticket } = this;
    if (!panel || !ticket) return;
    this.busy = true;
    try {
      const { id } = ticket;
      await panel.host.ticket.update({ id, priority }, { signal: panel.signal });
      this.outcome = { is: "done", words: `Priority set to ${label(priority)}.` };
    } catch (error) {
      this.outcome = refusals.includes(codeOf(error) ?? "")
        ? { is: "refused", wanted: priority, words: told(error), mayAsk: true }
        : { is: "failed", words: told(error) };
    } finally {
      this.busy = false;
    }
  }

  /** Asks in the host's own dialog, and does what was wanted once it may. */
  async #ask(wanted: Priority): Promise<void> {
    const { panel } = this;
    if (!panel) return;
    this.busy = true;
    try {
      const { granted, refused } = await panel.scopes.request(["ticket:write"], { signal: panel.signal });
      if (granted.includes("ticket:write")) return await this.#set(wanted);
      const by = refused.find(({ scope }) => scope === "ticket:write")?.by;
      this.outcome = { is: "refused", wanted, words: refusedBy.get(by) ?? byPolicy, mayAsk: by === "consent" };
    } catch (error) {
      this.outcome = { is: "failed", words: told(error) };
    } finally {
      this.busy = false;
    }
  }
}

const byPolicy = `${hostName} does not give your account the right to change tickets through Trackwell.`;

/** Why it may not; only the agent's own No is worth asking again. */
const refusedBy: ReadonlyMap<string | undefined, string> = new Map([
  ["consent", "You did not allow it, so the ticket stays as it is."],
  ["manifest", "This version of Trackwell no longer asks to change tickets."],
  ["policy", byPolicy],
]);

const refusals: readonly string[] = ["SCOPE_DENIED", "SCOPE_REVOKED"];

customElements.define("trackwell-ticket-control", TicketControl);
