import { html, type TemplateResult } from "lit";

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const steps: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

/** A moment as people say it ("2 hr. ago"), with the exact time as its title, in the browser's time zone unless told. */
export function moment(at: string | number, timeZone?: string): TemplateResult {
  const exact = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short", timeZone });
  const date = new Date(at);
  const seconds = (date.getTime() - Date.now()) / 1000;
  const step = steps.find(([, size]) => Math.abs(seconds) >= size);
  const words = step ? relative.format(Math.round(seconds / step[1]), step[0]) : "just now";
  return html`<time datetime=${date.toISOString()} title=${exact.format(date)}>${words}</time>`;
}

/** At most two initials of a name, for an avatar. */
export function initials(name: string): string {
  const words = name.split(/[\s.]+/).filter(Boolean);
  return ((words[0]?.[0] ?? "?") + (words.length > 1 ? (words.at(-1)?.[0] ?? "") : "")).toUpperCase();
}

/** `in-review` → `In review`. */
export function label(word: string): string {
  const spaced = word.replaceAll("-", " ");
  return spaced.charAt(0).toUpperCase() + spaced.slice(1);
}
