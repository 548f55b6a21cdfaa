import { PartnerConsentRequestEvent } from "../events.js";
import type { PanelStrings } from "../strings.js";
import { type ConsentAnswer, type ConsentAsk, inTurn } from "./consent.js";

/** What asking needs of the panel it is about. */
export interface Asker {
  readonly element: EventTarget;
  readonly root: ShadowRoot;
  readonly strings: PanelStrings;
  readonly colorScheme: "light" | "dark";
  /** Whether a person has just done something on this page, with the focus in this panel: then the question is theirs. */
  isCalledFor(): Promise<boolean>;
  /** Shows a badge that names the panel. Resolves when it is pressed, or with the signal. */
  badge(ask: ConsentAsk, signal: AbortSignal): Promise<void>;
  /** The dialog has its answer: a focus that nobody has, for the badge went that had it, goes back to the view. */
  refocus(): void;
}

/**
 * Asks the user: in the host's own way where a listener of `partner-consentrequest` answers, else in the dialog. Where nobody called
 * for the question, and where the dialog was taken away without an answer, a badge stands for it, and pressing that brings the dialog.
 *
 * @param isOpening the panel cannot open without the answer, so the dialog comes by itself.
 */
export async function askUser(
  asker: Asker,
  ask: ConsentAsk,
  signal: AbortSignal,
  isOpening: boolean,
): Promise<ConsentAnswer> {
  const event = new PartnerConsentRequestEvent(ask);
  asker.element.dispatchEvent(event);
  if (event.response !== null) {
    const allowed = await Promise.race([event.response.catch(() => []), aborted(signal)]);
    return signal.aborted || !Array.isArray(allowed) ? "unanswered" : (allowed as readonly string[]);
  }
  if (event.defaultPrevented) return "unanswered";
  if (!isOpening && !(await asker.isCalledFor())) await asker.badge(ask, signal);
  const { showConsentDialog } = await import("./consent-dialog.js");
  const { root, strings, colorScheme } = asker;
  while (!signal.aborted) {
    const answer = await inTurn(() => showConsentDialog({ root, ask, strings, colorScheme, signal }));
    if (answer !== "dismissed") asker.refocus();
    if (answer === "allow") return ask.scopes.map(({ scope }) => scope);
    if (answer === "deny") return "denied";
    if (!signal.aborted) await asker.badge(ask, signal);
  }
  return "unanswered";
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
