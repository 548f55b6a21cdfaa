import type { Story } from "./stories.js";

/** One thing that goes wrong with the panel on a ticket's page: `?qa=` and its id. Nothing of it is played; each really happens. */
export interface Fault {
  readonly id: string;
  readonly title: string;
  /** What the panel ends in, or goes through. */
  readonly expect: string;
  /** What to do beside opening the link. */
  readonly todo?: string;
  /**
   * The path of Trackwell's that the panel is sent to, against the view's entry: its server or its view then does what the path says. Left out: it
   * is Desk that has something set up in another way.
   */
  readonly path?: string;
}

/** In the view's own page: what its script does. See demo/web/trackwell/embed/qa.ts. */
const inView = (what: string) => `/embed/issue?qa=${what}`;

/** By the phase in which a panel notices. */
export const faults: readonly Fault[] = [
  {
    id: "unknown-partner",
    title: "A partner that Desk's code does not name",
    expect: "PARTNER_UNKNOWN at once: a tag alone adds no partner.",
  },
  {
    id: "unknown-view",
    title: "A view that the manifest does not name",
    expect: "VIEW_UNKNOWN, before there is a frame.",
  },
  {
    id: "foreign-path",
    title: "A path on another site",
    path: "http://elsewhere.localhost/embed/issue",
    expect: "CONFIG_REFUSED, before there is a frame.",
  },
  {
    id: "no-manifest",
    title: "The manifest cannot be had",
    expect:
      "MANIFEST_UNREACHABLE, with a button to try again. With the browser set offline (developer tools, Network) the panel says that instead.",
  },
  {
    id: "not-granted",
    title: "Desk's policy does not give what the view needs",
    expect:
      "SURFACE_NOT_GRANTED, with the reason, “Ask an administrator” (Desk's own offer) and a link to Trackwell's page.",
  },
  {
    id: "not-entitled",
    title: "Desk's plan does not include it",
    expect:
      "NOT_ENTITLED, with “Get the larger plan” (Desk's own offer) and a link to Trackwell's page. A press on the former shows the issue.",
  },
  {
    id: "slow",
    title: "A slow partner",
    path: inView("slow"),
    expect: "The page takes 4 seconds: “Loading Linked issue…” in a place that is kept, then the issue. Nothing jumps.",
  },
  {
    id: "never-loads",
    title: "A page that never comes",
    path: inView("never-loads"),
    expect: "LOAD_TIMEOUT after 10 seconds.",
  },
  {
    id: "no-framing",
    title: "A partner that forbids to be framed",
    path: inView("no-framing"),
    expect: "FRAMING_REFUSED; what a developer is told names Content-Security-Policy and X-Frame-Options.",
  },
  {
    id: "missing",
    title: "The view does not exist",
    path: "/embed/no-such-view",
    expect: "FRAMING_REFUSED: the panel ends in an error that names what to look at, with a button to try again.",
  },
  {
    id: "redirect",
    title: "The frame is redirected to another site",
    path: "/embed/redirect-to-mallory",
    expect:
      "Mallory, in the frame, says a perfect hello and gets nothing: the panel ends in an error with ORIGIN_MISMATCH, and the frame is gone.",
  },
  {
    id: "deaf",
    title: "A view that says hello and hears nothing",
    path: inView("deaf"),
    expect: "HANDSHAKE_TIMEOUT after 10 seconds.",
  },
  {
    id: "old-version",
    title: "A view with an old protocol",
    path: inView("old-version"),
    expect: "VERSION_MISMATCH: it needs an update, and no older way is tried.",
  },
  {
    id: "other-host",
    title: "A view that does not know Desk",
    path: inView("other-host"),
    expect: "EMBEDDER_REFUSED: “Trackwell Issues does not accept being shown here.”",
  },
  {
    id: "no-assertion",
    title: "Desk's back end does not vouch for its agent",
    expect: "ASSERTION_REFUSED: “You could not be signed in to Trackwell Issues.”",
  },
  {
    id: "no-session",
    title: "Desk's back end does not know its agent any more",
    expect:
      "The panel says that somebody must sign in, which is no error yet. After “Not now” it is: SIGN_IN_REQUIRED.",
  },
  {
    id: "no-token",
    title: "Desk vouches for its agent to another key than the view's",
    expect: "TOKEN_REFUSED: Trackwell's provider gives no token for it.",
  },
  {
    id: "unready",
    title: "A view that never gets ready",
    path: inView("unready"),
    expect: "PARTNER_UNRESPONSIVE 10 seconds after it connected.",
  },
  {
    id: "fails",
    title: "A view that gives up",
    path: inView("fails"),
    expect:
      "PARTNER_FAILED with a button to try again; what a developer is told has the view's own code, ISSUE_DELETED.",
  },
  {
    id: "silent",
    title: "A view that falls silent",
    path: inView("silent"),
    expect:
      "Ready at first, and half a minute later PARTNER_UNRESPONSIVE: two heartbeats were missed. A crash of its process looks the same. Hide the tab meanwhile, and that time does not count.",
  },
  {
    id: "busy",
    title: "A view that is busy for 40 seconds",
    path: inView("busy"),
    expect:
      "Ready at first. Desk can be used all the while, and within half a minute the panel says PARTNER_UNRESPONSIVE. (Not in WebKit, which runs both in one process.)",
  },
  {
    id: "flooding",
    title: "A view that floods its port",
    path: inView("flooding"),
    expect:
      "QUARANTINED two seconds after it was ready; whatever else is on the page goes on. “Try again” ends the quarantine, until the next flood.",
  },
  {
    id: "reloads",
    title: "A view that reloads itself",
    path: inView("reloads"),
    expect: "Ready, for a moment not, and ready again: a new handshake, and nobody is asked for consent anew.",
  },
  {
    id: "leaves",
    title: "A view that goes to a page which is none",
    path: inView("leaves"),
    expect:
      "Ready at first; then FRAMING_REFUSED within 15 seconds. “Try again” brings the issue back, until it leaves once more.",
  },
  {
    id: "leaves-to-mallory",
    title: "A view that goes to another site",
    path: inView("leaves-to-mallory"),
    expect: "Ready at first; then ORIGIN_MISMATCH. Mallory's perfect hello is not answered.",
  },
  {
    id: "grows",
    title: "A view that is always higher than its frame",
    path: inView("grows"),
    expect: "The panel grows a few times and then stands still: no loop. With “max-height=400” it scrolls inside.",
  },
];

export const faultStories: readonly Story[] = faults.map(({ id, title, todo = "", expect }) => ({
  id,
  title,
  href: `/tickets/T-42?qa=${id}&tools=on`,
  todo: `Open this link. ${todo}`.trim(),
  expect,
}));
