import { auditLog, type PanelAuditRecord } from "@partner-panel/host";
import { Tabs } from "./tabs.js";

/** How many decisions of other tabs are kept, as the page's own ring does: the oldest goes first, and is counted. */
const capacity = 1_000;

/** Between the tabs of one agent. `ask` is what a tab says when it opens; the others answer with what they have. */
type Said = { ask: true } | { records: readonly PanelAuditRecord[] };

/**
 * What partners did in the panels of this page, and of the agent's other tabs as far as they are open: each tab tells the others of
 * each decision. No payload is in a record, so nothing of a ticket is told.
 */
export class AuditTrail {
  readonly #tabs: Tabs<Said>;
  readonly #watchers = new Set<() => void>();
  /** By panel, number and time, for a record may come twice: as it happens, and in an answer. Oldest first. */
  readonly #others = new Map<string, PanelAuditRecord>();
  #dropped = 0;

  constructor(agent: string) {
    this.#tabs = new Tabs(`desk-audit ${agent}`, (said) => this.#hear(said));
    this.#tabs.say({ ask: true });
    document.addEventListener("partner-audit", this.#onAudit);
  }

  /** Newest first. */
  get records(): readonly PanelAuditRecord[] {
    return [...auditLog().records, ...this.#others.values()].toSorted((a, b) => b.at - a.at || b.seq - a.seq);
  }

  /** How many older decisions are no longer kept. */
  get dropped(): number {
    return auditLog().dropped + this.#dropped;
  }

  /** Calls `run` after each change; the returned function takes it back. */
  watch(run: () => void): () => void {
    this.#watchers.add(run);
    return () => this.#watchers.delete(run);
  }

  close(): void {
    this.#tabs.close();
    document.removeEventListener("partner-audit", this.#onAudit);
  }

  readonly #onAudit = ({ record }: HTMLElementEventMap["partner-audit"]): void => {
    this.#tabs.say({ records: [record] });
    this.#tell();
  };

  #hear(said: Said): void {
    if ("ask" in said) {
      const { records } = auditLog();
      if (records.length > 0) this.#tabs.say({ records });
      return;
    }
    for (const record of said.records) {
      this.#others.set(`${record.instance} ${record.seq} ${record.at}`, record);
      const [oldest] = this.#others.keys();
      if (this.#others.size <= capacity || oldest === undefined) continue;
      this.#others.delete(oldest);
      this.#dropped += 1;
    }
    this.#tell();
  }

  #tell(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }
}
