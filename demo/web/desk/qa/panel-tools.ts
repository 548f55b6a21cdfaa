import type { PartnerPanel } from "@partner-panel/host";
import { html, nothing, type TemplateResult } from "lit";
import { LightElement } from "../../shared/light-element.js";
import { developerWords } from "./developer-words.js";

/** A remote control for the panel beside it, with what it told its page: `?tools=on`. */
class PanelTools extends LightElement {
  static override properties = {
    panelId: { attribute: false },
    states: { state: true },
    presses: { state: true },
    activity: { state: true },
    heights: { state: true },
    answer: { state: true },
  };
  declare panelId: string;
  /** The panel's states so far, one after another. */
  declare states: readonly string[];
  /** The shortcuts that the view passed on. */
  declare presses: number;
  declare activity: number;
  declare heights: readonly number[];
  /** What the last press came to. */
  declare answer: string;
  #ends = new AbortController();

  constructor() {
    super();
    this.panelId = "";
    this.states = [];
    this.presses = 0;
    this.activity = 0;
    this.heights = [];
    this.answer = "";
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#ends = new AbortController();
    const { signal } = this.#ends;
    const on = <Name extends keyof DocumentEventMap>(name: Name, run: (event: DocumentEventMap[Name]) => void) =>
      document.addEventListener(name, (event) => event.target === this.#panel && run(event), { signal });
    on("partner-statechange", ({ state }) => (this.states = [...this.states, state].slice(-shown)));
    on("partner-resize", ({ height }) => (this.heights = [...this.heights, height].slice(-shown)));
    on("partner-activity", () => (this.activity += 1));
    on("partner-dirty", () => this.requestUpdate());
    on("keydown", () => (this.presses += 1));
    const observer = new MutationObserver(() => this.requestUpdate());
    if (this.parentElement) observer.observe(this.parentElement, { subtree: true, attributeFilter: ["path"] });
    signal.addEventListener("abort", () => observer.disconnect());
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#ends.abort();
  }

  get #panel(): PartnerPanel | null {
    return document.querySelector<PartnerPanel>(`#${this.panelId}`);
  }

  override render(): TemplateResult {
    const panel = this.#panel;
    return html`
      <section class="card panel-tools" aria-labelledby="tools-title">
        <h2 id="tools-title">The panel, for QA</h2>
        <div class="tools" role="group" aria-labelledby="tools-title">
          ${Object.entries(tools).map(([id, { words, run }]) => html`<button id=${`tool-${id}`} @click=${() => this.#do(run)}>${words}</button>`)}
        </div>
        <p id="tool-answer" role="status">${this.answer}</p>
        <dl>
          <dt>States</dt><dd id="tool-states">${this.states.join(" → ") || (panel?.state ?? "not there yet")}</dd>
          <dt>Heights</dt><dd id="tool-heights">${this.heights.join(", ")}</dd>
          <dt>Told of activity</dt><dd id="tool-activity">${this.activity}</dd>
          <dt>Shortcuts passed on</dt><dd id="tool-presses">${this.presses}</dd>
          <dt>Something not saved</dt><dd id="tool-dirty">${panel?.dirty ? "yes" : "no"}</dd>
          <dt>Path</dt><dd id="tool-path">${panel?.path || "the view's entry"}</dd>
        </dl>
        ${panel?.error ? html`<div id="panel-error"><h3>What a developer is told</h3>${developerWords(panel.error)}</div>` : nothing}
      </section>
    `;
  }

  async #do(run: Tool["run"]): Promise<void> {
    const panel = this.#panel;
    const answer = panel ? await run(panel) : "There is no panel yet.";
    this.answer = typeof answer === "string" ? answer : "";
  }
}

/** How many states and heights are shown: the latest. */
const shown = 12;

interface Tool {
  readonly words: string;
  /** May answer what it came to, in words. */
  readonly run: (panel: PartnerPanel) => unknown;
}

const tools: Readonly<Record<string, Tool>> = {
  reload: { words: "Begin anew", run: (panel) => panel.reload() },
  hide: {
    words: "Hide or show",
    run: (panel) => {
      panel.hidden = !panel.hidden;
      return panel.hidden ? "Hidden." : "Shown.";
    },
  },
  suspend: { words: "Suspend", run: (panel) => panel.suspend() },
  resume: { words: "Resume", run: (panel) => panel.resume() },
  move: { words: "Move", run: move },
  dialog: { words: "In a window", run: async (panel) => (await panel.requestDisplay("dialog")).mode },
  fullscreen: { words: "As large as the page", run: async (panel) => (await panel.requestDisplay("fullscreen")).mode },
  focus: { words: "Focus its end", run: (panel) => panel.focus({ edge: "end" }) },
  close: {
    words: "Close",
    run: async (panel) =>
      (await panel.requestClose({ reason: "qa" })).closed ? "Closed." : "Not closed: something would be lost.",
  },
};

/** To the other place on the page: with its session where the browser can move an element as it is, else with a new one. */
function move(panel: PartnerPanel): string {
  const here = panel.parentElement;
  const there = [...document.querySelectorAll<HTMLElement>("section.linked-issue")].find(
    (place) => place !== here && (place.id === "other-place" || !here || here.id === "other-place"),
  );
  if (!here || !there) return "There is no other place.";
  there.hidden = false;
  // In no list of types yet.
  const moveBefore: unknown = Reflect.get(there, "moveBefore");
  const isKept = typeof moveBefore === "function";
  if (isKept) moveBefore.call(there, panel, null);
  else there.append(panel);
  here.hidden = true;
  return isKept
    ? "Moved, with its session (moveBefore)."
    : "Moved; this browser has no moveBefore, so it connects anew.";
}

customElements.define("desk-panel-tools", PanelTools);
