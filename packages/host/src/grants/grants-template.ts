import { html, nothing, type TemplateResult } from "lit";
import type { ConsentRecord } from "../consent/consent-store.js";
import { fill, sentence } from "../strings.js";
import { type ListedPartner, type ListedScope, usableLocale } from "./grants-data.js";
import type { GrantsStrings } from "./grants-strings.js";

/** What `<partner-grants>` shows. */
export interface GrantsLook {
  readonly state: "loading" | "listed" | "error";
  readonly strings: GrantsStrings;
  readonly locale: string;
  readonly headingLevel: number;
  readonly partners: readonly ListedPartner[];
  readonly announcement: string;
  isBusy(record: ConsentRecord): boolean;
  isUnsaved(partner: ListedPartner): boolean;
  readonly onRetry: () => void;
  readonly onRevoke: (partner: ListedPartner, scopes: readonly string[]) => void;
}

// Rows are not keyed: when one goes, the next takes its button and with it the focus.
export function grantsTemplate(look: GrantsLook): TemplateResult {
  return html`
    <div class="announcement" role="status">${look.announcement}</div>
    <div class="list" @keydown=${ignoreHeldKey}>${content(look)}</div>
  `;
}

function content(look: GrantsLook): TemplateResult | TemplateResult[] {
  const { state, strings, partners, onRetry } = look;
  if (state === "error") {
    return html`<div class="message" part="error">
      <slot name="error">
        <p>${strings.grantsError}</p>
        <button type="button" part="retry-button" @click=${onRetry}>${strings.grantsRetry}</button>
      </slot>
    </div>`;
  }
  if (state === "loading") {
    return html`<div class="message" part="loading"><slot name="loading"><p>${strings.grantsLoading}</p></slot></div>`;
  }
  if (partners.length === 0) {
    return html`<div class="message" part="empty" tabindex="-1"><slot name="empty"><p>${strings.grantsEmpty}</p></slot></div>`;
  }
  return partners.map((each) => partner(each, look));
}

function partner(each: ListedPartner, look: GrantsLook): TemplateResult {
  const { strings, headingLevel, onRevoke } = look;
  const words = { partner: each.name };
  const scopes = each.scopes.map(({ record }) => record.scope);
  return html`
    <section part="partner" class="partner" aria-label=${each.name}>
      <header>
        <span class="mark" aria-hidden="true">${[...each.name][0] ?? ""}</span>
        <div class="who">
          <div part="name" class="name" role="heading" aria-level=${headingLevel}><bdi>${each.name}</bdi></div>
          <div part="origin" class="origin"><bdi dir="ltr">${each.origin}</bdi></div>
        </div>
        ${
          scopes.length < 2
            ? nothing
            : html`<button
                type="button"
                part="revoke-all-button"
                class="revoke"
                aria-label=${fill(strings.grantsRevokeAllLabel, words)}
                @click=${onPress(each.id, () => onRevoke(each, scopes))}
              >
                ${strings.grantsRevokeAll}
              </button>`
        }
      </header>
      <p class="intro">${sentence(strings.grantsIntro, words)}</p>
      <ul>
        ${each.scopes.map((scope) => row(each, scope, look))}
      </ul>
      ${each.isUnreachable ? html`<p part="notice" class="notice">${sentence(strings.grantsUnreachable, words)}</p>` : nothing}
      ${look.isUnsaved(each) ? html`<p part="notice" class="notice failed">${strings.grantsUnsaved}</p>` : nothing}
    </section>
  `;
}

function row(of: ListedPartner, { record, title, reason }: ListedScope, look: GrantsLook): TemplateResult {
  const { strings, locale, onRevoke } = look;
  const isBusy = look.isBusy(record);
  const since = sentenceWithDate(strings.grantsSince, record.at, locale, { dateStyle: "medium" });
  const used =
    record.lastUsed === undefined
      ? strings.grantsUnused
      : sentenceWithDate(strings.grantsUsed, record.lastUsed, locale, { dateStyle: "medium", timeStyle: "short" });
  return html`
    <li part="scope">
      <div class="what">
        <span part="title" class="title"><bdi>${title}</bdi></span>
        ${reason === null ? nothing : html`<span part="reason" class="reason"><bdi>${reason}</bdi></span>`}
        <span part="since" class="since">${since} · ${used}</span>
      </div>
      <button
        type="button"
        part="revoke-button"
        class="revoke"
        aria-label=${fill(isBusy ? strings.grantsRevoking : strings.grantsRevokeLabel, { title })}
        aria-disabled=${isBusy ? "true" : nothing}
        @click=${onPress(`${of.id} ${record.scope}`, () => isBusy || onRevoke(of, [record.scope]))}
      >
        ${isBusy ? strings.grantsRevoking : strings.grantsRevoke}
      </button>
    </li>
  `;
}

function sentenceWithDate(text: string, at: number, locale: string, format: Intl.DateTimeFormatOptions) {
  const date = new Date(at);
  const [before = "", after = ""] = text.split("{date}", 2);
  if (Number.isNaN(date.getTime())) return fill(text, { date: "?" });
  const words = new Intl.DateTimeFormat(usableLocale(locale), format).format(date);
  return html`${before}<time datetime=${date.toISOString()}>${words}</time>${after}`;
}

/** Milliseconds within which the second click of a double click comes. */
const doubleClick = 400;
let first = { about: "", at: 0 };

/** The second click of a double click takes nothing back that has just moved to where the first one was. */
const onPress = (about: string, run: () => void) => (event: MouseEvent) => {
  if (event.detail > 1 && first.about !== about && event.timeStamp - first.at < doubleClick) return;
  first = { about, at: event.timeStamp };
  run();
};

/** A key held down would go on to press what comes to stand under the focus. */
function ignoreHeldKey(event: KeyboardEvent): void {
  if (event.repeat && (event.key === "Enter" || event.key === " ")) event.preventDefault();
}
