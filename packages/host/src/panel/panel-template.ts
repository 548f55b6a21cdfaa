import { html, nothing, type TemplateResult } from "lit";
import { keyed } from "lit/directives/keyed.js";
import type { ConsentAsk } from "../consent/consent.js";
import type { PanelError } from "../errors.js";
import type { PanelState } from "../events.js";
import { fill, type PanelStrings, sentence } from "../strings.js";
import type { ActingLook } from "./acting.js";
import type { Fallback } from "./fallback.js";
import { isViewShown } from "./panel-state.js";
import type { SignInWanted } from "./run-types.js";

/** What the element shows around and in place of the frame. */
export interface PanelLook {
  readonly state: PanelState;
  readonly error: PanelError | null;
  /** Where a person must do something before the view has its token. */
  readonly signIn: SignInWanted;
  readonly strings: PanelStrings;
  /** For `{panel}` and `{partner}`. */
  readonly words: Readonly<Record<string, string>>;
  /** The question whose dialog was taken away; a badge stays in its place. */
  readonly badge: ConsentAsk | null;
  /** What is offered in place of a view that is not granted. */
  readonly fallback: Fallback | null;
  readonly acting: ActingLook;
  readonly onRetry: () => void;
  readonly onCancelSignIn: () => void;
  readonly onBadge: () => void;
}

export function panelTemplate(look: PanelLook): TemplateResult {
  const { state, signIn, badge, strings, words, onBadge } = look;
  const { acting } = look;
  const isShown = isViewShown(state, signIn);
  return html`
    <div class="content" exportparts="dialog, backdrop" data-display=${acting.display}>
    ${acting.header ?? nothing}
    <div class="announcement" role="status">${announcement(look)}</div>
    ${
      badge === null
        ? nothing
        : html`<button class="badge" part="consent-badge" type="button" @click=${onBadge}>
            ${sentence(strings.consentBadge, words)}
          </button>`
    }
    <div class="panel" tabindex="-1">
      <div class="stage" ?data-hidden=${!isShown} ?inert=${acting.question !== null}></div>
      ${cover(look)} ${acting.question?.template ?? nothing}
      <div class="toasts" role="status">${acting.toasts}</div>
    </div>
    </div>
  `;
}

function announcement({ state, error, signIn, strings, words, badge, acting }: PanelLook): string {
  if (error !== null) return `${fill(strings.errorTitle, words)}. ${fill(errorText(error, strings), words)}`;
  if (badge !== null) return fill(strings.consentBadge, words);
  if (acting.question !== null) return acting.question.spoken;
  // The same: a panel that is resumed is no news.
  if (state === "ready" || state === "suspended") return fill(strings.ready, words);
  return fill(waitingText(state, signIn, strings), words);
}

function cover(look: PanelLook): TemplateResult | typeof nothing {
  const { state, error, signIn, strings, words } = look;
  if (state === "error" && error !== null) return errorCover(look, error);
  const text = sentence(waitingText(state, signIn, strings), words);
  switch (state) {
    case "loading":
    case "connecting":
      // A line of its own for each text: one that is centred anew counts as a layout shift.
      return html`<div class="cover" part="loading">
        <slot name="loading"><div class="bar"></div>${keyed(state, html`<p class="muted">${text}</p>`)}</slot>
      </div>`;
    case "consenting":
      return html`<div class="cover" part="waiting"><slot name="consent"><p class="muted">${text}</p></slot></div>`;
    case "signing-in":
      if (signIn === "view") return nothing;
      return html`<div class="cover" part="waiting">
        <slot name="signin">
          ${signIn !== null ? nothing : html`<div class="bar"></div>`}
          <p class="muted">${text}</p>
          ${signIn === null ? nothing : signInActions(look)}
        </slot>
      </div>`;
    default:
      return nothing;
  }
}

function signInActions({ strings, onRetry, onCancelSignIn }: PanelLook): TemplateResult {
  return html`<div class="actions">
    <button type="button" part="retry-button" @click=${onRetry}>${strings.retry}</button>
    <button type="button" part="cancel-button" @click=${onCancelSignIn}>${strings.signInCancel}</button>
  </div>`;
}

function errorCover(look: PanelLook, error: PanelError): TemplateResult {
  const { strings, words, fallback, onRetry } = look;
  // Nobody is asked again on this page. What else is not retryable somebody may have put right meanwhile.
  const isFinal = error.code === "CONSENT_REFUSED" && !error.retryable;
  return html`<div class="cover" part="error">
    <slot name=${isOffline(error) ? "offline" : "error"}>
      <p class="title">${sentence(strings.errorTitle, words)}</p>
      <p>${sentence(errorText(error, strings), words)}</p>
      <p class="muted">${sentence(strings.errorCode, { code: error.code })}</p>
      <div class="actions">
        ${isFinal ? nothing : html`<button type="button" part="retry-button" @click=${onRetry}>${strings.retry}</button>`}
        ${fallback === null ? nothing : fallbackActions(fallback, look)}
      </div>
    </slot>
  </div>`;
}

function fallbackActions({ link, upgrade }: Fallback, { strings, words }: PanelLook): TemplateResult {
  return html`
    ${
      upgrade === null
        ? nothing
        : upgrade.href !== undefined
          ? html`<a part="upgrade-button" href=${upgrade.href}>${upgrade.label}</a>`
          : html`<button type="button" part="upgrade-button" @click=${() => upgrade.run?.()}>${upgrade.label}</button>`
    }
    <a part="link" href=${link} target="_blank" rel="noopener noreferrer">${sentence(strings.openPartner, words)}</a>
  `;
}

function isOffline({ retryable }: PanelError): boolean {
  return retryable && !navigator.onLine;
}

function errorText(told: PanelError, { errors, error, offline }: PanelStrings): string {
  if (isOffline(told)) return offline;
  const { code } = told;
  return Object.hasOwn(errors, code) ? (errors[code] ?? error) : error;
}

function waitingText(state: PanelState, signIn: SignInWanted, strings: PanelStrings): string {
  switch (state) {
    case "loading":
      return strings.loading;
    case "connecting":
      return strings.connecting;
    case "consenting":
      return strings.consenting;
    case "signing-in":
      if (signIn === null) return strings.signingIn;
      if (signIn === "ended") return strings.sessionEnded;
      return signIn === "signed-out" ? strings.signedOut : strings.signInRequired;
    default:
      return "";
  }
}
