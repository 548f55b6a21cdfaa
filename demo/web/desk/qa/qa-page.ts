import { html, nothing, type TemplateResult } from "lit";
import { inWords, loadConfig } from "../../shared/http.js";
import { LightElement } from "../../shared/light-element.js";
import type { DeskConfig } from "../api.js";
import type { Desk } from "../app.js";
import { faultStories } from "./faults.js";
import { lookStories } from "./look-stories.js";
import { malloryCases } from "./mallory-cases.js";
import { type ProviderPages, signInStories } from "./sign-in-stories.js";
import { type Story, stories, versionStories } from "./stories.js";

/** What to try on this demo, and what should happen. */
class DeskQaPage extends LightElement {
  static override properties = { desk: { attribute: false }, providers: { state: true }, problem: { state: true } };
  declare desk: Desk | null;
  declare providers: ProviderPages | null;
  declare problem: string | null;

  constructor() {
    super();
    this.desk = null;
    this.providers = null;
    this.problem = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.title = "QA · Fernhill Desk";
    loadConfig<DeskConfig>().then(
      ({ qaPages }) => (this.providers = qaPages),
      (error: unknown) => (this.problem = inWords(error)),
    );
  }

  override render(): TemplateResult {
    const releases = new URL("/releases", this.desk?.partners.known["trackwell"]).href;
    return html`
      <section class="prose-page">
        <h1>What to try</h1>
        <p class="lede">
          Each story names where to go, what to do and what should be seen. Whatever was changed is undone by
          “Reset demo data” in the menu with your name.
        </p>
        <h2 class="stories-title">Desk and its panels</h2>
        ${list(stories)}
        <h2 class="stories-title">The panel as it is shown</h2>
        <p class="lede">
          Each is switched by the address of a ticket's page, and they can be put together. A line below the panel says what is not as usual;
          with “tools=on” a remote control for the panel stands there, too, with what the panel told its page.
        </p>
        ${list(lookStories)}
        <h2 class="stories-title">What goes wrong, and how a panel goes on</h2>
        <p class="lede">Nothing here is played: the server, the view or Desk really does it. One of “ready” and “error” always comes.</p>
        ${list(faultStories)}
        <h2 class="stories-title">Signing in to Trackwell</h2>
        ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
        ${this.providers ? signIn(this.providers) : nothing}
        <h2 class="stories-title">Trackwell publishes another version</h2>
        <p class="lede">
          Which version of its manifest Trackwell publishes is chosen on
          <a id="to-releases" href=${releases} target="_blank">Trackwell's releases page</a>. A panel reads the manifest once a page: reload
          Desk after you have published.
        </p>
        ${list(versionStories(releases))}
        <h2 class="stories-title">Mallory, one way at a time</h2>
        ${list(malloryCases)}
      </section>
    `;
  }
}

const signIn = (providers: ProviderPages): TemplateResult => html`
  <p class="lede">
    What is switched by an address holds for that page. <a id="to-trackwell-qa" href=${providers.trackwell} target="_blank">Trackwell's provider</a>
    and <a id="to-desk-qa" href=${providers.desk} target="_blank">Desk's</a> have switches of their own, and the former lists the tokens that panels got.
  </p>
  ${list(signInStories(providers))}
`;

function list(shown: readonly Story[]): TemplateResult {
  return html`<ol class="stories">
    ${shown.map(
      (story) => html`<li id=${`story-${story.id}`} class="card">
        <h3><a href=${story.href} target=${story.href.startsWith("/") ? nothing : "_blank"}>${story.title}</a></h3>
        <p>${story.todo}</p>
        <p class="expect"><b>Expect:</b> ${story.expect}</p>
      </li>`,
    )}
  </ol>`;
}

customElements.define("desk-qa-page", DeskQaPage);
