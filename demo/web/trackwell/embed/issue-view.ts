import type { Panel } from "@partner-panel/partner";
import { html, nothing, type TemplateResult } from "lit";
import type { desk, Ticket } from "../../../desk-contract.js";
import { moment } from "../../shared/format.js";
import { readJson } from "../../shared/http.js";
import { LightElement } from "../../shared/light-element.js";
import { type Issue, severity } from "../issue.js";
import "./issue-body.js";
import type { IssueChangedEvent } from "./issue-changed.js";
import "./issue-status.js";
import "./issue-tools.js";
import "./sign-in-offer.js";
import "./ticket-control.js";
import { type Change, changeOf, type Feed, overBy } from "./ticket-feed.js";
import { hostName, told } from "./words.js";

/** The view `issue`: what Trackwell knows about a host's ticket, and that ticket as it is now. */
export class IssueView extends LightElement {
  static override properties = {
    panel: { attribute: false },
    alone: { attribute: false },
    problem: { attribute: false },
    issue: { state: true },
    ticket: { state: true },
    requester: { state: true },
    feed: { state: true },
    changes: { state: true },
    refreshing: { state: true },
    issueProblem: { state: true },
  };
  /** Set once connected; until then, or where it cannot connect, `problem` says why. */
  declare panel: Panel<typeof desk> | null;
  /** Opened in a tab of its own. */
  declare alone: boolean;
  declare problem: string | null;
  declare issue: Issue | null;
  declare ticket: Ticket | null;
  /** Who opened the ticket, where the view may know. */
  declare requester: string | null;
  declare feed: Feed;
  declare changes: readonly Change[];
  declare refreshing: boolean;
  declare issueProblem: string | null;
  #showing = new AbortController();

  constructor() {
    super();
    this.panel = null;
    this.alone = false;
    this.problem = null;
    this.issue = null;
    this.ticket = null;
    this.requester = null;
    this.feed = { is: "starting" };
    this.changes = [];
    this.refreshing = false;
    this.issueProblem = null;
  }

  override updated(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has("panel") || !this.panel) return;
    const { panel } = this;
    panel.onContext(() => void this.#show(panel));
    panel.onGrant(() => this.#onGrant(panel));
    panel.onAccount((account) => this.#onAccount(panel, account !== null));
    panel.onSignInOffer(() => this.requestUpdate());
    void this.#show(panel);
  }

  /** Shows what the context names, then follows the ticket until the context names another or the session ends. */
  async #show(panel: Panel<typeof desk>): Promise<void> {
    this.#showing.abort();
    const showing = new AbortController();
    this.#showing = showing;
    panel.signal.addEventListener("abort", () => showing.abort(), { once: true });
    const { signal } = showing;
    const id = String(panel.context?.ticketId ?? "");
    if (this.ticket?.id !== id) {
      this.issue = null;
      this.ticket = null;
      this.requester = null;
      this.changes = [];
    }
    this.feed = { is: "starting" };
    try {
      this.ticket = await panel.host.ticket.get({ id }, { signal });
      void this.#askWho(panel, signal);
      if (this.issue === null) await this.#load(panel, signal);
      await this.updateComplete;
      if (signal.aborted) return;
      panel.ready();
      this.feed = { is: "live" };
      for await (const ticket of panel.host.ticket.changes({ id }, { signal })) this.#onTicket(panel, ticket);
    } catch (error) {
      // Another context took over, or the session has ended: then the host shows what there is to say.
      if (signal.aborted) return;
      this.feed = overBy(error);
      panel.ready();
    }
  }

  #onTicket(panel: Panel<typeof desk>, ticket: Ticket): void {
    const change = this.ticket && changeOf(this.ticket, ticket);
    const moved = this.ticket?.issueId !== ticket.issueId;
    this.ticket = ticket;
    if (change) this.changes = [...this.changes, change];
    if (moved) void this.#load(panel);
  }

