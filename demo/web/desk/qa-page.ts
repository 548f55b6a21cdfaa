import { html, type TemplateResult } from "lit";
import { LightElement } from "../shared/light-element.js";
import { stories } from "./qa-stories.js";

/** What to try on this demo, and what should happen. */
class DeskQaPage extends LightElement {
  override connectedCallback(): void {
    super.connectedCallback();
    document.title = "QA · Fernhill Desk";
  }

  override render(): TemplateResult {
    return html`
      <section class="prose-page">
        <h1>What to try</h1>
        <p class="lede">
          Each story names where to go, what to do and what should be seen. Whatever was changed is undone by
          “Reset demo data” in the menu with your name.
        </p>
        <ol class="stories">
          ${stories.map(
            (story) => html`<li id=${`story-${story.id}`} class="card">
              <h2><a href=${story.href}>${story.title}</a></h2>
              <p>${story.todo}</p>
              <p class="expect"><b>Expect:</b> ${story.expect}</p>
            </li>`,
          )}
        </ol>
      </section>
    `;
  }
}

customElements.define("desk-qa-page", DeskQaPage);
