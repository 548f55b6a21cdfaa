/** What to try, and what should be seen. */
export interface Story {
  readonly id: string;
  readonly title: string;
  readonly href: string;
  readonly todo: string;
  readonly expect: string;
}

export const stories: readonly Story[] = [
  {
    id: "whole",
    title: "The whole path",
    href: "/tickets/T-42",
    todo: "Sign in as Ada and open T-42.",
    expect:
      "The panel shows Trackwell's TRK-7, signed in as ada.t with no further question, and T-42's priority and status.",
  },
  {
    id: "live",
    title: "A change arrives live",
    href: "/tickets/T-42",
    todo: "Open T-42 in two tabs and change its status in one.",
    expect: "The other tab's page and its panel show the change within a second.",
  },
  {
    id: "consent",
    title: "Nothing is written without a yes",
    href: "/tickets/T-42",
    todo: "As Ada, set the priority inside the panel; then press “Ask Fernhill Desk for permission” and allow it.",
    expect:
      "At first it is refused with SCOPE_DENIED and the panel says so in words. After the yes it works, also after a reload.",
  },
  {
    id: "no-right",
    title: "An agent without the right",
    href: "/tickets/T-42",
    todo: "Sign in as Ben and try the same.",
    expect: "Ben reads everything; the permission is refused by Desk's policy without a dialog.",
  },
  {
    id: "revoke",
    title: "Taken back while the view streams",
    href: "/tickets/T-42",
    todo: "As Ada, allow Trackwell to see T-42; the view says “Live”. Open “What partners may do” below it and take “See the open ticket” back. Do the same again from Integrations in another tab.",
    expect:
      "The stream ends at once, in both cases. The view says in words that the permission was taken back, and “Ask again” brings the dialog.",
  },
  {
    id: "many",
    title: "Fifty panels, one of them Mallory's",
    href: "/dashboard",
    todo: "Open the dashboard and scroll down slowly. “?panels=200” asks for more.",
    expect:
      "Panels begin as they come near the window; the line beside the title counts how many are in which state. Scrolling stays smooth, nothing jumps, and what Mallory tries is felt in none of the others. Trackwell's manifest is fetched once.",
  },
  {
    id: "two-partners",
    title: "Two partners on one ticket",
    href: "/tickets/T-42?beside=mallory",
    todo: "Open this link.",
    expect:
      "Trackwell's issue and, below it, Mallory's list: each has its own session and its own grant. Every line of Mallory's list says “nothing”, and Trackwell's panel works as ever.",
  },
  {
    id: "install",
    title: "Installing a partner",
    href: "/integrations",
    todo: "As Ada, remove Trackwell and look at T-42; then install it again. Try the same as Ben.",
    expect:
      "Without Trackwell the ticket says that it is not installed, in every open tab. Installed again the panel comes back. Ben is told that only an administrator can do it.",
  },
  {
    id: "audit",
    title: "What partners did, live",
    href: "/integrations",
    todo: "Open this in a second tab beside T-42, and use the panel there. Filter by decision, pause, and download.",
    expect:
      "Each call stands there within a second: when, what, with which scope, and what was decided. Denied ones carry SCOPE_DENIED. While paused nothing moves, and the count says how many came since.",
  },
  {
    id: "locked",
    title: "A locked ticket",
    href: "/tickets/T-33",
    todo: "As Ada, open T-33, which is under legal hold; try to answer it, and to set its priority in the panel.",
    expect:
      "The page says that it is locked and offers no change; a reply and the panel's change are refused in words (TICKET_LOCKED).",
  },
  {
    id: "mallory",
    title: "A hostile partner",
    href: "/partners/mallory",
    todo: "Open the page and wait for the list. Then press “Beg”, and allow it; at last post a structured clone.",
    expect:
      "Each line says “nothing”. After the yes T-42 can be read, for that was allowed, and nothing else. The clone ends the panel with QUARANTINED.",
  },
];

/** What a host makes of another version of a partner's manifest. `releases`: Trackwell's page where they are published. */
export const versionStories = (releases: string): readonly Story[] => [
  {
    id: "widen",
    title: "A version that asks for more",
    href: `${releases}?publish=1.1.0`,
    todo: "As Ada, allow Trackwell on T-42. Publish 1.1.0, and reload T-42.",
    expect:
      "The panel shows the issue as before, with what was allowed before, and asks for “See who opened the ticket” alone. After the yes the view names the person. After a No it goes on without.",
  },
  {
    id: "narrow",
    title: "A version that asks for less",
    href: `${releases}?publish=1.2.0`,
    todo: "As Ada, allow Trackwell to change T-42 too. Publish 1.2.0, and reload T-42.",
    expect: "Nothing is asked. The view can no longer change the ticket, and says so.",
  },
  {
    id: "rollback",
    title: "Back to an older version",
    href: `${releases}?publish=1.0.0`,
    todo: "Publish 1.1.0 or 1.2.0 and open T-42; then publish 1.0.0, reload T-42, and open Integrations.",
    expect: "The panel works with the older version. That it is older stands in the list of what partners did.",
  },
];
