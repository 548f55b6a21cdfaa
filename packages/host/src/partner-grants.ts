import { html, LitElement, type PropertyDeclarations, type TemplateResult } from "lit";
import { partnersConfig } from "./config.js";
import type { ConsentStore } from "./consent/consent-store.js";
import type { GrantsList } from "./grants/grants-list.js";
import type { GrantsStrings } from "./grants/grants-strings.js";
import { englishStrings } from "./strings.js";

/**
 * Lists, for a settings page, what the signed-in user allowed which partner to do: in the manifest's words, since when, when last
 * used; and takes it back with one press. Follows what happens in open panels and other tabs, and open panels follow it.
 *
 * What it shows is loaded when the element is first in a page.
 *
 * @tagname partner-grants
 *
 * @attribute {string} locale - BCP 47, for dates and the manifests' words. Default: the nearest `lang`, else the browser's.
 * @attribute {number} heading-level - Level of the partners' headings, 1 to 6. Default: 3.
 *
 * @property {ConsentStore | null} consent - In place of the page's consent store.
 * @property {Partial<GrantsStrings> | null} strings - In place of the page's texts, as far as given.
 *
 * @slot loading - In place of what is shown while permissions are read.
 * @slot empty - In place of the words for a user who allowed nothing.
 * @slot error - In place of the words and the retry button where the store cannot be read.
 *
 * @csspart loading
 * @csspart empty
 * @csspart error
 * @csspart retry-button
 * @csspart partner - One partner's card.
 * @csspart name - The partner's name.
 * @csspart origin
 * @csspart scope - One permission.
 * @csspart title
 * @csspart reason
 * @csspart since - Since when, and when last used.
 * @csspart revoke-button - Takes one permission back.
 * @csspart revoke-all-button - Takes all of a partner's back.
 * @csspart notice - What went wrong with a partner or with taking back.
 *
 * @cssproperty --partner-panel-accent - Of focus rings.
 * @cssproperty --partner-panel-danger - Of the buttons that take back.
 * @cssproperty --partner-panel-text
 * @cssproperty --partner-panel-muted
 * @cssproperty --partner-panel-line
 * @cssproperty --partner-panel-surface - Of the cards.
 * @cssproperty --partner-panel-font
 * @cssproperty --partner-panel-radius - Of the cards' corners.
 *
 * @fires {PartnerAuditEvent} partner-audit - A permission was taken back here; `instance` is empty.
 */
export class PartnerGrants extends LitElement {
  static override properties: PropertyDeclarations = {
    locale: {},
    headingLevel: { type: Number, attribute: "heading-level" },
    consent: { attribute: false },
    strings: { attribute: false },
  };

  declare locale: string;
  declare headingLevel: number;
  declare consent: ConsentStore | null;
  declare strings: Partial<GrantsStrings> | null;
  #list: GrantsList | null = null;
  #hasFailed = false;

  constructor() {
    super();
    this.locale = "";
    this.headingLevel = 3;
    this.consent = null;
    this.strings = null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#begin();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#list?.stop();
  }

  override render(): TemplateResult {
    if (this.#list !== null) return this.#list.render();
    if (!this.#hasFailed) return html`<slot name="loading"></slot>`;
    // The words of the list itself could not be loaded.
    const { error, retry } = { ...englishStrings, ...partnersConfig()?.strings };
    return html`<slot name="error">
      <p role="status">${error}</p>
      <button type="button" part="retry-button" @click=${() => this.#begin()}>${retry}</button>
    </slot>`;
  }

  override updated(): void {
    this.#list?.updated();
  }

  #begin(): void {
    if (this.#list !== null) return this.#list.start();
    import("./grants/grants-list.js").then(
      ({ GrantsList }) => {
        this.#list ??= new GrantsList(this);
        if (this.isConnected) this.#list.start();
        this.requestUpdate();
      },
      () => {
        this.#hasFailed = true;
        this.requestUpdate();
      },
    );
  }
}

declare global {
  interface HTMLElementTagNameMap {
    "partner-grants": PartnerGrants;
  }
}
