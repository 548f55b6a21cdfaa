import { html, nothing, type TemplateResult } from "lit";
import { inWords, readJson, request } from "../shared/http.js";
import { LightElement } from "../shared/light-element.js";

interface Releases {
  published: string;
  releases: { version: string; about: string }[];
}

/** Which version of its manifest Trackwell publishes to hosts. `?publish=1.1.0` names one, and still wants a press. */
class TrackwellReleases extends LightElement {
  static override properties = { state: { state: true }, problem: { state: true }, said: { state: true } };
  declare state: Releases | null;
  declare problem: string | null;
  declare said: string;

  constructor() {
    super();
    this.state = null;
    this.problem = null;
    this.said = "";
  }

  override firstUpdated(): void {
    void this.#load();
  }

  override render(): TemplateResult {
    const wanted = new URLSearchParams(location.search).get("publish");
    return html`
      <header class="bar">
        <a class="brand" href="/" aria-label="Trackwell Issues, all issues"><span class="sign" aria-hidden="true"></span>Trackwell</a>
      </header>
      <main id="main" class="releases">
        <h1>Releases</h1>
        <p class="quiet">Which version of Trackwell's manifest hosts are given. For trying out what a host makes of each.</p>
        ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing}
        <ul>
          ${this.state?.releases.map(({ version, about }) => this.#release(version, about, version === wanted))}
        </ul>
        <p id="published" class="quiet" role="status">${this.said}</p>
      </main>
    `;
  }

  #release(version: string, about: string, isWanted: boolean): TemplateResult {
    const isPublished = this.state?.published === version;
    return html`<li id=${`release-${version}`} data-published=${isPublished} data-wanted=${isWanted}>
      <h2><span class="number">${version}</span>${isPublished ? html` <span class="published">Published</span>` : nothing}</h2>
      <p>${about}</p>
      <button class=${isWanted ? "primary" : nothing} ?disabled=${isPublished} @click=${() => this.#publish(version)}>
        Publish <span class="number">${version}</span>
      </button>
    </li>`;
  }

  async #load(init?: RequestInit): Promise<void> {
    try {
      this.state = await readJson<Releases>(await request("/releases.json", init));
      this.problem = null;
    } catch (error) {
      this.problem = inWords(error);
    }
  }

  async #publish(version: string): Promise<void> {
    const headers = { "Content-Type": "application/json" };
    await this.#load({ method: "PUT", headers, body: JSON.stringify({ version }) });
    if (this.problem === null) this.said = `${version} is published. Hosts read it with their next page.`;
  }
}

customElements.define("trackwell-releases", TrackwellReleases);
