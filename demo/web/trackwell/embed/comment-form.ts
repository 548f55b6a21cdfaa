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
          .value=${this.text} @input=${(event: InputEvent) => this.#write((event.target as HTMLInputElement).value)} />
        ${this.text.trim() ? html`<button id="discard-comment" type="button" ?disabled=${this.busy} @click=${this.#discard}>Discard</button>` : nothing}
        <button id="send-comment" ?disabled=${this.busy || !this.text.trim()}>Send</button>
      </form>
      ${this.problem ? html`<p id="comment-problem" class="problem" role="alert">${this.problem}</p>` : nothing}
    `;
  }

  /** A draft is something to lose: the host asks before it closes the panel, or what the panel is shown in. */
  #write(text: string): void {
    this.text = text;
    this.panel?.ui.setDirty(text.trim() !== "");
  }

  /** Asked by the host, in the panel: the frame's own `confirm` is blocked by its sandbox. */
  async #discard(): Promise<void> {
    try {
      const question = { message: "Discard your comment?", confirmLabel: "Discard", cancelLabel: "Keep it" };
      if (await this.panel?.ui.confirm(question)) this.#write("");
    } catch (error) {
      this.problem = told(error);
    }
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
      this.#write("");
      this.problem = null;
      panel.ui.toast({ message: "Your comment was added.", kind: "success" });
    } catch (error) {
      this.problem = told(error);
    } finally {
      this.busy = false;
    }
  }
}

customElements.define("trackwell-comment-form", CommentForm);
