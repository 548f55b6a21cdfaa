import { signOut as endPanels, type StepUp } from "@partner-panel/host";
import type { SignIn } from "@partner-panel/host/sign-in";
import { html, nothing, type TemplateResult } from "lit";
import { inWords } from "../shared/http.js";
import { LightElement } from "../shared/light-element.js";
import { navigate, startRouter } from "../shared/router.js";
import type { Agent, DeskApi } from "./api.js";
import type { AuditTrail } from "./audit-trail.js";
import { mark } from "./icons.js";
import type { LiveTickets } from "./live.js";
import type { Partners } from "./panels.js";
import { readSwitches, usual } from "./qa/switches.js";
import "./agent-menu.js";
import "./dashboard-page.js";
import "./integrations-page.js";
import "./mallory-page.js";
import "./qa/qa-page.js";
import "./sign-in-page.js";
import "./ticket-list.js";
import "./ticket-page.js";

/** Where Desk's provider sends the browser back to; registered there. */
export const callbackPath = "/callback";

/** What the pages of Desk work with, for as long as one agent is signed in. */
export interface Desk {
  readonly agent: Agent;
  readonly api: DeskApi;
  readonly live: LiveTickets;
  readonly partners: Partners;
  /** What partners did, in this tab and the agent's others. */
  readonly trail: AuditTrail;
  /** Has the agent sign in again, because a partner wants to know that it is still them. */
  readonly confirm: StepUp;
  /** Says something to the agent in passing, politely. */
  notify(text: string): void;
  /** Takes away what was made for this agent beside the page. */
  close(): void;
}

type Phase =
  | { at: "starting" }
  | { at: "failed"; problem: string }
  | { at: "signed-out"; problem: string | null }
  | { at: "signed-in"; desk: Desk };

