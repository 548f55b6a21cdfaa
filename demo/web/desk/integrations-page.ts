import { type Manifest, parseManifest, textFor } from "@partner-panel/manifest";
import { html, nothing, type TemplateResult } from "lit";
import { label, moment } from "../shared/format.js";
import { inWords } from "../shared/http.js";
import { LightElement } from "../shared/light-element.js";
import type { Desk } from "./app.js";
import "./audit-log.js";

/** What a partner asks for, before anybody has installed it; in words where its manifest cannot be had. */
type Asked = { manifest: Manifest } | { problem: string };

/** Which partners Desk shows, what each may do for this agent, and what it did. */
class DeskIntegrationsPage extends LightElement {
  static override properties = {
    desk: { attribute: false },
    asked: { state: true },
    busy: { state: true },
    problem: { state: true },
  };
  declare desk: Desk | null;
  declare asked: ReadonlyMap<string, Asked>;
  declare busy: string | null;
  declare problem: string | null;
  #stop = () => {};

  constructor() {
    super();
    this.desk = null;
    this.asked = new Map();
    this.busy = null;
    this.problem = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    document.title = "Integrations · Fernhill Desk";
    if (this.hasUpdated) this.#open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
  }

  override firstUpdated(): void {
    this.#open();
  }

  #open(): void {
    const { desk } = this;
    if (!desk) return;
    this.#stop = desk.partners.watch(() => this.requestUpdate());
    for (const [name, url] of Object.entries(desk.partners.known)) {
      void ask(url).then((asked) => {
        this.asked = new Map(this.asked).set(name, asked);
      });
    }
  }

  override render(): TemplateResult {
    const { desk } = this;
    const names = Object.keys(desk?.partners.known ?? {});
    return html`
      <section class="prose-page integrations">
        <h1>Integrations</h1>
        <p class="lede">
          Partners that Fernhill Desk shows beside your tickets. An administrator installs one for everybody; what it may then do
          is asked of each agent, and each agent can take it back.
        </p>
        <h2 id="partners-title">Partners</h2>
        ${this.problem ? html`<p id="integration-problem" class="problem" role="alert">${this.problem}</p>` : nothing}
        <ul class="partners" aria-labelledby="partners-title">
          ${names.map((name) => this.#partner(name))}
        </ul>
        <h2 id="grants-title">What they may do for you</h2>
        <p class="fine">
          What you allowed, ${desk?.agent.name}, in this browser. Taken back, it is over at once: in every panel, in this and in your other tabs.
        </p>
        <partner-grants aria-labelledby="grants-title"></partner-grants>
        <h2 id="audit-title">What partners did</h2>
        <p class="fine">
          Each call of a partner's view, and what Desk decided. Live, from the panels in this tab and in your other tabs of Desk. What was
          in a call is never kept.
        </p>
        <desk-audit-log .trail=${desk?.trail ?? null}></desk-audit-log>
      </section>
    `;
  }

  #partner(name: string): TemplateResult {
    const { partners } = this.desk as Desk;
    const { mayManage, installed } = partners.state;
    const record = installed.find((each) => each.partner === name);
    const asked = this.asked.get(name);
    const manifest = asked && "manifest" in asked ? asked.manifest : null;
    const title = manifest ? textFor(manifest.name) : label(name);
    return html`<li id=${`partner-${name}`} class="card partner" data-installed=${record !== undefined}>
      <div class="partner-head">
        <h3><bdi>${title}</bdi></h3>
        <p class="fine"><bdi dir="ltr">${new URL(partners.known[name] ?? "").origin}</bdi>${manifest ? `, version ${manifest.version}` : nothing}</p>
      </div>
      <p class="partner-state">
        ${
          record
            ? html`<span class="status" data-status="solved">Installed</span> ${record.by === null ? "with Desk" : html`by ${label(record.by)}, ${moment(record.at)}`}`
            : html`<span class="status" data-status="pending">Not installed</span>`
        }
      </p>
      ${asked === undefined ? html`<p class="skeleton"><i></i></p>` : "problem" in asked ? html`<p class="problem">${asked.problem}</p>` : wishes(asked.manifest)}
      ${
        mayManage
          ? html`<p><button
              id=${`${record ? "remove" : "install"}-${name}`}
              class=${record ? nothing : "primary"}
              ?disabled=${this.busy !== null || (!record && manifest === null)}
              @click=${() => this.#install(name, title, !record)}
            >${record ? "Remove" : "Install"} <span class="hidden">${title}</span></button></p>`
          : html`<p class="fine" id=${`not-yours-${name}`}>Only an administrator can ${record ? "remove" : "install"} it. Ask Ada.</p>`
      }
    </li>`;
  }

  async #install(name: string, title: string, isInstalled: boolean): Promise<void> {
    const { desk } = this;
    if (!desk) return;
    this.busy = name;
    this.problem = null;
    try {
      await desk.partners.install(name, isInstalled);
      desk.notify(`${title} is ${isInstalled ? "installed" : "removed"}`);
    } catch (error) {
      this.problem = inWords(error);
    } finally {
      this.busy = null;
    }
    // The button that was pressed is another one now.
    await this.updateComplete;
    this.querySelector<HTMLElement>(`#partner-${name} button`)?.focus();
  }
}

function wishes({ scopes, permissions }: Manifest): TemplateResult {
  const asks = Object.values(scopes);
  const frame = Object.keys(permissions);
  return html`
    <details>
      <summary>What it asks for</summary>
      <ul class="wishes">
        ${asks.map(
          ({ title, reason, optional }) => html`<li>
            <b><bdi>${textFor(title)}</bdi></b>${optional ? html` <span class="fine">optional</span>` : nothing}
            ${reason === undefined ? nothing : html`<br /><bdi class="fine">${textFor(reason)}</bdi>`}
          </li>`,
        )}
        ${frame.length > 0 ? html`<li><b>Of the browser</b> <span class="fine">${frame.join(", ")}</span></li>` : nothing}
      </ul>
      <p class="fine">Installing it allows none of this yet: each agent is asked.</p>
    </details>
  `;
}

/** A manifest, fetched and checked as a panel does. */
async function ask(url: string): Promise<Asked> {
  try {
    const response = await fetch(url, { cache: "no-cache", redirect: "error", credentials: "omit" });
    const parsed = parseManifest(await response.text(), { url });
    if (parsed.ok) return { manifest: parsed.manifest };
    return { problem: `Its manifest is refused. ${parsed.faults.map(({ message }) => message).join(" ")}` };
  } catch {
    return { problem: "It cannot be reached at present. What it was allowed to do stays as it is." };
  }
}

customElements.define("desk-integrations-page", DeskIntegrationsPage);
