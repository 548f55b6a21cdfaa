import type { Issue } from "./issues.js";

const hour = 60 * 60 * 1000;

type Seed = readonly [
  id: string,
  title: string,
  status: Issue["status"],
  severity: Issue["severity"],
  assignee: string | null,
  labels: readonly string[],
  hoursAgo: number,
  description: string,
  comments: readonly (readonly [author: string, text: string])[],
];

const seeds: readonly Seed[] = [
  [
    "TRK-7",
    "PDF export drops the seller's VAT number",
    "started",
    "major",
    "ada.t",
    ["billing", "regression"],
    2,
    "Since 4.18 the PDF template reads `seller.vatId`, but the invoice model now calls it `seller.taxIds[0]`. " +
      "The web view is right, only exported PDFs are wrong.",
    [
      ["ada.t", "Reproduced with an invoice of yesterday. The template is the culprit, not the model."],
      ["ben.t", "Two more customers wrote about this today."],
    ],
  ],
  [
    "TRK-3",
    "CSV import ends silently after 10,000 rows",
    "backlog",
    "major",
    null,
    ["import"],
    20,
    "The reader stops at its first page and reports success. It must go on, or say how many rows it took.",
    [],
  ],
  [
    "TRK-5",
    "Charts of March are empty",
    "done",
    "major",
    "ada.t",
    ["reports", "time zones"],
    180,
    "The month's last hour falls into the change to summer time, and the query's upper bound lies before its lower one.",
    [["ada.t", "Fixed by computing both bounds in the organisation's own time zone."]],
  ],
  [
    "TRK-9",
    "Webhook deliveries are repeated after a success",
    "started",
    "critical",
    "ada.t",
    ["webhooks"],
    6,
    "The worker acknowledges a delivery before it is stored. When it restarts in between, it sends again.",
    [["ben.t", "A customer had every order booked twice."]],
  ],
  [
    "TRK-12",
    "Invitation links expire on arrival",
    "in-review",
    "major",
    "ben.t",
    ["accounts"],
    8,
    "The expiry is in seconds and is compared with milliseconds.",
    [],
  ],
  [
    "TRK-15",
    "Contrast and focus: the calendar and dialogs",
    "in-review",
    "minor",
    "ada.t",
    ["accessibility"],
    12,
    "In dark mode the coming month has a contrast of 1.9:1. Focus is not given back when a dialog closes.",
    [],
  ],
  [
    "TRK-18",
    "Archived projects rank first in the search",
    "backlog",
    "minor",
    null,
    ["search"],
    70,
    "The ranking counts views of all time, where old projects always win.",
    [],
  ],
  [
    "TRK-20",
    "Correspondence under legal hold is left out of the archive",
    "backlog",
    "major",
    "ada.t",
    ["archive"],
    90,
    "The nightly archive skips every record that is locked, where those are the ones that must be kept.",
    [],
  ],
];

/** The issues with which the demo begins, dated back from `now` (ms since the epoch). */
export function issueSeeds(now: number): Issue[] {
  return seeds.map(([id, title, status, severity, assignee, labels, hoursAgo, description, comments]) => ({
    id,
    title,
    status,
    severity,
    assignee,
    labels,
    description,
    comments: comments.map(([author, text], index) => ({
      author,
      at: new Date(now - (hoursAgo + 1 - index * 0.25) * hour).toISOString(),
      text,
    })),
    updatedAt: new Date(now - hoursAgo * hour).toISOString(),
  }));
}