/** The whole of Fernhill Desk: its frame, who is signed in, and the page the path names. */
export class DeskApp extends LightElement {
  static override properties = { phase: { state: true }, url: { state: true }, notice: { state: true } };
  declare phase: Phase;
  declare url: URL;
  declare notice: string;
  /** Set by main.ts before the element is used. */
  signIn: SignIn | null = null;
  /** Called with the agent once signed in; makes the panels and gives back what the pages work with. */
  begin: ((notify: Desk["notify"]) => Promise<Desk>) | null = null;
  #noticeTimer: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.phase = { at: "starting" };
    this.url = new URL(location.href);
    this.notice = "";
  }

  /** Finds out who is signed in, then shows the page. */
  async start(): Promise<void> {
    const { signIn, begin } = this;
    if (!signIn || !begin) return;
    try {
      const { handled, state } = await signIn.handleRedirect();
      if (!(await signIn.user())) {
        this.phase = { at: "signed-out", problem: null };
        return;
      }
      const desk = await begin((text) => this.#notify(text));
      if (handled) navigate(typeof state === "string" ? state : "/tickets", { replace: true });
      this.phase = { at: "signed-in", desk };
      startRouter((url) => this.#show(url));
    } catch (error) {
      this.phase = { at: "signed-out", problem: inWords(error) };
    }
  }

  /** It could not even be found out who is signed in. */
  failed(problem: string): void {
    this.phase = { at: "failed", problem };
  }

  /** The agent is nobody here any more: back to the sign-in page, keeping the path. */
  async signedOut(problem = "Your session has ended. Sign in again to go on."): Promise<void> {
    if (this.phase.at !== "signed-in") return;
    closeDesk(this.phase.desk);
    this.phase = { at: "signed-out", problem };
    await this.signIn?.manager.removeUser();
  }

  override render(): TemplateResult {
    const { phase } = this;
    if (phase.at === "starting") return html`<p class="starting" role="status">Opening Fernhill Desk…</p>`;
    if (phase.at === "failed") {
      return html`<main id="main" class="empty"><h1 role="alert">${phase.problem}</h1><button @click=${() => location.reload()}>Try again</button></main>`;
    }
    if (phase.at === "signed-out") {
      return html`<desk-sign-in .problem=${phase.problem} @desk-sign-in=${this.#leave}></desk-sign-in>`;
    }
    const { desk } = phase;
    return html`
      <a class="skip" href="#main">Skip to the content</a>
      <header class="rail">
        <a class="brand" href="/tickets" aria-label="Fernhill Desk, all tickets">
          ${mark}<span>Fernhill<b>Desk</b></span>
        </a>
        <nav aria-label="Desk">
          ${this.#link("/tickets", "Tickets")} ${this.#link("/dashboard", "Dashboard")}
          ${this.#link("/integrations", "Integrations")}
          ${this.#link("/partners/mallory", "Mallory")} ${this.#link("/qa", "QA")}
        </nav>
        <desk-agent-menu .desk=${desk} @desk-sign-out=${this.#signOut} @desk-reset=${this.#reset}></desk-agent-menu>
      </header>
      <main id="main" tabindex="-1">${this.#page(desk)}</main>
      <p id="notice" class=${this.notice ? "notice shown" : "notice"} role="status">${this.notice}</p>
    `;
  }

  #page(desk: Desk): TemplateResult {
    const [, section, id] = this.url.pathname.split("/");
    if (section === "tickets" && id) {
      return html`<desk-ticket-page
        .desk=${desk}
        .ticketId=${decodeURIComponent(id)}
        .switches=${readSwitches(this.url)}
      ></desk-ticket-page>`;
    }
    if (section === "integrations") return html`<desk-integrations-page .desk=${desk}></desk-integrations-page>`;
    if (section === "partners" && id === "mallory") {
      return html`<desk-mallory-page .desk=${desk} .search=${this.url.search}></desk-mallory-page>`;
    }
    if (section === "dashboard") {
      return html`<desk-dashboard-page .desk=${desk} .search=${this.url.search}></desk-dashboard-page>`;
    }
    if (section === "qa") return html`<desk-qa-page .desk=${desk}></desk-qa-page>`;
    if (section === "" || section === "tickets") return html`<desk-ticket-list .desk=${desk}></desk-ticket-list>`;
    return html`<section class="empty"><h1>There is nothing here</h1><p><a href="/tickets">Back to the tickets</a></p></section>`;
  }

  #link(path: string, words: string): TemplateResult {
    const here = this.url.pathname.startsWith(path) || (path === "/tickets" && this.url.pathname === "/");
    return html`<a href=${path} aria-current=${here ? "page" : nothing}>${words}</a>`;
  }

  #show(url: URL): void {
    const moved = url.pathname !== this.url.pathname;
    // Before rendering: the panel must find what it is switched to.
    if (this.phase.at === "signed-in") this.phase.desk.partners.switchTo(onTicket(url) ? readSwitches(url) : usual);
    this.url = url;
    // A page change without a page load: the keyboard and a screen reader start again at the content.
    if (moved)
      void this.updateComplete.then(() => this.querySelector<HTMLElement>("#main")?.focus({ preventScroll: true }));
  }

  #notify(text: string): void {
    clearTimeout(this.#noticeTimer);
    this.notice = text;
    this.#noticeTimer = setTimeout(() => (this.notice = ""), 5_000);
  }

  async #leave(): Promise<void> {
    try {
      const here = location.pathname === callbackPath ? "/tickets" : location.pathname + location.search;
      await this.signIn?.signIn({ state: here });
    } catch (error) {
      this.phase = { at: "signed-out", problem: inWords(error) };
    }
  }

  async #signOut(): Promise<void> {
    if (this.phase.at !== "signed-in") return;
    const { desk } = this.phase;
    // In every tab, and before anything else: partners' views forget the agent while the servers are still being told.
    endPanels();
    closeDesk(desk);
    await Promise.race([desk.api.logOut(), new Promise((goOn) => setTimeout(goOn, patience))]);
    try {
      await this.signIn?.signOut();
    } catch (error) {
      this.#notify(inWords(error));
    }
  }

  async #reset(): Promise<void> {
    if (this.phase.at !== "signed-in") return;
    try {
      await this.phase.desk.api.reset();
      // Everything on the page may be about data that is gone.
      location.reload();
    } catch (error) {
      this.#notify(inWords(error));
    }
  }
}

const onTicket = ({ pathname }: URL) => pathname.startsWith("/tickets/");

/** Milliseconds that Desk's back end may take to tell partners of a sign-out before the page goes on without knowing. */
const patience = 2_000;

/** Ends what would go on without a page. */
function closeDesk(desk: Desk): void {
  for (const each of [desk.live, desk.partners, desk.trail, desk]) each.close();
}

customElements.define("desk-app", DeskApp);

declare global {
  interface HTMLElementTagNameMap {
    "desk-app": DeskApp;
  }
}
