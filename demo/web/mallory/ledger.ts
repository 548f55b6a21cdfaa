import { html, nothing, type TemplateResult } from "lit";
import { LightElement } from "../shared/light-element.js";
import type { Attack, Outcome } from "./attacks.js";

/**
 * Mallory's book: each attack and what it got. For programs: every line's `<output>` has `data-got` (`nothing`, `pending`,
 * `allowed` or `something`) and `data-answer`; `#verdict` has `data-state` (`running`, `done`) and `data-got`, how many got something.
 */
export class MalloryLedger extends LightElement {
  static override properties = {
    heading: { attribute: false },
    note: { attribute: false },
    attacks: { attribute: false },
    outcomes: { state: true },
    done: { state: true },
  };
  declare heading: string;
  declare note: string | null;
  declare attacks: readonly Attack[];
  declare outcomes: ReadonlyMap<string, Outcome>;
  declare done: boolean;

  constructor() {
    super();
    this.heading = "";
    this.note = null;
    this.attacks = [];
    this.outcomes = new Map();
    this.done = false;
  }

  /** Runs the attacks one after another, in order. */
  async run(): Promise<void> {
    this.done = false;
    this.outcomes = new Map();
    for (const attack of this.attacks) {
      const result = await attack.run();
      this.outcomes = new Map(this.outcomes).set(attack.id, result);
    }
    this.done = true;
    await this.updateComplete;
  }

  override render(): TemplateResult {
    const got = this.attacks.filter(
      ({ id, allowed }) => !allowed && typeof this.outcomes.get(id)?.got === "string",
    ).length;
    const none = this.attacks.some(({ allowed }) => allowed) ? "nothing but what was allowed" : "nothing";
    const verdict = this.done ? `It got ${got === 0 ? none : `something, ${got} times`}.` : "Trying…";
    return html`
      <h1>${this.heading}</h1>
      <p><output id="verdict" data-state=${this.done ? "done" : "running"} data-got=${got}>${verdict}</output></p>
      ${this.note ? html`<p id="note">${this.note}</p>` : nothing}
      <ol id="ledger">
        ${this.attacks.map((attack) => this.#line(attack))}
      </ol>
    `;
  }

  #line({ id, title, allowed }: Attack): TemplateResult {
    const outcome = this.outcomes.get(id);
    const got = !outcome ? "pending" : outcome.got === null ? "nothing" : allowed ? "allowed" : "something";
    return html`<li>
      <span class="what">${title}</span>
      <output id=${`attack-${id}`} data-got=${got} data-answer=${outcome?.answer ?? nothing}>
        ${outcome ? (outcome.got ?? "nothing") : "…"}
      </output>
      <span class="answer">${outcome?.answer ?? ""}</span>
    </li>`;
  }
}

customElements.define("mallory-ledger", MalloryLedger);

/** The ledger in this page. */
export function ledger(): MalloryLedger {
  const found = document.querySelector("mallory-ledger");
  if (!(found instanceof MalloryLedger)) throw new Error("This page has no ledger");
  return found;
}
