import { type AuditEvent, systemClock } from "@partner-panel/postmessage-rpc";

/**
 * A decision about one panel: at its bridge, by its user, or about its manifest. Payloads are never in it. `reason` is the bridge's
 * code, a panel's (`docs/errors.md`), or one of `CONSENT_GRANTED`, `CONSENT_REFUSED`, `CONSENT_SILENT` (not asked, after three
 * Nos), `CONSENT_REVOKED`, `MANIFEST_ROLLBACK` (an older version than the one last seen), `MANIFEST_WIDENED` (asks for more than
 * this user agreed to; the rest is asked for).
 */
export interface PanelAuditRecord extends AuditEvent {
  /** Counts the decisions of this page, from 1. */
  seq: number;
  /** The partner by the name that the page gives it; by its manifest's `id` where the page names it no more. */
  readonly partner: string;
  /** The panel's `instanceId`; empty for what was decided in `<partner-grants>`. */
  readonly instance: string;
}

/** A decision before it has its number and its panel. */
export type Decided = Omit<AuditEvent, "seq">;

/** A decision that is about no call. */
export function decided(decision: Decided["decision"], reason: string, scope: string | null = null, ms = 0): Decided {
  return { at: systemClock.wall(), direction: "in", method: null, scope, decision, reason, ms: Math.round(ms) };
}

/** What `auditLog` gives. */
export interface AuditLog {
  /** Oldest first. */
  readonly records: readonly PanelAuditRecord[];
  /** How many older ones went. */
  readonly dropped: number;
}

/** How many records are kept: the oldest goes first, and is counted. */
const capacity = 1_000;

const ring: PanelAuditRecord[] = [];
let seq = 0;

/** Numbers a decision, and keeps it for {@link auditLog}. */
export function keepAudit(made: Decided, partner: string, instance: string): PanelAuditRecord {
  const { at, direction, method, scope, decision, reason } = made;
  const ms = Math.round(made.ms);
  const place = seq % capacity;
  seq += 1;
  const record = Object.freeze({ seq, at, partner, instance, direction, method, scope, decision, reason, ms });
  ring[place] = record;
  return record;
}

/**
 * The newest 1,000 decisions of all panels on this page, and how many older ones were dropped. Each was also told as a
 * `partner-audit` event when it was made.
 */
export function auditLog(): AuditLog {
  const oldest = seq % capacity;
  const records = seq <= capacity ? [...ring] : [...ring.slice(oldest), ...ring.slice(0, oldest)];
  return { records, dropped: seq - records.length };
}

/**
 * The log as JSON lines (https://jsonlines.org), one record a line, for a file or a log collector. `seq` has no gaps within it: a
 * first one that is not 1 says how many were dropped.
 *
 * @param log what to write; what `auditLog()` gives now if left out.
 */
export function auditLines({ records }: AuditLog = auditLog()): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join("");
}
