import type { Panel } from "@partner-panel/partner";
import { html, nothing, type TemplateResult } from "lit";
import type { desk } from "../../../desk-contract.js";
import { readJson } from "../../shared/http.js";
import { LightElement } from "../../shared/light-element.js";
import type { Issue } from "../issue.js";
import { IssueChangedEvent } from "./issue-changed.js";
import { told } from "./words.js";

/** A comment on the issue, sent to Trackwell's API as the person who is signed in in this frame. */
class CommentForm extends LightElement {
  static override properties = {
    panel: { attribute: false },
    issueId: { attribute: false },
    text: { state: true },
    busy: { state: true },
    problem: { state: true },
  };
  declare panel: Panel<typeof desk> | null;
  declare issueId: string;
  declare text: string;
  declare busy: boolean;
  declare problem: string | null;

  constructor() {
    super();
    this.panel = null;
    this.issueId = "";
    this.text = "";
    this.busy = false;
    this.problem = null;
  }

  override render(): TemplateResult {
    return html`
      <form @submit=${this.#send}>
        <input id="comment" aria-label="Add a comment" placeholder="Add a comment" maxlength="10000" autocomplete="off"
          .value=${this.text} @input=${(event: InputEvent) => (this.text = (event.target as HTMLInputElement).value)} />
        <button id="send-comment" ?disabled=${this.busy || !this.text.trim()}>Send</button>
      </form>
      ${this.problem ? html`<p id="comment-problem" class="problem" role="alert">${this.problem}</p>` : nothing}
    `;
  }

  async #send(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const { panel, issueId } = this;
    const text = this.text.trim();
    if (!panel || !text || this.busy) return;
    this.busy = true;
    try {
      const response = await panel.fetch(`/issues/${encodeURIComponent(issueId)}/comments`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ text }),
      });
      this.dispatchEvent(new IssueChangedEvent(await readJson<Issue>(response)));
      this.text = "";
      this.problem = null;
    } catch (error) {
      this.problem = told(error);
    } finally {
      this.busy = false;
    }
  }
}

customElements.define("trackwell-comment-form", CommentForm);
