/**
 * Every text of `<partner-grants>`. `{partner}` stands for the partner's name, `{title}` for what a scope allows, `{date}` for a date
 * in the reader's language.
 */
export interface GrantsStrings {
  grantsLoading: string;
  grantsEmpty: string;
  grantsError: string;
  grantsRetry: string;
  grantsIntro: string;
  grantsSince: string;
  grantsUsed: string;
  grantsUnused: string;
  grantsRevoke: string;
  /** The button's name for people who do not see beside what it stands. Begins with the words that are on it. */
  grantsRevokeLabel: string;
  grantsRevokeAll: string;
  grantsRevokeAllLabel: string;
  grantsRevoking: string;
  /** Announced to screen readers. */
  grantsRevoked: string;
  grantsRevokedAll: string;
  grantsUnsaved: string;
  grantsUnreachable: string;
}

export const englishGrantsStrings: Readonly<GrantsStrings> = Object.freeze({
  grantsLoading: "Loading permissions…",
  grantsEmpty: "You have given no partner a permission.",
  grantsError: "Your permissions can’t be read right now.",
  grantsRetry: "Try again",
  grantsIntro: "{partner} may:",
  grantsSince: "Allowed {date}",
  grantsUsed: "last used {date}",
  grantsUnused: "not used yet",
  grantsRevoke: "Take back",
  grantsRevokeLabel: "Take back: {title}",
  grantsRevokeAll: "Take back all",
  grantsRevokeAllLabel: "Take back all from {partner}",
  grantsRevoking: "Taking back…",
  grantsRevoked: "{partner} may no longer: {title}",
  grantsRevokedAll: "{partner} has no permission any more.",
  grantsUnsaved:
    "This could not be saved. It is stopped on this page and may come back on the next one: please try again.",
  grantsUnreachable: "{partner} can’t be reached right now, so its permissions are listed by their short names.",
});
