import { html, nothing, type TemplateResult } from "lit";
import { label, moment } from "../shared/format.js";
import { HttpError, inWords, signInAgain } from "../shared/http.js";
import { LightElement } from "../shared/light-element.js";
import type { Trackwell } from "./app.js";
import { comment, type Issue, type IssueStatus, prose, severity, stations, track } from "./issue.js";

/** One issue: where it stands, what it is, what was said, and the controls for those who may use them. */
class IssuePage extends LightElement {
  static override properties = {
    trackwell: { attribute: false },
    issueId: { attribute: false },
    issue: { state: true },
    problem: { state: true },
    isStale: { state: true },
    busy: { state: true },
    text: { state: true },
  };
  declare trackwell: Trackwell | null;
  declare issueId: string;
  declare issue: Issue | null;
  declare problem: string | null;
  /** Whether the problem is that the sign-in is too old for what was tried. */
  declare isStale: boolean;
  declare busy: boolean;
  declare text: string;

  constructor() {
    super();
    this.trackwell = null;
    this.issueId = "";
    this.issue = null;
    this.problem = null;
    this.isStale = false;
    this.busy = false;
    this.text = "";
  }

  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has("issueId")) return;
    this.issue = null;
    this.problem = null;
    document.title = `${this.issueId} · Trackwell`;
    void this.#do((trackwell) => trackwell.api.issue(this.issueId));
  }

  override render(): TemplateResult {
    const { issue } = this;
    const mayWrite = this.trackwell?.account.scopes.includes("issues:write") ?? false;
    return html`
      <p class="trail"><a href="/">All issues</a> <span class="number">${this.issueId}</span></p>
      ${this.problem ? html`<p id="problem" class="problem" role="alert">${this.problem} ${this.isStale ? this.#again() : nothing}</p>` : nothing}
      ${issue ? this.#issue(issue, mayWrite) : this.problem ? nothing : skeleton}
    `;
  }

  #issue(issue: Issue, mayWrite: boolean): TemplateResult {
    return html`
      <article class="issue">
        <h1 id="issue-title">${issue.title}</h1>
        <p class="facts">
          <span id="issue-severity">${severity(issue.severity)}</span>
          <span id="issue-assignee">${issue.assignee ?? "Nobody"} works on it</span>
          <span class="quiet">changed ${moment(issue.updatedAt)}</span>
          ${issue.labels.map((name) => html`<span class="tag">${name}</span>`)}
        </p>
        <section class="line" aria-label="Status">
          <div id="issue-status">${track(issue.status)}</div>
          ${
            mayWrite
              ? html`<div class="moves" role="group" aria-label="Move to">
                  ${stations.map(
                    (status) => html`<button
                      id=${`move-${status}`}
                      aria-pressed=${status === issue.status}
                      ?disabled=${this.busy}
                      @click=${() => this.#move(status)}
                    >${label(status)}</button>`,
                  )}
                </div>`
              : html`<p id="read-only-note" class="quiet">Your account may read issues but not change them.</p>`
          }
        </section>
        <p id="issue-description" class="description">${prose(issue.description)}</p>
        <h2>Comments</h2>
        <ol id="issue-comments">${issue.comments.map((each) => comment(each))}</ol>
        ${mayWrite ? this.#form() : nothing}
      </article>
    `;
  }

  #again(): TemplateResult {
    const leave = () => this.trackwell?.signInAnew(location.pathname);
    return html`<button id="sign-in-again" @click=${leave}>Sign in again</button>`;
  }

  #form(): TemplateResult {
    return html`<form class="composer" @submit=${this.#comment}>
      <label for="comment">Add a comment</label>
      <textarea id="comment" rows="3" .value=${this.text}
        @input=${(event: InputEvent) => (this.text = (event.target as HTMLTextAreaElement).value)}></textarea>
      <button id="send-comment" class="primary" ?disabled=${this.busy || !this.text.trim()}>Comment</button>
    </form>`;
  }

  #move(status: IssueStatus): Promise<boolean> {
    return this.#do((trackwell) => trackwell.api.setStatus(this.issueId, status));
  }

  async #comment(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const text = this.text.trim();
    if (text && (await this.#do((trackwell) => trackwell.api.comment(this.issueId, text)))) this.text = "";
  }

  async #do(work: (trackwell: Trackwell) => Promise<Issue>): Promise<boolean> {
    const { trackwell, issueId } = this;
    if (!trackwell) return false;
    this.busy = true;
    try {
      const issue = await work(trackwell);
      if (issue.id === this.issueId) this.issue = issue;
      this.problem = null;
      return true;
    } catch (error) {
      const missing = error instanceof HttpError && error.status === 404;
      this.isStale = error instanceof HttpError && error.code === signInAgain;
      if (issueId === this.issueId) this.problem = missing ? `There is no issue ${issueId}.` : inWords(error);
      return false;
    } finally {
      this.busy = false;
    }
  }
}

const skeleton = html`<article class="issue skeleton" aria-hidden="true"><h1><i></i></h1><p class="facts"><i></i></p><section class="line"><i></i></section></article>`;

customElements.define("trackwell-issue-page", IssuePage);
