import { PartnerPanel } from "@partner-panel/host";
import { html, nothing, type TemplateResult } from "lit";
import { LightElement } from "../shared/light-element.js";
import { navigate } from "../shared/router.js";
import type { Desk } from "./app.js";
import { faults } from "./qa/faults.js";
import "./qa/panel-tools.js";
import { type Switches, switchWords, usual } from "./qa/switches.js";

/** Trackwell's issue beside the ticket: the partner's own view, in a panel. For QA the page's address says what is not as usual. */
class DeskLinkedIssue extends LightElement {
  static override properties = {
    desk: { attribute: false },
    ticketId: { attribute: false },
    switches: { attribute: false },
    isOpen: { state: true },
  };
  declare desk: Desk | null;
  declare ticketId: string;
  declare switches: Switches;
  /** Where the panel waits for a press: whether that has come. */
  declare isOpen: boolean;

  #stop = () => {};

  constructor() {
    super();
    this.desk = null;
    this.ticketId = "";
    this.switches = usual;
    this.isOpen = false;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#watch();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
    document.documentElement.style.colorScheme = "";
  }

  override firstUpdated(): void {
    this.#watch();
  }

  /** By script, for Desk's own policy allows no style in the markup. */
  override updated(): void {
    const { theme, width } = this.switches;
    document.documentElement.style.colorScheme = theme === "auto" ? "" : theme;
    const place = this.querySelector<HTMLElement>("section.linked-issue");
    if (place) place.style.inlineSize = width === null ? "" : `${width}px`;
  }

  #watch(): void {
    this.#stop();
    this.#stop = this.desk?.partners.watch(() => this.requestUpdate()) ?? (() => {});
  }

  override render(): TemplateResult {
    if (!this.desk?.partners.isInstalled("trackwell")) {
      return html`<section id="not-installed" class="card">
        <h2>Linked issue</h2>
        <p class="quiet">A Trackwell issue is linked to this ticket, but Trackwell is not installed. <a href="/integrations">Integrations</a></p>
      </section>`;
    }
    const { switches } = this;
    const words = switchWords(switches);
    return html`
      ${switches.prewarm === "on" && !this.isOpen ? this.#opener() : this.#panel()}
      ${words.length > 0 ? html`<p id="switched" class="fine">For QA: ${words.join("; ")}.</p>` : nothing}
      ${switches.tools === "on" ? html`<desk-panel-tools .panelId=${"linked-issue"}></desk-panel-tools>` : nothing}
      ${this.#beside()}
      <details id="permissions" class="card permissions">
        <summary>What partners may do</summary>
        <partner-grants></partner-grants>
        <p class="fine">Everything they did stands under <a href="/integrations">Integrations</a>.</p>
      </details>
    `;
  }

  #panel(): TemplateResult {
    const { switches } = this;
    const { qa, theme, locale, route } = switches;
    const isRightToLeft = locale !== null && /^(ar|fa|he|ur)\b/.test(locale);
    // Two places: the panel's tools move it from one to the other.
    return html`
      <section
        class="linked-issue"
        lang=${locale ?? nothing}
        dir=${isRightToLeft ? "rtl" : nothing}
      >
        <partner-panel
          id="linked-issue"
          partner=${qa === "unknown-partner" ? "nobody" : "trackwell"}
          view=${qa === "unknown-view" ? "no-such-view" : "issue"}
          label="Linked issue"
          context=${JSON.stringify({ ticketId: this.ticketId })}
          path=${route || (faults.find(({ id }) => id === qa)?.path ?? nothing)}
          display=${switches.display === "inline" ? nothing : switches.display}
          theme=${theme}
          locale=${locale ?? nothing}
          time-zone=${switches["time-zone"] ?? nothing}
          max-height=${switches["max-height"] ?? nothing}
          loading=${switches.loading}
          ?keep-alive=${switches["keep-alive"] === "on"}
          @partner-consentrequest=${this.#onConsentRequest}
          @partner-navigate=${this.#onNavigate}
        ></partner-panel>
      </section>
      ${switches.tools === "on" ? html`<section id="other-place" class="linked-issue" hidden></section>` : nothing}
    `;
  }

  /** Whoever comes near the button is likely to press it. */
  #opener(): TemplateResult {
    const prewarm = () => void PartnerPanel.prewarm("trackwell");
    return html`<section class="card">
      <h2>Linked issue</h2>
      <button id="open-issue" @pointerenter=${prewarm} @focus=${prewarm} @click=${() => (this.isOpen = true)}>Show the issue</button>
    </section>`;
  }

  #onConsentRequest(event: HTMLElementEventMap["partner-consentrequest"]): void {
    if (this.switches.consent === "refuse") event.respondWith([]);
  }

  /** The view shows another of its pages: a step that the browser's Back button takes back, where the address says so. */
  #onNavigate({ path }: HTMLElementEventMap["partner-navigate"]): void {
    if (this.switches.route === null) return;
    const url = new URL(location.href);
    url.searchParams.set("route", path);
    navigate(url.href, { keepsPlace: true });
  }

  /** A second panel on the same ticket. */
  #beside(): TemplateResult | typeof nothing {
    const { beside } = this.switches;
    if (beside === "nobody" || !this.desk?.partners.isInstalled(beside)) return nothing;
    return html`<section class="linked-issue">
      ${
        beside === "mallory"
          ? html`<partner-panel id="beside" partner="mallory" view="attacks" label="Mallory, beside the linked issue" min-height="320"></partner-panel>`
          : html`<partner-panel id="beside" partner="trackwell" view="issue" label="The same issue once more" context=${JSON.stringify({ ticketId: this.ticketId })}></partner-panel>`
      }
    </section>`;
  }
}

customElements.define("desk-linked-issue", DeskLinkedIssue);
