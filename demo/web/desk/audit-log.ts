import { auditLines, type PanelAuditRecord } from "@partner-panel/host";
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { label } from "../shared/format.js";
import { LightElement } from "../shared/light-element.js";
import type { AuditTrail } from "./audit-trail.js";

const decisions = ["allowed", "denied", "failed", "ended"] as const;
/** Rows shown before "Show more": a table of thousands is slow, and nobody reads it. */
const page = 100;

/** What partners did, newest first, as it happens: by partner and decision, to be paused, and to be taken away as JSON lines. */
class DeskAuditLog extends LightElement {
  static override properties = {
    trail: { attribute: false },
    partner: { state: true },
    decision: { state: true },
    paused: { state: true },
    rows: { state: true },
  };
  declare trail: AuditTrail | null;
  declare partner: string;
  declare decision: (typeof decisions)[number] | "all";
  /** What is shown while paused; null: whatever there is. */
  declare paused: readonly PanelAuditRecord[] | null;
  declare rows: number;
  #stop = () => {};
  #isDrawing = false;
  #file = "";

  constructor() {
    super();
    this.trail = null;
    this.partner = "all";
    this.decision = "all";
    this.paused = null;
    this.rows = page;
  }

  override updated(changed: Map<PropertyKey, unknown>): void {
    if (changed.has("trail")) this.#watch();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.hasUpdated) this.#watch();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop();
    URL.revokeObjectURL(this.#file);
  }

  #watch(): void {
    this.#stop();
    this.#stop = this.trail?.watch(() => this.#draw()) ?? (() => {});
  }

  /** Once a picture, however many decisions come between two. */
  #draw(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      this.requestUpdate();
    });
  }

  override render(): TemplateResult {
    const now = this.trail?.records ?? [];
    const all = this.paused ?? now;
    const fitting = all.filter(
      ({ partner, decision }) =>
        (this.partner === "all" || partner === this.partner) && (this.decision === "all" || decision === this.decision),
    );
    const partners = [...new Set(now.map(({ partner }) => partner))].toSorted();
    const dropped = this.trail?.dropped ?? 0;
    const waiting = now.length - all.length;
    return html`
      <div class="audit-tools" role="group" aria-label="The list below">
        <label class="field-inline">
          Partner
          <select id="audit-partner" @change=${(event: Event) => (this.partner = (event.target as HTMLSelectElement).value)}>
            <option value="all">Any</option>
            ${partners.map((partner) => html`<option value=${partner} ?selected=${partner === this.partner}>${partnerName(partner)}</option>`)}
          </select>
        </label>
        <label class="field-inline">
          Decision
          <select id="audit-decision" @change=${(event: Event) => (this.decision = (event.target as HTMLSelectElement).value as this["decision"])}>
            <option value="all">Any</option>
            ${decisions.map((decision) => html`<option value=${decision}>${label(decision)}</option>`)}
          </select>
        </label>
        <button id="audit-pause" aria-pressed=${this.paused !== null} @click=${() => (this.paused = this.paused ? null : now)}>
          Pause
        </button>
        <button id="audit-download" ?disabled=${now.length === 0} @click=${() => this.#download(now)}>Download JSON lines</button>
      </div>
      <p id="audit-count" class="fine" role="status">
        ${count(fitting.length, all.length)}${this.paused && waiting > 0 ? `, paused; ${waiting} more since` : this.paused ? ", paused" : ""}${
          dropped > 0 ? html`, <span id="audit-dropped">${dropped} older ones no longer kept</span>` : nothing
        }.
      </p>
      ${all.length === 0 ? nothing : this.#table(fitting)}
    `;
  }

  #download(records: readonly PanelAuditRecord[]): void {
    // The browser reads it after this returns, so the last one is let go with the next, or with this list.
    URL.revokeObjectURL(this.#file);
    const lines = auditLines({ records: records.toReversed(), dropped: 0 });
    this.#file = URL.createObjectURL(new Blob([lines], { type: "application/jsonl" }));
    const link = document.createElement("a");
    link.href = this.#file;
    link.download = `partner-audit-${new Date().toISOString().slice(0, 19).replaceAll(":", "")}.jsonl`;
    link.click();
  }

  #table(fitting: readonly PanelAuditRecord[]): TemplateResult {
    const more = fitting.length - this.rows;
    return html`
      <div class="audit-scroll" role="region" aria-labelledby="audit-title" tabindex="0">
        <table id="audit">
          <thead>
            <tr>
              <th scope="col">Time</th>
              <th scope="col">Partner</th>
              <th scope="col">What it did</th>
              <th scope="col">Scope</th>
              <th scope="col">Decision</th>
              <th scope="col" class="audit-ms">Took</th>
            </tr>
          </thead>
          <tbody>
            ${repeat(fitting.slice(0, this.rows), nameOf, row)}
          </tbody>
        </table>
        ${more > 0 ? html`<button id="audit-more" class="link" @click=${() => (this.rows += page)}>Show ${Math.min(more, page)} more</button>` : nothing}
      </div>
    `;
  }
}

function count(fitting: number, all: number): string {
  if (all === 0) return "Nothing yet: it begins when a panel is open in this or another tab";
  const words = all === 1 ? "1 decision" : `${all} decisions`;
  return fitting === all ? words : `${fitting} of ${words}`;
}

/** Decisions that are about no call. */
const about: ReadonlyMap<string | null, string> = new Map([
  ["METHOD_NOT_FOUND", "A call that Desk does not know"],
  ["CONSENT_GRANTED", "You allowed it"],
  ["CONSENT_REFUSED", "You said not now"],
  ["CONSENT_SILENT", "Asked once more, after three Nos"],
  ["CONSENT_REVOKED", "Taken back"],
  ["MANIFEST_ROLLBACK", "Went back to an older version"],
  ["MANIFEST_WIDENED", "A new version asks for more"],
]);

/** By its manifest's id, `com.trackwell.issues`, where it is not one that this page names. */
const partnerName = (partner: string) => (partner.includes(".") ? partner : label(partner));

const nameOf = ({ instance, seq, at }: PanelAuditRecord) => `${instance} ${seq} ${at}`;

function row(record: PanelAuditRecord): TemplateResult {
  const { at, partner, direction, method, scope, decision, reason, ms } = record;
  const date = new Date(at);
  return html`<tr data-decision=${decision}>
    <td class="number"><time datetime=${date.toISOString()}>${time.format(date)}</time></td>
    <td>${partnerName(partner)}</td>
    <td>
      ${
        method === null
          ? (about.get(reason) ?? html`<span class="quiet">its panel</span>`)
          : html`${direction === "out" ? html`<span class="quiet">answered </span>` : nothing}<code>${method}</code>`
      }
    </td>
    <td>${scope === null ? html`<span class="quiet" aria-label="none">–</span>` : html`<code>${scope}</code>`}</td>
    <td>
      <span class="decision" data-decision=${decision}>${label(decision)}</span>
      ${reason === null ? nothing : html`<code class="audit-reason">${reason}</code>`}
    </td>
    <td class="number audit-ms">${milliseconds(ms)}</td>
  </tr>`;
}

const time = new Intl.DateTimeFormat("en", {
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  fractionalSecondDigits: 3,
  hourCycle: "h23",
});

function milliseconds(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  return ms < 60_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms / 60_000)} min`;
}

customElements.define("desk-audit-log", DeskAuditLog);
