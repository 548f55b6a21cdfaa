import { html, type TemplateResult } from "lit";
import { label, moment } from "../shared/format.js";

export const stations = ["backlog", "started", "in-review", "done"] as const;
export type IssueStatus = (typeof stations)[number];

/** An issue, as Trackwell's API answers it. */
export interface Issue {
  id: string;
  title: string;
  status: IssueStatus;
  severity: "minor" | "major" | "critical";
  assignee: string | null;
  labels: string[];
  description: string;
  comments: { author: string; at: string; text: string }[];
  updatedAt: string;
}

/** An issue's way as a line with four stops; the train stands at the present one. */
export function track(status: IssueStatus, { size = "full" }: { size?: "full" | "mini" } = {}): TemplateResult {
  const at = stations.indexOf(status);
  return html`<ol class=${`track ${size}`} aria-label=${`Status: ${label(status)}`}>
    ${stations.map(
      (station, index) => html`<li
        class=${index < at ? "passed" : index === at ? "here" : "ahead"}
        aria-current=${index === at ? "step" : "false"}
      ><span>${label(station)}</span></li>`,
    )}
  </ol>`;
}

/** How bad it is: told by form (one to three bars) as well as by colour. */
export function severity(value: Issue["severity"]): TemplateResult {
  return html`<span class="severity" data-severity=${value}><i></i><i></i><i></i>${label(value)}</span>`;
}

/** @param timeZone in which its exact time is told; the browser's if left out. */
export function comment({ author, at, text }: Issue["comments"][number], timeZone?: string): TemplateResult {
  return html`<li class="comment">
    <p class="comment-head"><b>${author}</b> <span class="quiet">${moment(at, timeZone)}</span></p>
    <p class="comment-text" dir="auto">${prose(text)}</p>
  </li>`;
}

/** Text with `code` between backticks, as people write it. */
export function prose(text: string): (string | TemplateResult)[] {
  return text.split("`").map((part, index) => (index % 2 === 1 ? html`<code>${part}</code>` : part));
}
