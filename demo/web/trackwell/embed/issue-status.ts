import type { Panel } from "@partner-panel/partner";
import { html, nothing, type TemplateResult } from "lit";
import type { desk } from "../../../desk-contract.js";
import { readJson } from "../../shared/http.js";
import { LightElement } from "../../shared/light-element.js";
import { type Issue, type IssueStatus, track } from "../issue.js";
import { IssueChangedEvent } from "./issue-changed.js";
import { codeOf, hostName, told } from "./words.js";

/** Where the issue stands; and a button to close it, or to open it again. */
class IssueStatusLine extends LightElement {
  static override properties = {
    panel: { attribute: false },
    issue: { attribute: false },
    busy: { state: true },
    problem: { state: true },
  };
  declare panel: Panel<typeof desk> | null;
  declare issue: Issue | null;
  declare busy: boolean;
  declare problem: string | null;

  constructor() {
    super();
    this.panel = null;
    this.issue = null;
    this.busy = false;
    this.problem = null;
  }

  override render(): TemplateResult | typeof nothing {
    const { issue, busy } = this;
    if (!issue) return nothing;
    return html`
      <div id="issue-status">${track(issue.status)}</div>
      <div class="status-action">
        ${
          issue.status === "done"
            ? html`<button id="reopen-issue" ?disabled=${busy} @click=${() => this.#move("started")}>Open again</button>`
            : html`<button id="close-issue" ?disabled=${busy} @click=${() => this.#move("done")}>Close issue</button>`
        }
        <span role="status" class="quiet">${busy ? "One moment…" : ""}</span>
      </div>
      ${this.problem ? html`<p id="status-problem" class="problem" role="alert">${this.problem}</p>` : nothing}
    `;
  }

  async #move(status: IssueStatus): Promise<void> {
    const { panel, issue } = this;
    if (!panel || !issue) return;
    this.busy = true;
    this.problem = null;
    try {
      // Where the API wants a fresher sign-in, the host has its user make one before this answers.
      const response = await panel.fetch(`/issues/${encodeURIComponent(issue.id)}`, {
        method: "PATCH",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ status }),
      });
      this.dispatchEvent(new IssueChangedEvent(await readJson<Issue>(response)));
    } catch (error) {
      const code = codeOf(error);
      const words = code === null ? undefined : stepUpWords[code];
      this.problem = words ? `${words} (${code})` : told(error);
    } finally {
      this.busy = false;
    }
  }
}

const stepUpWords: Readonly<Record<string, string | undefined>> = {
  SIGN_IN_CANCELLED: "You did not sign in again, so the issue stays as it is.",
  STEP_UP_REQUIRED:
    "Closing an issue needs a sign-in of the last minutes. Sign in again above, then close it once more.",
  insufficient_user_authentication: `Closing an issue needs a sign-in of the last minutes, and ${hostName} has no way to ask you for one.`,
};

customElements.define("trackwell-issue-status", IssueStatusLine);
