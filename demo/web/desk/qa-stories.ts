/**
 * What QA can provoke on a ticket page with `?qa=`: the path that the panel is sent to, relative to the view's entry.
 * The partner's server answers these paths; Desk only asks for them.
 */
export const qaPaths: Readonly<Record<string, string>> = {
  redirect: "/embed/redirect-to-mallory",
  missing: "/embed/no-such-view",
};

export interface Story {
  id: string;
  title: string;
  href: string;
  todo: string;
  expect: string;
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
    id: "locked",
    title: "A locked ticket",
    href: "/tickets/T-33",
    todo: "As Ada, open T-33, which is under legal hold; try to answer it, and to set its priority in the panel.",
    expect:
      "The page says that it is locked and offers no change; a reply and the panel's change are refused in words (TICKET_LOCKED).",
  },
  {
    id: "redirect",
    title: "The frame is redirected to another site",
    href: "/tickets/T-42?qa=redirect",
    todo: "Open this link.",
    expect:
      "Mallory, in the frame, says a perfect hello and gets nothing: the panel ends in an error with ORIGIN_MISMATCH, and the frame is gone.",
  },
  {
    id: "missing",
    title: "The view does not exist",
    href: "/tickets/T-42?qa=missing",
    todo: "Open this link.",
    expect: "The panel ends in an error that names what to look at, with a button to try again.",
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
