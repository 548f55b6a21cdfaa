import { expect, test } from "vitest";
import { auditLog, keepAudit, type PanelAuditRecord } from "./audit.js";

const record = (seq: number): PanelAuditRecord => ({
  seq,
  at: 0,
  partner: "trackwell",
  instance: "1",
  direction: "in",
  method: "ticket.get",
  scope: "ticket:read",
  decision: "allowed",
  reason: null,
  ms: 1,
});

test("the newest thousand are kept in order, and what was dropped is counted", () => {
  expect(auditLog()).toEqual({ records: [], dropped: 0 });
  for (let seq = 1; seq <= 1_000; seq += 1) keepAudit(record(seq));
  expect(auditLog().dropped).toBe(0);
  for (let seq = 1_001; seq <= 2_500; seq += 1) keepAudit(record(seq));
  const { records, dropped } = auditLog();
  expect(dropped).toBe(1_500);
  expect(records.map(({ seq }) => seq)).toEqual(Array.from({ length: 1_000 }, (_, index) => 1_501 + index));
});
