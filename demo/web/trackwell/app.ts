import { html, nothing, type TemplateResult } from "lit";
import { inWords } from "../shared/http.js";
import { LightElement } from "../shared/light-element.js";
import { navigate, startRouter } from "../shared/router.js";
import type { Account, TrackwellApi } from "./api.js";
import "./issue-list.js";
import "./issue-page.js";
import type { Session } from "./session.js";

/** What Trackwell's pages work with, for as long as one account is signed in. */
export interface Trackwell {
  readonly api: TrackwellApi;
  readonly account: Account;
  /** Leaves for the provider, for what wants a sign-in of now; comes back to `path`. */
  signInAnew(path: string): Promise<void>;
}

type Phase =
  | { at: "starting" }
  | { at: "failed"; problem: string }
  | { at: "signed-out"; problem: string | null }
  | { at: "signed-in"; trackwell: Trackwell };

/** The whole of Trackwell Issues: its frame, who is signed in, and the page the path names. */
export class TrackwellApp extends LightElement {
  static override properties = { phase: { state: true }, url: { state: true }, problem: { state: true } };
  declare phase: Phase;
  declare url: URL;
  declare problem: string | null;
  /** Set by main.ts before the element is used. */
  session: Session | null = null;
  begin: (() => Promise<Trackwell>) | null = null;

  constructor() {
    super();
    this.phase = { at: "starting" };
    this.url = new URL(location.href);
    this.problem = null;
  }

  /** Finds out who is signed in, then shows the page. */
  async start(): Promise<void> {
    try {
      const path = await this.session?.restore();
      if (!path || !this.begin) {
        this.phase = { at: "signed-out", problem: null };
        return;
      }
      const trackwell = await this.begin();
      navigate(path, { replace: true });
      this.phase = { at: "signed-in", trackwell };
      startRouter((url) => this.#show(url));
    } catch (error) {
      this.phase = { at: "signed-out", problem: inWords(error) };
    }
  }

  /** It could not even be found out who is signed in. */
  failed(problem: string): void {
    this.phase = { at: "failed", problem };
  }

  /** The API does not know the account any more: back to the sign-in page, keeping the path. */
  async signedOut(): Promise<void> {
    if (this.phase.at !== "signed-in") return;
    this.phase = { at: "signed-out", problem: "Your session has ended. Sign in again to go on." };
    await this.session?.forget();
  }

  override render(): TemplateResult {
    const { phase } = this;
    if (phase.at === "starting") return html`<p class="starting" role="status">Opening Trackwell Issues…</p>`;
    if (phase.at === "failed") {
      return html`<main id="main" class="empty"><h1 role="alert">${phase.problem}</h1><button @click=${() => location.reload()}>Try again</button></main>`;
    }
    if (phase.at === "signed-out") return this.#door(phase.problem);
    const { trackwell } = phase;
    return html`
      <a class="skip" href="#main">Skip to the content</a>
      <header class="bar">
        <a class="brand" href="/" aria-label="Trackwell Issues, all issues"><span class="sign" aria-hidden="true"></span>Trackwell</a>
        <button id="account-button" popovertarget="account-menu" aria-haspopup="dialog">${trackwell.account.name}</button>
        <div id="account-menu" popover="auto" role="dialog" aria-label="Your account">
          <p><b>${trackwell.account.id}</b><br />${trackwell.account.email}</p>
          <button id="reset-demo" @click=${() => this.#reset(trackwell)}>Reset demo data</button>
          <button id="sign-out" @click=${() => this.session?.signOut()}>Sign out</button>
        </div>
      </header>
      <main id="main" tabindex="-1">
        ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : nothing} ${this.#page(trackwell)}
      </main>
    `;
  }

  #page(trackwell: Trackwell): TemplateResult {
    const [, section, id] = this.url.pathname.split("/");
    if (section === "issues" && id) {
      return html`<trackwell-issue-page .trackwell=${trackwell} .issueId=${decodeURIComponent(id)}></trackwell-issue-page>`;
    }
    if (section === "" || section === "issues") {
      return html`<trackwell-issue-list .trackwell=${trackwell}></trackwell-issue-list>`;
    }
    return html`<h1>This line ends here</h1><p>There is no such page. <a href="/">See all issues</a></p>`;
  }

  #door(problem: string | null): TemplateResult {
    return html`
      <main id="main" class="door">
        <p class="brand"><span class="sign" aria-hidden="true"></span>Trackwell</p>
        <h1>Every issue has a line. See where it stands.</h1>
        ${problem ? html`<p id="sign-in-problem" class="problem" role="alert">${problem}</p>` : nothing}
        <button id="sign-in" class="primary" @click=${this.#leave}>Sign in to Trackwell</button>
        <p class="quiet">With a Trackwell account of its own: Ada is a maintainer, Ben a guest who reads.</p>
      </main>
    `;
  }

  #show(url: URL): void {
    const moved = url.pathname !== this.url.pathname;
    this.url = url;
    if (moved)
      void this.updateComplete.then(() => this.querySelector<HTMLElement>("#main")?.focus({ preventScroll: true }));
  }

  async #leave(): Promise<void> {
    try {
      await this.session?.signIn(location.pathname);
    } catch (error) {
      this.phase = { at: "signed-out", problem: inWords(error) };
    }
  }

  async #reset(trackwell: Trackwell): Promise<void> {
    try {
      await trackwell.api.reset();
      location.reload();
    } catch (error) {
      this.problem = inWords(error);
    }
  }
}

customElements.define("trackwell-app", TrackwellApp);

declare global {
  interface HTMLElementTagNameMap {
    "trackwell-app": TrackwellApp;
  }
}
