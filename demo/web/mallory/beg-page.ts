import { html, nothing, type TemplateResult } from "lit";
import { LightElement } from "../shared/light-element.js";
import { type Answer, sayHello, Wire } from "./wire.js";

/**
 * Requests in flight, under the limit of 64: one who broke that would be cut off, and could beg no more. By itself the page uses
 * fewer, so that what begins with a press goes out at once.
 */
const atOnce = { unasked: 50, pressed: 60 };
const requests = 100;
/** How long the keyboard is pulled at, in milliseconds. */
const pulling = 5_000;

/**
 * Mallory begs for a yes. For programs: `#begged` has `data-asked`, `data-answered` and `data-granted`, how many of its requests
 * there were, were answered, and brought it something; `data-state` is `waiting`, `begging` or `done`.
 */
class MalloryBeggar extends LightElement {
  static override properties = {
    how: { state: true },
    state: { state: true },
    tally: { state: true },
    note: { state: true },
  };
  declare how: string;
  declare state: "waiting" | "begging" | "done";
  declare tally: { asked: number; answered: number; granted: number };
  declare note: string;
  #wire: Wire | null = null;
  /** Requests yet to be made. */
  #left = 0;

  constructor() {
    super();
    this.how = new URLSearchParams(location.search).get("how") ?? "hundred";
    this.state = "waiting";
    this.tally = { asked: 0, answered: 0, granted: 0 };
    this.note = "";
  }

  override firstUpdated(): void {
    void this.#open();
  }

  async #open(): Promise<void> {
    if (window.parent === window) {
      this.note = "This page begs from inside a panel. Open it in Fernhill Desk, under “Mallory”.";
      return;
    }
    const welcome = await sayHello(window.parent, 8_000);
    if (!welcome) {
      this.note = "Nobody answered: there is nobody to beg of.";
      return;
    }
    const wire = new Wire(welcome.port);
    this.#wire = wire;
    await wire.hears("panel.opened");
    const sizes = new ResizeObserver(() =>
      wire.notify("panel.size", { height: document.documentElement.offsetHeight }),
    );
    sizes.observe(document.documentElement);
    wire.notify("panel.ready", {});
    // At once, with nobody having touched this panel.
    if (this.how === "hundred") await this.#beg(requests, atOnce.unasked);
  }

  override render(): TemplateResult {
    const { asked, answered, granted } = this.tally;
    return html`
      <h1>${titles.get(this.how) ?? "Begging"}</h1>
      <p>
        <output id="begged" data-state=${this.state} data-asked=${asked} data-answered=${answered} data-granted=${granted}>
          Begged ${asked} times, answered ${answered} times, got ${granted === 0 ? "nothing" : `something ${granted} times`}.
        </output>
      </p>
      ${this.note ? html`<p id="note">${this.note}</p>` : nothing} ${this.#bait()}
    `;
  }

  #bait(): TemplateResult {
    switch (this.how) {
      case "focus":
        return html`<p><button id="beg" @click=${this.#pull}>Beg, and pull at the keyboard</button></p>
          <p><label>What was typed here: <input id="loot" autocomplete="off" /></label></p>`;
      case "double-click":
        return html`<button id="beg" class="bait" @click=${() => this.#beg(1)}>Double-click to win</button>`;
      default:
        return html`<p><button id="beg" @click=${() => this.#beg(requests)}>Beg a hundred times</button></p>`;
    }
  }

  async #beg(times: number, most = atOnce.pressed): Promise<void> {
    this.#left += times;
    this.state = "begging";
    const { answered, asked } = this.tally;
    await Promise.all(Array.from({ length: Math.max(0, most - (asked - answered)) }, () => this.#begInTurn()));
    if (this.tally.answered === this.tally.asked) this.state = "done";
  }

  async #begInTurn(): Promise<void> {
    while (this.#wire && this.#left > 0) {
      this.#left -= 1;
      this.#count({ asked: 1 });
      const answer = await this.#wire.call(
        "panel.scopes.request",
        { scopes: ["ticket:read"] },
        Number.POSITIVE_INFINITY,
      );
      this.#count({ answered: 1, granted: isGranted(answer) ? 1 : 0 });
    }
  }

  /** A frame of another site can take the focus from a modal dialog, and needs no gesture for it. */
  #pull(): void {
    void this.#beg(1);
    const field = this.querySelector<HTMLInputElement>("#loot");
    const end = Date.now() + pulling;
    const pull = setInterval(() => {
      window.focus();
      field?.focus();
      if (Date.now() < end) return;
      clearInterval(pull);
      this.note = "Stopped pulling.";
    }, 50);
  }

  #count({ asked = 0, answered = 0, granted = 0 }): void {
    const { tally } = this;
    this.tally = {
      asked: tally.asked + asked,
      answered: tally.answered + answered,
      granted: tally.granted + granted,
    };
  }
}

const titles = new Map([
  ["hundred", "Please, please, please"],
  ["focus", "Look over here"],
  ["double-click", "You have won"],
]);

function isGranted(answer: Answer): boolean {
  return "result" in answer && JSON.stringify(answer.result).includes('"granted":["ticket:read"]');
}

customElements.define("mallory-beggar", MalloryBeggar);