  /** The host gave something, or took it back: the stream ends by itself, and begins again here. */
  #onGrant(panel: Panel<typeof desk>): void {
    if (this.feed.is === "over" && holds(panel, "ticket:read")) void this.#show(panel);
    else void this.#askWho(panel, this.#showing.signal);
  }

  /** Somebody is signed in now: what could not be had before, can. */
  #onAccount(panel: Panel<typeof desk>, isSomebody: boolean): void {
    if (isSomebody && this.issueProblem !== null) void this.#load(panel, this.#showing.signal);
  }

  /** Only later versions of the manifest ask for it, and then an agent may have said No. */
  async #askWho(panel: Panel<typeof desk>, signal: AbortSignal): Promise<void> {
    const { ticket } = this;
    if (!ticket || !holds(panel, "requester:read")) {
      this.requester = null;
      return;
    }
    try {
      const { name } = await panel.host.ticket.requester({ id: ticket.id }, { signal });
      if (!signal.aborted) this.requester = name;
    } catch {
      // Taken back meanwhile, or not to be had: the view is whole without it.
      this.requester = null;
    }
  }

  async #load(panel: Panel<typeof desk>, signal?: AbortSignal): Promise<void> {
    const id = this.ticket?.issueId;
    if (!id) return;
    this.refreshing = true;
    try {
      const response = await panel.fetch(`/issues/${encodeURIComponent(id)}`, signal ? { signal } : {});
      this.issue = await readJson<Issue>(response);
      this.issueProblem = null;
    } catch (error) {
      if (!signal?.aborted) this.issueProblem = told(error);
    } finally {
      this.refreshing = false;
    }
  }

  readonly #onIssue = ({ issue }: IssueChangedEvent): void => {
    this.issue = issue;
  };

  override render(): TemplateResult {
    if (this.alone) return alone;
    // No landmarks: the panel is one, under the name that the host gave it, and a page may have fifty of this view.
    if (this.problem)
      return html`<div class="view"><p id="problem" class="problem" role="alert">${this.problem}</p></div>`;
    return html`
      <div class="view" aria-busy=${this.issue === null && this.issueProblem === null && this.feed.is !== "over"}>
        <trackwell-sign-in-offer .panel=${this.panel}></trackwell-sign-in-offer>
        ${this.#issue()}
        ${this.ticket || this.feed.is !== "over" ? html`<trackwell-ticket-control .panel=${this.panel} .ticket=${this.ticket} .requester=${this.requester}></trackwell-ticket-control>` : nothing}
        <trackwell-ticket-feed .panel=${this.panel} .feed=${this.feed} .changes=${this.changes}></trackwell-ticket-feed>
      </div>
    `;
  }

  #issue(): TemplateResult | typeof nothing {
    const { issue, panel } = this;
    const again = () => panel && void this.#load(panel);
    // The offer says why, and what to do.
    if (this.issueProblem && !issue && panel?.signInOffer) return nothing;
    if (this.issueProblem && !issue) {
      return html`<section class="issue">
        <p id="issue-problem" class="problem" role="alert">${this.issueProblem}</p>
        <button id="refresh" @click=${again}>Try again</button>
      </section>`;
    }
    if (!issue) return this.feed.is === "over" ? nothing : skeleton;
    return html`
      <section class="issue">
        <p class="issue-head">
          <span class="sign" aria-hidden="true"></span>
          <span id="issue-id" class="number">${issue.id}</span>
          <span id="issue-severity">${severity(issue.severity)}</span>
          <trackwell-issue-tools .panel=${panel} .issueId=${issue.id}></trackwell-issue-tools>
          <button id="refresh" class="icon" aria-label="Refresh the issue" ?disabled=${this.refreshing} @click=${again}>
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M13.500 8A5.500 5.500 0 1 1 11.700 3.900M12 1v3.200H8.800" /></svg>
          </button>
        </p>
        <h1 id="issue-title" dir="auto">${issue.title}</h1>
        <trackwell-issue-status .panel=${panel} .issue=${issue} @trackwell-issue-changed=${this.#onIssue}></trackwell-issue-status>
        ${this.issueProblem ? html`<p id="issue-problem" class="problem" role="alert">${this.issueProblem}</p>` : nothing}
        <p class="facts quiet">
          <span id="issue-assignee">${issue.assignee ?? "Nobody"}</span> works on it, changed ${moment(issue.updatedAt)}
        </p>
        <trackwell-issue-body .panel=${panel} .issue=${issue} @trackwell-issue-changed=${this.#onIssue}></trackwell-issue-body>
      </section>
    `;
  }
}

function holds(panel: Panel<typeof desk>, scope: string): boolean {
  return panel.scopes.query().some((granted) => granted.scope === scope);
}

const skeleton = html`<section class="issue skeleton" aria-hidden="true">
  <p class="issue-head"><i></i></p><h1><i></i></h1><div class="track-space"><i></i></div><p><i></i></p><p class="lines"><i></i><i></i></p>
</section>`;

const alone = html`<main class="alone">
  <span class="sign" aria-hidden="true"></span>
  <h1>This view lives inside a panel</h1>
  <p id="not-embedded">
    It shows the issue behind a ticket, beside that ticket, in ${hostName}. Opened by itself it has no ticket to go by
    (NOT_EMBEDDED).
  </p>
  <p><a href="/">Open Trackwell Issues</a></p>
</main>`;

customElements.define("trackwell-issue-view", IssueView);

declare global {
  interface HTMLElementTagNameMap {
    "trackwell-issue-view": IssueView;
  }
}
