import { type ConsentAnswer, type ConsentAsk, inTurn } from "./consent.js";
import { PartnerConsentRequestEvent } from "./events.js";
import type { PanelStrings } from "./strings.js";

/** What asking needs of the panel it is about. */
export interface Asker {
  readonly element: EventTarget;
  readonly root: ShadowRoot;
  readonly strings: PanelStrings;
  readonly colorScheme: "light" | "dark";
  /** Shows a badge that names the panel. Resolves when it is pressed, or with the signal. */
  badge(ask: ConsentAsk, signal: AbortSignal): Promise<void>;
}

/**
 * Asks the user: in the host's own way where a listener of `partner-consentrequest` answers, else in the dialog. When the dialog
 * is taken away without an answer a badge stays, and pressing it brings the dialog back.
 */
export async function askUser(asker: Asker, ask: ConsentAsk, signal: AbortSignal): Promise<ConsentAnswer> {
  const event = new PartnerConsentRequestEvent(ask);
  asker.element.dispatchEvent(event);
  if (event.response !== null) {
    const allowed = await Promise.race([event.response.catch(() => []), aborted(signal)]);
    return signal.aborted || !Array.isArray(allowed) ? "unanswered" : (allowed as readonly string[]);
  }
  if (event.defaultPrevented) return "unanswered";
  const { showConsentDialog } = await import("./consent-dialog.js");
  const { root, strings, colorScheme } = asker;
  while (!signal.aborted) {
    const answer = await inTurn(() => showConsentDialog({ root, ask, strings, colorScheme, signal }));
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
