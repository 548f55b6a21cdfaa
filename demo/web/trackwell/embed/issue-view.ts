import type { Panel } from "@partner-panel/partner";
import { html, nothing, type TemplateResult } from "lit";
import type { desk, Ticket } from "../../../desk-contract.js";
import { moment } from "../../shared/format.js";
import { readJson } from "../../shared/http.js";
import { LightElement } from "../../shared/light-element.js";
import { comment, type Issue, severity, track } from "../issue.js";
import "./comment-form.js";
import type { CommentedEvent } from "./comment-form.js";
import "./ticket-control.js";
import { hostName, told } from "./words.js";

/** How many of an issue's comments the view shows: the latest. */
const shownComments = 3;

/** The view `issue`: what Trackwell knows about a host's ticket, and that ticket as it is now. */
export class IssueView extends LightElement {
  static override properties = {
    panel: { attribute: false },
    alone: { attribute: false },
    problem: { attribute: false },
    issue: { state: true },
    ticket: { state: true },
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
    this.refreshing = false;
    this.issueProblem = null;
  }

  override updated(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has("panel") || !this.panel) return;
    const { panel } = this;
    panel.onContext(() => void this.#show(panel));
    void this.#show(panel);
  }

  /** Shows what the context names, then follows the ticket until the context names another or the session ends. */
  async #show(panel: Panel<typeof desk>): Promise<void> {
    this.#showing.abort();
    const showing = new AbortController();
    this.#showing = showing;
    panel.signal.addEventListener("abort", () => showing.abort(), { once: true });
    const { signal } = showing;
    this.issue = null;
    this.ticket = null;
    this.problem = null;
    try {
      const id = String(panel.context?.ticketId ?? "");
      this.ticket = await panel.host.ticket.get({ id }, { signal });
      await this.#load(panel, signal);
      await this.updateComplete;
      if (signal.aborted) return;
      panel.ready();
      for await (const ticket of panel.host.ticket.changes({ id }, { signal })) {
        const moved = this.ticket?.issueId !== ticket.issueId;
        this.ticket = ticket;
        if (moved) void this.#load(panel, signal);
      }
    } catch (error) {
      // Another context took over, or the session has ended: then the host shows what there is to say.
      if (signal.aborted) return;
      this.problem = told(error);
      panel.ready();
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

  override render(): TemplateResult {
    if (this.alone) return alone;
    if (this.problem)
      return html`<main class="view" aria-label="Trackwell"><p id="problem" class="problem" role="alert">${this.problem}</p></main>`;
    return html`
      <main class="view" aria-label="Trackwell" aria-busy=${this.issue === null && this.issueProblem === null}>
        ${this.#issue()}
        <trackwell-ticket-control .panel=${this.panel} .ticket=${this.ticket}></trackwell-ticket-control>
      </main>
    `;
  }

  #issue(): TemplateResult {
    const { issue, panel } = this;
    const again = () => panel && void this.#load(panel);
    if (this.issueProblem && !issue) {
      return html`<section class="issue">
        <p id="issue-problem" class="problem" role="alert">${this.issueProblem}</p>
        <button id="refresh" @click=${again}>Try again</button>
      </section>`;
    }
    if (!issue) return skeleton;
    const latest = issue.comments.slice(-shownComments);
    return html`
      <section class="issue" aria-labelledby="issue-title">
        <p class="issue-head">
          <span class="sign" aria-hidden="true"></span>
          <span id="issue-id" class="number">${issue.id}</span>
          <span id="issue-severity">${severity(issue.severity)}</span>
          <button id="refresh" class="icon" aria-label="Refresh the issue" ?disabled=${this.refreshing} @click=${again}>
            <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true"><path d="M13.500 8A5.500 5.500 0 1 1 11.700 3.900M12 1v3.200H8.800" /></svg>
          </button>
        </p>
        <h1 id="issue-title">${issue.title}</h1>
        <div id="issue-status">${track(issue.status)}</div>
        ${this.issueProblem ? html`<p id="issue-problem" class="problem" role="alert">${this.issueProblem}</p>` : nothing}
        <p class="facts quiet">
          <span id="issue-assignee">${issue.assignee ?? "Nobody"}</span> works on it, changed ${moment(issue.updatedAt)}
        </p>
        ${latest.length > 0 ? html`<h2>${latest.length < issue.comments.length ? `Latest ${latest.length} of ${issue.comments.length} comments` : "Comments"}</h2>` : nothing}
        <ol id="issue-comments">${latest.map(comment)}</ol>
        <trackwell-comment-form
          .panel=${panel}
          .issueId=${issue.id}
          @trackwell-commented=${(event: CommentedEvent) => (this.issue = event.issue)}
        ></trackwell-comment-form>
      </section>
    `;
  }
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
