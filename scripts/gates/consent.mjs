/** The gates of consent: whose yes counts, when it is asked for, and when it is gone. */

const host = "packages/host/src";
const browser = "packages/host/test/browser";
const attacks = `${browser}/consent-attacks.test.ts`;
const manifests = `${browser}/manifest.test.ts`;
const revocation = `${browser}/revocation.test.ts`;

/** @type {readonly import("./list.mjs").Gate[]} */
export const consentGates = [
  {
    gate: "consent-armed",
    removed: "a press that confirms began after the dialog had been there for a while",
    edits: [
      {
        file: `${host}/consent/fresh-press.ts`,
        find: "return click.isTrusted && this.#isArmed && !this.#isStale;",
        replace: "return click.isTrusted;",
      },
    ],
    tests: [{ project: "element", file: attacks, name: "a double click" }],
  },
  {
    gate: "consent-trusted",
    removed: "a press that confirms was made by a person",
    edits: [
      {
        file: `${host}/consent/fresh-press.ts`,
        find: "return click.isTrusted && this.#isArmed && !this.#isStale;",
        replace: "return this.#isArmed && !this.#isStale;",
      },
    ],
    tests: [{ project: "element", file: attacks, name: "no person made" }],
  },
  {
    gate: "consent-held-key",
    removed: "a press that confirms is no repeat of a held key",
    edits: [
      {
        file: `${host}/consent/fresh-press.ts`,
        find: '|| ("repeat" in event && event.repeat)',
        replace: "",
      },
    ],
    tests: [{ project: "element", file: `${browser}/consent-keys.test.ts`, name: "a key held" }],
  },
  {
    gate: "consent-top-layer",
    removed: "the dialog is in the top layer, with everything else inert",
    edits: [{ file: `${host}/consent/consent-dialog.ts`, find: "dialog.showModal();", replace: "dialog.show();" }],
    tests: [{ project: "element", file: attacks, name: "laid over everything" }],
  },
  {
    gate: "consent-focus",
    removed: "a frame that reaches for the focus takes the dialog away",
    edits: [
      {
        file: `${host}/consent/consent-dialog.ts`,
        find: 'document.hasFocus() || !dialog.contains(root.activeElement) ? end("dismissed") : press.rearm();',
        replace: "press.rearm();",
      },
    ],
    tests: [{ project: "element", file: attacks, name: "pulls the focus" }],
  },
  {
    gate: "consent-called-for",
    removed: "a view brings the dialog up only where a person has just done something in its panel",
    edits: [
      {
        file: `${host}/consent/ask-user.ts`,
        find: "if (!isOpening && !(await asker.isCalledFor())) await asker.badge(ask, signal);",
        replace: "",
      },
    ],
    tests: [{ project: "element", file: attacks, name: "asks while nobody did anything" }],
  },
  {
    gate: "consent-one-question",
    removed: "what a panel asks for while a question is open waits for its answer",
    edits: [
      {
        file: `${host}/consent/consent.ts`,
        find: "const asking = this.#asking ?? this.#begin(open, isOpening);",
        replace: "const asking = this.#begin(open, isOpening);",
      },
    ],
    tests: [{ project: "element", file: attacks, name: "a hundred requests" }],
  },
  {
    gate: "consent-silence",
    removed: "after the third No nobody is asked",
    edits: [{ file: `${host}/consent/consent.ts`, find: ">= mostRefusals", replace: ">= Number.POSITIVE_INFINITY" }],
    tests: [{ project: "element", file: attacks, name: "a hundred requests" }],
  },
  {
    gate: "consent-update",
    removed:
      "an update gets no more than was agreed to until the user allows it, and what was taken back is asked for first",
    edits: [
      {
        file: `${host}/manifests/manifest-changes.ts`,
        find: "return view.required.filter((scope) => names.includes(scope));",
        replace: "return names.length < 0 ? [] : view.required;",
      },
    ],
    tests: [{ project: "element", file: manifests, name: "taken back" }],
  },
  {
    gate: "manifest-redirect",
    removed: "a manifest comes by no redirect",
    edits: [{ file: `${host}/manifests/manifest-loader.ts`, find: 'redirect: "error"', replace: 'redirect: "follow"' }],
    tests: [{ project: "element", file: manifests, name: "comes by a redirect" }],
  },
  {
    gate: "revoked-here",
    removed: "what is taken back in one place is gone from every open panel at once",
    edits: [{ file: `${host}/consent/panel-consent.ts`, find: "      onChange();\n", replace: "" }],
    tests: [{ project: "element", file: revocation, name: "in <partner-grants>" }],
  },
  {
    gate: "revoked-elsewhere",
    removed: "what is taken back in another tab is gone from every open panel",
    edits: [
      {
        file: `${host}/consent/consent-shelf.ts`,
        find: "for (const { book } of shelf.books.values()) void book.load();",
        replace: "",
      },
    ],
    tests: [{ project: "element", file: revocation, name: "in another tab" }],
  },
  {
    gate: "revoked-stays",
    removed: "a list that was read before something was taken back does not bring it back",
    edits: [
      { file: `${host}/consent/consent-book.ts`, find: "if (revision !== this.#revision) continue;", replace: "" },
    ],
    tests: [{ project: "unit", file: `${host}/consent/consent-book.test.ts`, name: "cannot bring it back" }],
  },
];
