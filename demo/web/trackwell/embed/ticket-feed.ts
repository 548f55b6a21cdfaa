import type { Panel } from "@partner-panel/partner";
import { html, nothing, type TemplateResult } from "lit";
import type { desk, Ticket } from "../../../desk-contract.js";
import { label } from "../../shared/format.js";
import { LightElement } from "../../shared/light-element.js";
import { codeOf, hostName, told } from "./words.js";

/** Whether the host's stream of a ticket's changes runs. */
export type Feed =
  | { readonly is: "starting" | "live" }
  | { readonly is: "over"; readonly words: string; readonly mayAsk: boolean; readonly at: number };

/** One change of the ticket, as it arrived. */
export interface Change {
  readonly at: number;
  readonly words: string;
}

/** How many changes are shown: the latest. */
const shown = 4;

/** What became of the stream that ended with `error`. */
export function overBy(error: unknown): Feed {
  const code = codeOf(error);
  const words =
    code === "SCOPE_REVOKED"
      ? `${hostName} has taken back the permission to see this ticket. Nothing more arrives.`
      : code === "SCOPE_DENIED"
        ? `${hostName} has not allowed Trackwell to see this ticket. (SCOPE_DENIED)`
        : told(error);
  return { is: "over", words, mayAsk: code === "SCOPE_REVOKED" || code === "SCOPE_DENIED", at: Date.now() };
}

/** What differs between two states of a ticket, in words; null for nothing that is shown. */
export function changeOf(before: Ticket, after: Ticket): Change | null {
  const words: string[] = [];
  for (const name of ["status", "priority"] as const) {
    if (before[name] !== after[name]) words.push(`${label(name)} ${label(before[name])} → ${label(after[name])}`);
  }
  if (before.assignee !== after.assignee) words.push(`Assignee ${after.assignee ? label(after.assignee) : "nobody"}`);
  if (words.length === 0 && before.revision !== after.revision) words.push("Answered");
  return words.length === 0 ? null : { at: Date.now(), words: words.join(", ") };
}

/** The ticket's changes as the host streams them; and, when it no longer does, why, and a way to ask for it again. */
class TicketFeed extends LightElement {
  static override properties = {
    panel: { attribute: false },
    feed: { attribute: false },
    changes: { attribute: false },
    busy: { state: true },
    refused: { state: true },
    isPaused: { state: true },
  };
  declare panel: Panel<typeof desk> | null;
  declare feed: Feed;
  declare changes: readonly Change[];
  declare busy: boolean;
  declare refused: string | null;
  /** Nobody can see the panel. */
  declare isPaused: boolean;

  constructor() {
    super();
    this.panel = null;
    this.feed = { is: "starting" };
    this.changes = [];
    this.busy = false;
    this.refused = null;
    this.isPaused = false;
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (changed.has("feed")) this.refused = null;
    if (!changed.has("panel") || !this.panel) return;
    this.panel.on("suspend", () => (this.isPaused = true));
    this.panel.on("resume", () => (this.isPaused = false));
    this.panel.onTheme(() => this.requestUpdate());
  }

  override render(): TemplateResult {
    const { feed, changes } = this;
    return html`
      <section class="feed">
        <h2>Changes <span id="feed-state" class="feed-state" data-state=${feed.is} role="status">${this.isPaused ? "Paused" : states[feed.is]}</span></h2>
        ${feed.is === "over" ? this.#over(feed.words, feed.mayAsk) : nothing}
        ${
          changes.length === 0
            ? feed.is === "over"
              ? nothing
              : html`<p class="quiet">What is changed at ${hostName} appears here as it happens.</p>`
            : html`<ol id="ticket-changes">
                ${changes
                  .slice(-shown)
                  .toReversed()
                  .map(
                    ({ at, words }) =>
                      html`<li><span class="number quiet">${timeOf(at, this.panel)}</span> ${words}</li>`,
                  )}
              </ol>`
        }
      </section>
    `;
  }

  #over(words: string, mayAsk: boolean): TemplateResult {
    return html`
      <p id="feed-over" class="refused" role="alert">${this.refused ?? words}</p>
      ${mayAsk ? html`<button id="ask-again" class="primary" ?disabled=${this.busy} @click=${this.#ask}>Ask again</button>` : nothing}
    `;
  }

  /** The view itself follows the grant: with a yes it begins to stream again. */
  async #ask(): Promise<void> {
    const { panel } = this;
    if (!panel) return;
    this.busy = true;
    try {
      const { granted, refused } = await panel.scopes.request(["ticket:read"], { signal: panel.signal });
      if (granted.includes("ticket:read")) return;
      this.refused = refused.some(({ by }) => by === "consent")
        ? "You did not allow it, so Trackwell cannot see this ticket."
        : `${hostName} does not let your account show tickets to Trackwell.`;
    } catch (error) {
      this.refused = told(error);
    } finally {
      this.busy = false;
    }
  }
}

const states = { starting: "Connecting", live: "Live", over: "Ended" } as const;

/** In the host's time zone, which is the agent's. */
function timeOf(at: number, panel: Panel<typeof desk> | null): string {
  const parts = { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" } as const;
  return new Intl.DateTimeFormat("en", { ...parts, timeZone: panel?.theme?.timeZone }).format(at);
}

customElements.define("trackwell-ticket-feed", TicketFeed);
