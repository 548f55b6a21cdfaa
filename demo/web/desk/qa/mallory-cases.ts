import type { Story } from "./stories.js";

/** One way in which Mallory tries, as a link: `/partners/mallory?manifest=oversized`. */
export interface MalloryCase extends Story {
  /** Of Mallory's hostile manifests, the one that Desk is made to pin; null: the usual one. */
  readonly manifest: string | null;
  /** How Mallory's view begs; null: it does not. */
  readonly beg: string | null;
}

const path = "/partners/mallory";

function manifest(name: string, texts: Pick<Story, "title" | "todo" | "expect">): MalloryCase {
  return { id: `manifest-${name}`, href: `${path}?manifest=${name}`, manifest: name, beg: null, ...texts };
}

function beg(how: string, texts: Pick<Story, "title" | "todo" | "expect">): MalloryCase {
  return { id: `beg-${how}`, href: `${path}?beg=${how}`, manifest: null, beg: how, ...texts };
}

const refused = (what: string, code = "MANIFEST_INVALID") =>
  `The panel is an error with the code ${code}: ${what} No frame was made. The faults are in the error's “cause” and stand below the panel.`;

export const malloryCases: readonly MalloryCase[] = [
  manifest("oversized", {
    title: "A manifest of 64 KiB and one byte",
    todo: "Open this link.",
    expect: refused("reading stopped at the limit."),
  }),
  manifest("redirecting", {
    title: "A manifest that redirects",
    todo: "Open this link.",
    expect: refused(
      "a pinned address is never left, not even for Mallory's own good manifest.",
      "MANIFEST_UNREACHABLE",
    ),
  }),
  manifest("wildcard", {
    title: "Wildcard, capital, duplicate and undeclared scopes",
    todo: "Open this link.",
    expect: refused("each of the faults is told, all at once."),
  }),
  manifest("other-origin", {
    title: "A manifest that declares Trackwell's origin",
    todo: "Open this link.",
    expect: refused("it is served from another origin than it declares."),
  }),
  manifest("off-origin-entry", {
    title: "Entries that run a script, or lie on Trackwell's site",
    todo: "Open this link.",
    expect: refused("both entries are named."),
  }),
  manifest("too-long", {
    title: "Texts longer than the format lets them be",
    todo: "Open this link.",
    expect: refused("no text is cut to fit; it is refused."),
  }),
  manifest("spoofing", {
    title: "A manifest that says it is Trackwell",
    todo: "As Ada, allow the real Trackwell on T-42 first. Then open this link.",
    expect:
      "The dialog asks for “Trackwell Issues”, and shows Mallory's origin beneath the name. What the real Trackwell may do is not given to it. Say “Not now”.",
  }),
  manifest("hidden-text", {
    title: "Texts that hide and turn around",
    todo: "Open this link and read the dialog.",
    expect:
      "Every character that has no picture stands there as its code point, as in [U+202E], and nothing runs backwards.",
  }),
  manifest("markup", {
    title: "Texts that are markup",
    todo: "Open this link and read the dialog.",
    expect:
      "The tags are shown as they were written. There is one “Allow” button, nothing is loaded, and no script runs.",
  }),
  manifest("longest", {
    title: "Texts as long as they may be, in one word",
    todo: "Open this link, also 320 px wide and at 200 % zoom.",
    expect: "The dialog stays inside the window, scrolls inside itself, and both buttons can be seen and reached.",
  }),
  beg("hundred", {
    title: "A hundred requests at once",
    todo: "Open this link and wait. Press “Beg”, and say “Not now” three times; where there is a badge, press it. Then press “Beg” again.",
    expect:
      "Before you pressed anything in the panel there is a badge and no dialog. Then there is one dialog at a time, however many requests there are. After the third No there is silence: neither dialog nor badge, until the page is loaded anew.",
  }),
  beg("focus", {
    title: "Pulling the keyboard out of the dialog",
    todo: "Open this link and press “Beg”. Then try to type.",
    expect:
      "The dialog goes away and a badge stays: what you type would go to Mallory's field, so there is no question open for it to answer. Nothing is granted and nothing refused. Press the badge after Mallory has stopped to see the dialog again.",
  }),
  beg("double-click", {
    title: "A button under the dialog's own",
    todo: "Open this link and double-click the big button, where the dialog's “Allow” will be.",
    expect:
      "The dialog comes up under the second click and is still there after it. Nothing is granted: a press counts half a second after the dialog came, and no sooner.",
  }),
];
