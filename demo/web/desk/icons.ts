import { html, svg, type TemplateResult } from "lit";
import type { Priority } from "./api.js";

/** Bars that rise with the priority: told by form as well as by colour. */
export function priorityIcon(priority: Priority): TemplateResult {
  const level = { low: 1, normal: 2, high: 3, urgent: 4 }[priority];
  const bars = [0, 1, 2, 3].map(
    (bar) =>
      svg`<rect x=${bar * 4} y=${9 - bar * 3} width="3" height=${3 + bar * 3} rx="1" class=${bar < level ? "on" : "off"} />`,
  );
  return html`<svg class="bars" data-priority=${priority} viewBox="0 0 15 12" width="15" height="12" aria-hidden="true">${bars}</svg>`;
}

/** Two hills and a frond: Fernhill's mark. */
export const mark = html`<svg class="mark" viewBox="0 0 32 32" width="32" height="32" aria-hidden="true">
  <path class="hill-far" d="M1 27c4-9 9-13 14-13s10 4 16 13z" />
  <path class="hill-near" d="M1 27c7-6 13-6 18-4 4 1.500 8 2.500 12 4z" />
  <path class="frond" d="M20 23C20 14 22 8 27 4M20.300 18c-3-1-4.500-3-5-5.500M21.200 14c-2.500-1-3.800-2.700-4-5M23 10c-1.800-.8-2.600-2-2.700-4M20.500 17.500c2.500-.3 4.300-1.400 5.500-3.500M22 13c2.200-.2 3.800-1.100 5-3" />
</svg>`;

export const arrow = html`<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" class="glyph">
  <path d="M10 3 5 8l5 5" />
</svg>`;

export const lock = html`<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" class="glyph">
  <rect x="3" y="7" width="10" height="7" rx="1.500" /><path d="M5 7V5a3 3 0 0 1 6 0v2" />
</svg>`;

export const search = html`<svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" class="glyph">
  <circle cx="7" cy="7" r="4.500" /><path d="m10.500 10.500 3.500 3.500" />
</svg>`;
