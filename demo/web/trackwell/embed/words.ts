import { HttpError, inWords } from "../../shared/http.js";

/** Who embeds the view, as its users know it. */
export const hostName = "Fernhill Desk";

/** What went wrong, as a sentence for the person at the screen; the code stays in it, for whoever they ask. */
export function told(error: unknown): string {
  if (error instanceof HttpError && error.status === 403)
    return "Your Trackwell account may read issues but not change them.";
  if (error instanceof HttpError && error.status === 404) return "Trackwell has no such issue, or it was deleted.";
  // What `fetch` rejects with where there is no answer; each browser has its own words.
  if (error instanceof TypeError) return "Trackwell cannot be reached. Try again in a moment.";
  const code = codeOf(error);
  const words = code === null ? undefined : sentences[code];
  return words ? `${words} (${code})` : inWords(error);
}

/** The stable code of an error of the bridge or of sign-in; null for any other. */
export function codeOf(error: unknown): string | null {
  const code: unknown = typeof error === "object" && error !== null ? Reflect.get(error, "code") : null;
  return typeof code === "string" ? code : null;
}

const sentences: Readonly<Record<string, string | undefined>> = {
  SCOPE_DENIED: `${hostName} has not allowed Trackwell to change this ticket.`,
  SCOPE_REVOKED: `${hostName} has taken this permission back.`,
  TICKET_LOCKED: "This ticket is locked. Nobody can change it until it is unlocked.",
  TIMEOUT: `${hostName} did not answer in time. Try again.`,
  BUSY: `${hostName} is busy. Try again in a moment.`,
  SESSION_CLOSED: `The connection to ${hostName} has ended. Reload the page to go on.`,
  SIGN_IN_REQUIRED: `Sign in at ${hostName} again to see the issue.`,
  SIGN_IN_CANCELLED: "Signing in to Trackwell was cancelled.",
  ASSERTION_REFUSED: `${hostName} did not vouch for you, so Trackwell cannot sign you in.`,
  ACCOUNT_NOT_LINKED: `Your account at ${hostName} is not linked to a Trackwell account yet.`,
  TOKEN_REFUSED: "Trackwell did not accept your sign-in.",
  HANDLER_FAILED: `${hostName} could not do this. Try again.`,
};
