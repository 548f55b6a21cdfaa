import type { Story } from "./stories.js";

/** Where the two providers have their own switches for QA. */
export interface ProviderPages {
  desk: string;
  trackwell: string;
}

/** How a panel's user gets in, stays in, and gets out. */
export const signInStories = ({ desk, trackwell }: ProviderPages): readonly Story[] => [
  {
    id: "sign-in-assertion",
    title: "By Desk's word (the usual way)",
    href: "/tickets/T-42",
    todo: "As Ada, open T-42 and look above the issue.",
    expect:
      "“Signed in to Trackwell as Ada O. ada.t”, with no question and no window. The two have different providers.",
  },
  {
    id: "sign-in-exchange",
    title: "By one provider that both trust",
    href: "/tickets/T-42?sign-in=exchange",
    todo: "As Ada, open this link. Then write a comment in the panel.",
    expect:
      "“Signed in to Trackwell as Ada Okafor ada”: the name is of Desk's provider, which gave the token. The comment is ada.t's, for Trackwell knows who that is. Trackwell's own provider lists no token.",
  },
  {
    id: "sign-in-code",
    title: "By Trackwell's own sign-in, in a window",
    href: "/tickets/T-42?sign-in=code",
    todo: "Open this link, press “Sign in to Trackwell” in the panel, and choose somebody. Reload, and press again. Then cancel in the window, close it by hand, and tell your browser to block windows.",
    expect:
      "The panel asks and shows no issue until then; afterwards it says who is signed in, whoever that is at Desk. After a reload the window closes by itself. Each way to fail has its own words and code (SIGN_IN_CANCELLED, POPUP_CLOSED, POPUP_BLOCKED), and the button stays.",
  },
  {
    id: "sign-in-link",
    title: "Linking an account for the first time",
    href: "/tickets/T-42",
    todo: "Sign in at Desk as Cleo and open T-42. Press the button, choose Cleo M.; then reload. Try it with ada.t, too.",
    expect:
      "The panel says that Trackwell does not know yet which account is hers. After the window it shows the issue, and after a reload nobody asks. With ada.t: ACCOUNT_ALREADY_LINKED, and the next window asks who it is.",
  },
  {
    id: "sign-in-unlink",
    title: "Unlinking it again",
    href: `${trackwell}?do=unlink-cleo.t`,
    todo: "After the story before, press “Unlink cleo.t”, and reload T-42 as Cleo.",
    expect: "The panel asks once more. (“Reset demo data” leaves links as they are.)",
  },
  {
    id: "sign-in-no-popups",
    title: "A host that lets a partner open no windows",
    href: "/tickets/T-42?sign-in=code&popups=off",
    todo: "Open this link. Then, as Cleo, the same without “sign-in=code”.",
    expect:
      "The panel is an error: something is not set up right (CONFIG_REFUSED); in the page's console, the panel's error says that the permission “popups” is needed. Cleo reads that her account is not linked (ACCOUNT_NOT_LINKED). There is no button that could only fail.",
  },
  {
    id: "token-expiry",
    title: "Tokens that live 20 seconds",
    href: `${trackwell}?do=tokens-20`,
    todo: "Press “Tokens that live 20 seconds”, open T-42 anew, and load this page again now and then. Refresh the issue in the panel. Hide Desk's tab for a minute.",
    expect:
      "The list grows by one token some 15 seconds after the last: never two at once. The panel goes on and asks nothing. While nobody can see the tab there is no new one; there is when you come back.",
  },
  {
    id: "step-up",
    title: "Closing an issue wants a fresh sign-in",
    href: `${desk}?do=earlier`,
    todo: "Signed in at Desk as Ada, press “Everybody signed in an hour ago”. Open Desk in another tab, sign in (nobody is asked), open T-42, and press “Close issue” in the panel. Say “Not now” first; then sign in again.",
    expect:
      "Desk asks “Is it still you?”. After “Not now” the view says so, and the issue stays open; as another agent in the window, Ada's own session ends. After the window the issue is closed without another press. Right after a sign-in nothing is asked, for five minutes.",
  },
  {
    id: "step-up-code",
    title: "The same where the view signed in by itself",
    href: `${trackwell}?do=earlier`,
    todo: "Sign in by mode “code” first (see above). Press “Everybody signed in an hour ago”, reload T-42 with “?sign-in=code”, press the button, and close the issue.",
    expect:
      "The view keeps the issue, asks for one more sign-in (STEP_UP_REQUIRED), and after it the issue can be closed.",
  },
  {
    id: "sign-out",
    title: "Signing out in another tab",
    href: "/tickets/T-42",
    todo: "As Ada, open T-42 in two tabs. Sign out in one, from the menu with your name.",
    expect:
      "The other tab's panel and page end at once: “You signed out in another tab.” Trackwell's API refuses the session's tokens from then on, wherever they are.",
  },
];
