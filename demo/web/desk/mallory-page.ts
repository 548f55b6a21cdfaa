import type { PanelError } from "@partner-panel/host";
import { html, nothing, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import { LightElement } from "../shared/light-element.js";
import type { Desk } from "./app.js";
import { developerWords } from "./qa/developer-words.js";
import { malloryCases } from "./qa/mallory-cases.js";

/** A partner that means harm, in a panel like any other. The address says how it tries. */
class DeskMalloryPage extends LightElement {
  static override properties = {
    desk: { attribute: false },
    search: { attribute: false },
    error: { state: true },
  };
  declare desk: Desk | null;
  /** The query of the page's address. */
  declare search: string;
  declare error: PanelError | null;

  constructor() {
    super();
    this.desk = null;
    this.search = "";
    this.error = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.title = "Mallory · Fernhill Desk";
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.desk?.partners.pin("mallory", null);
  }

  /** Before rendering: the panel must find the manifest pinned that this page is about. */
  override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has("search")) return;
    const name = this.#case?.manifest;
    this.desk?.partners.pin("mallory", name ? `/manifests/${name}.json` : null);
    this.error = null;
  }

  get #case() {
    const asked = new URLSearchParams(this.search);
    const [manifest, beg] = [asked.get("manifest"), asked.get("beg")];
    return malloryCases.find((each) => (manifest ?? beg) !== null && each.manifest === manifest && each.beg === beg);
  }

  override render(): TemplateResult {
    const found = this.#case;
    return html`
      <section class="prose-page">
        <h1>A partner that means harm</h1>
        ${
          found
            ? html`<div class="lede case" id="case">
                <h2>${found.title}</h2>
                <p>${found.todo}</p>
                <p class="expect"><b>Expect:</b> ${found.expect}</p>
              </div>`
            : html`<p class="lede">
                Mallory is registered like any partner and framed like any partner. Its view tries what a panel must not let
                through and lists what it got. Every line should say “nothing”.
              </p>`
        }
        ${this.#panel()}
        ${this.error ? html`<div id="panel-error" class="card"><h2>What a developer is told</h2>${developerWords(this.error)}</div>` : nothing}
        <nav class="cases" aria-labelledby="cases-title">
          <h2 id="cases-title">Other ways it tries</h2>
          <ul>
            <li><a href="/partners/mallory" aria-current=${found ? nothing : "page"}>From inside a panel: the list</a></li>
            ${malloryCases.map(
              ({ href, title, id }) =>
                html`<li><a id=${`to-${id}`} href=${href} aria-current=${id === found?.id ? "page" : nothing}>${title}</a></li>`,
            )}
          </ul>
        </nav>
      </section>
    `;
  }

  #panel(): TemplateResult {
    if (!this.desk?.partners.isInstalled("mallory")) {
      return html`<p id="not-installed" class="card">Mallory is not installed. An administrator can install it under <a href="/integrations">Integrations</a>.</p>`;
    }
    const found = this.#case;
    // Another way of trying is another panel: what one came to must not be taken for another's.
    return html`<div class="framed">${keyed(
      found?.id,
      html`<partner-panel
        id="mallory-panel"
        partner="mallory"
        view=${found?.beg ? "beg" : "attacks"}
        path=${found?.beg ? `/beg?how=${found.beg}` : nothing}
        label="Mallory's attacks"
        min-height="320"
        max-height="1400"
        @partner-error=${(event: HTMLElementEventMap["partner-error"]) => (this.error = event.error)}
        @partner-statechange=${(event: HTMLElementEventMap["partner-statechange"]) => {
          if (event.state === "loading") this.error = null;
        }}
      ></partner-panel>`,
    )}</div>`;
  }
}

customElements.define("desk-mallory-page", DeskMalloryPage);
