import { html, type TemplateResult } from "lit";

/**
 * Every text of the element. `{panel}` stands for the panel's label, `{partner}` for the partner's name.
 */
export interface PanelStrings {
  loading: string;
  connecting: string;
  consenting: string;
  signingIn: string;
  /** Announced to screen readers. */
  ready: string;
  signInRequired: string;
  /** In place of what was shown, when the host's session is over. */
  sessionEnded: string;
  signedOut: string;
  signInCancel: string;
  retry: string;
  errorTitle: string;
  /** By code; what is not named here is told by `error`. */
  errors: Readonly<Record<string, string>>;
  error: string;
  /** Beside the error, for support: `{code}` stands for the code. */
  errorCode: string;
  /** In place of the error's own words while the browser is offline. */
  offline: string;
  openPartner: string;
  consentTitle: string;
  consentIntro: string;
  consentOptional: string;
  consentAllow: string;
  consentDeny: string;
  consentNote: string;
  consentBadge: string;
  /** Of the window's button. */
  close: string;
  /** Before something that is not saved goes out of sight. */
  closeTitle: string;
  closeText: string;
  closeYes: string;
  closeNo: string;
  /** Above a link that the view wants to open; the link's origin and address follow. */
  linkTitle: string;
  linkOpen: string;
  linkCancel: string;
  /** Above a question of the view's, whose words follow. */
  confirmTitle: string;
  confirmYes: string;
  confirmNo: string;
}

export const englishStrings: Readonly<PanelStrings> = Object.freeze({
  loading: "Loading {panel}…",
  connecting: "Connecting to {partner}…",
  consenting: "{partner} is waiting for your permission.",
  signingIn: "Signing you in to {partner}…",
  ready: "{panel} is ready.",
  signInRequired: "You need to sign in before {partner} can show this.",
  sessionEnded: "Your session has ended. Sign in again to go on with {partner}.",
  signedOut: "You are signed out. Sign in again to see {partner} here.",
  signInCancel: "Not now",
  retry: "Try again",
  errorTitle: "{panel} can’t be shown",
  errors: Object.freeze({
    MANIFEST_UNREACHABLE: "{partner} can’t be reached right now.",
    FRAMING_REFUSED: "{partner} didn’t answer. It may not allow being shown here.",
    LOAD_TIMEOUT: "{partner} takes too long to answer.",
    HANDSHAKE_TIMEOUT: "{partner} takes too long to answer.",
    PARTNER_UNRESPONSIVE: "{partner} takes too long to answer.",
    ORIGIN_MISMATCH: "Another site answered instead of {partner}, so it was disconnected.",
    VERSION_MISMATCH: "{partner} needs an update before it can be shown here.",
    EMBEDDER_REFUSED: "{partner} does not accept being shown here.",
    SIGN_IN_REQUIRED: "You need to sign in before {partner} can show this.",
    SIGN_IN_CANCELLED: "The sign-in was cancelled.",
    POPUP_BLOCKED: "Your browser blocked the sign-in window.",
    ASSERTION_REFUSED: "You could not be signed in to {partner}.",
    TOKEN_REFUSED: "You could not be signed in to {partner}.",
    ACCOUNT_NOT_LINKED: "Your account at {partner} is not linked yet.",
    CONSENT_REFUSED: "{partner} can’t work here without the permission it asked for.",
    SURFACE_NOT_GRANTED: "{partner} may not be shown here.",
    NOT_ENTITLED: "Your plan doesn’t include this.",
    PARTNER_FAILED: "{partner} ran into a problem.",
    QUARANTINED: "{partner} misbehaved and was disconnected.",
  }),
  error: "Something is not set up right.",
  errorCode: "Code: {code}",
  offline: "You seem to be offline.",
  openPartner: "Open {partner}",
  consentTitle: "Allow {partner}?",
  consentIntro: "It asks for your permission to:",
  consentOptional: "optional",
  consentAllow: "Allow",
  consentDeny: "Not now",
  consentNote: "Your answer is remembered until you take it back.",
  consentBadge: "{partner} asks for permission in “{panel}”",
  close: "Close",
  closeTitle: "Close {panel}?",
  closeText: "Some changes are not saved yet.",
  closeYes: "Close anyway",
  closeNo: "Keep open",
  linkTitle: "{partner} wants to open another page",
  linkOpen: "Open in a new tab",
  linkCancel: "Not now",
  confirmTitle: "{partner} asks:",
  confirmYes: "OK",
  confirmNo: "Cancel",
});

/** Fills in `{name}` for where only text goes: an attribute, an announcement. What is not given stays as it is. */
export function fill(text: string, words: Readonly<Record<string, string>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) =>
    Object.hasOwn(words, name) ? (words[name] ?? whole) : whole,
  );
}

/** Fills in `{name}`, each in a `<bdi>`: a name in another script must not reorder the sentence around it. */
export function sentence(text: string, words: Readonly<Record<string, string>>): (string | TemplateResult)[] {
  return text
    .split(/(\{\w+\})/)
    .map((part) => (part.startsWith("{") && part.endsWith("}") ? html`<bdi>${fill(part, words)}</bdi>` : part));
}
