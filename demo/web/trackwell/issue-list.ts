import { html, nothing, type TemplateResult } from "lit";
import { label, moment } from "../shared/format.js";
import { inWords } from "../shared/http.js";
import { LightElement } from "../shared/light-element.js";
import type { Trackwell } from "./app.js";
import { type Issue, type IssueStatus, severity, stations, track } from "./issue.js";

/** All issues, as a departures board: each with where it stands on its line. */
class IssueList extends LightElement {
  static override properties = {
    trackwell: { attribute: false },
    issues: { state: true },
    problem: { state: true },
    status: { state: true },
  };
  declare trackwell: Trackwell | null;
  declare issues: Issue[] | null;
  declare problem: string | null;
  declare status: IssueStatus | "all";
  readonly #onVisible = () => {
    if (document.visibilityState === "visible") void this.#load();
  };

  constructor() {
    super();
    this.trackwell = null;
    this.issues = null;
    this.problem = null;
    this.status = "all";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.title = "Issues · Trackwell";
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
      this.issues = (await this.trackwell?.api.issues()) ?? null;
      this.problem = null;
    } catch (error) {
      this.problem = inWords(error);
    }
  }

  override render(): TemplateResult {
    const shown = this.issues?.filter((issue) => this.status === "all" || issue.status === this.status);
    return html`
      <div class="head">
        <h1>Issues</h1>
        <div class="stops" role="group" aria-label="Show issues at">
          ${(["all", ...stations] as const).map(
            (
              status,
            ) => html`<button id=${`filter-${status}`} aria-pressed=${this.status === status} @click=${() => (this.status = status)}>
              ${label(status)}
            </button>`,
          )}
        </div>
      </div>
      ${this.problem ? html`<p class="problem" role="alert">${this.problem} <button @click=${() => this.#load()}>Try again</button></p>` : nothing}
      <ul id="issues" class="board" aria-busy=${this.issues === null}>
        ${shown ? shown.map(row) : this.problem ? nothing : skeleton}
      </ul>
      ${shown?.length === 0 ? html`<p class="quiet">Nothing stands here.</p>` : nothing}
    `;
  }
}

function row(issue: Issue): TemplateResult {
  return html`<li data-issue=${issue.id}>
    <span class="number">${issue.id}</span>
    <a href=${`/issues/${issue.id}`}>${issue.title}</a>
    ${severity(issue.severity)}
    <span class="who quiet">${issue.assignee ?? "Nobody"}</span>
    <span class="when quiet">${moment(issue.updatedAt)}</span>
    ${track(issue.status, { size: "mini" })}
  </li>`;
}

const skeleton = Array.from({ length: 7 }, () => html`<li class="skeleton" aria-hidden="true"><i></i></li>`);

customElements.define("trackwell-issue-list", IssueList);
