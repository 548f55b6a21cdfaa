import { expect, test } from "vitest";
import { auditLines, auditLog, type Decided, keepAudit } from "./audit.js";

const decided = (ms: number): Decided => ({
  at: 0,
  direction: "in",
  method: "ticket.get",
  scope: "ticket:read",
  decision: "allowed",
  reason: null,
  ms,
});

test("the newest thousand are kept in order, and what was dropped is counted", () => {
  expect(auditLog()).toEqual({ records: [], dropped: 0 });
  expect(auditLines()).toBe("");
  for (let count = 1; count <= 1_000; count += 1) keepAudit(decided(count), "trackwell", "1");
  expect(auditLog().dropped).toBe(0);
  expect(auditLog().records).toHaveLength(1_000);
  for (let count = 1_001; count <= 2_500; count += 1) keepAudit(decided(count), "trackwell", "1");
  const { records, dropped } = auditLog();
  expect(dropped).toBe(1_500);
  expect(records.map(({ seq }) => seq)).toEqual(Array.from({ length: 1_000 }, (_, index) => 1_501 + index));
  expect(records.every(({ seq, ms }) => seq === ms)).toBe(true);
});

test("as JSON lines each record is a line of its own, with these members and no more", () => {
  const record = keepAudit({ ...decided(3), method: "line\nbreak", payload: "secret" } as Decided, "trackwell", "7");
  const { seq } = record;
  expect(auditLines({ records: [record, record], dropped: 0 })).toBe(
    `{"seq":${seq},"at":0,"partner":"trackwell","instance":"7","direction":"in","method":"line\\nbreak","scope":"ticket:read","decision":"allowed","reason":null,"ms":3}\n`.repeat(
      2,
    ),
  );
  const lines = auditLines().split("\n");
  expect(lines.pop()).toBe("");
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual(auditLog().records);
});

test("a duration is whole milliseconds, whoever measured it", () => {
  expect([0, 0.4, 12.6].map((ms) => keepAudit(decided(ms), "trackwell", "8").ms)).toEqual([0, 0, 13]);
});
