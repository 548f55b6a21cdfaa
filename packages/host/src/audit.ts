import type { AuditEvent } from "@partner-panel/postmessage-rpc";

/** A decision at one panel's bridge. Payloads are never in it. */
export interface PanelAuditRecord extends AuditEvent {
  /** The partner by the name that the page gives it. */
  readonly partner: string;
  /** The panel's `instanceId`. */
  readonly instance: string;
}

/** How many records are kept: the oldest goes first, and is counted. */
const capacity = 1_000;

const ring: PanelAuditRecord[] = [];
let next = 0;
let dropped = 0;

/** Keeps a record for {@link auditLog}. */
export function keepAudit(record: PanelAuditRecord): void {
  if (ring.length === capacity) dropped += 1;
  ring[next] = record;
  next = (next + 1) % capacity;
}

/**
 * The newest 1,000 decisions of all panels on this page, oldest first, and how many older ones were dropped. Each was also told
 * as a `partner-audit` event when it was made.
 */
export function auditLog(): { readonly records: readonly PanelAuditRecord[]; readonly dropped: number } {
  return { records: [...ring.slice(next), ...ring.slice(0, next)], dropped };
}
