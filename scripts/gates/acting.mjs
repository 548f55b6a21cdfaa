/** What a view has its host do beyond the frame's edge. For docs/gates.md, after what is on the bridge. */

const host = "packages/host/src";
const browser = "packages/host/test/browser";
const display = `${browser}/display.test.ts`;
const closing = `${browser}/closing.test.ts`;
const links = `${browser}/links.test.ts`;
const focus = `${browser}/focus.test.ts`;
const navigation = `${browser}/navigation.test.ts`;

/** @type {readonly import("./list.mjs").Gate[]} */
export const actingGates = [
  {
    gate: "display-called-for",
    removed: "a view comes above the page only upon a press in it",
    edits: [
      {
        file: `${host}/actions/panel-display.ts`,
        find: 'mode === "inline" || (await this.#panel.isCalledFor())',
        replace: "mode.length > 0",
      },
    ],
    tests: [{ project: "element", file: display, name: "without one: it stays" }],
  },
  {
    gate: "display-below-consent",
    removed: "no window comes above a dialog that asks for consent",
    edits: [
      {
        file: `${host}/actions/panel-display.ts`,
        find: "await inTurn(async () => this.#open(mode));",
        replace: "this.#open(mode);",
      },
    ],
    tests: [{ project: "element", file: display, name: "waits its turn" }],
  },
  {
    gate: "display-rendered",
    removed: "a window goes where nobody can see it, and the page is inert no more",
    edits: [
      {
        file: `${host}/actions/panel-window.ts`,
        find: "if (this.isOpen && !isRendered(this.#dialog)) this.hide();",
        replace: "isRendered(this.#dialog);",
      },
    ],
    tests: [{ project: "element", file: display, name: "or no longer" }],
  },
  {
    gate: "close-dirty",
    removed: "what the view calls dirty is not closed without an answer",
    edits: [
      {
        file: `${host}/actions/panel-close.ts`,
        find: "return !isDirty() || signal.aborted || (await ask());",
        replace: "return isDirty() || !signal.aborted || (await ask());",
      },
    ],
    tests: [{ project: "element", file: closing, name: "what is dirty stays" }],
  },
  {
    gate: "question-press",
    removed: "a yes in the panel is a fresh press of a person's",
    edits: [
      {
        file: `${host}/actions/panel-questions.ts`,
        find: "if (this.#press?.isFresh(event) !== true) return;",
        replace: "if (this.#press?.isFresh(event) === null) return;",
      },
    ],
    tests: [
      { project: "element", file: closing, name: "under way when the question came" },
      { project: "element", file: links, name: "a fresh yes opens it" },
    ],
  },
  {
    gate: "question-begging",
    removed: "after the third No in a row a view asks no more",
    edits: [
      { file: `${host}/actions/panel-questions.ts`, find: "if (refusals >= mostRefusals) return false;", replace: "" },
    ],
    tests: [{ project: "element", file: links, name: "after the third No in a row" }],
  },
  {
    gate: "link-address",
    removed: "a link is a whole address that every reader takes for the same host",
    edits: [
      {
        file: `${host}/actions/open-link.ts`,
        find: 'if (typeof checked === "string") return { refused: checked };',
        replace: 'if (typeof checked === "string") return { opened: false };',
      },
      {
        file: `${host}/actions/open-link.ts`,
        find: "const url = /^https?:\\/\\/[^/\\\\]/i.test(text) && URL.canParse(text) ? new URL(text) : null;",
        replace: "const url = URL.canParse(text, location.href) ? new URL(text, location.href) : null;",
      },
    ],
    tests: [{ project: "element", file: links, name: "a link is none" }],
  },
  {
    gate: "link-press",
    removed: "a tab opens at once only upon a press in the view",
    edits: [
      {
        file: `${host}/actions/open-link.ts`,
        find: "if ((await panel.isCalledFor()) && navigator.userActivation?.isActive) {",
        replace: 'if (href !== "") {',
      },
    ],
    tests: [{ project: "element", file: links, name: "with no press: the user is asked" }],
  },
  {
    gate: "route-origin",
    removed: "a route that a view reports is on its own origin",
    edits: [
      {
        file: `${host}/actions/panel-route.ts`,
        find: "if (url === null || url.origin !== base || url.username || url.password) return null;",
        replace: "if (url === null) return null;",
      },
    ],
    tests: [{ project: "element", file: navigation, name: "off its origin is not listened to" }],
  },
  {
    gate: "key-asked-for",
    removed: "the page gets no key from a view but those that it named",
    edits: [{ file: `${host}/actions/panel-acts.ts`, find: "if (!isWanted) return;", replace: "" }],
    tests: [{ project: "element", file: focus, name: "did not ask for are not dispatched" }],
  },
  {
    gate: "key-typed",
    removed: "what is typed into a field of the view is not told",
    edits: [
      {
        file: "packages/partner/src/person.ts",
        find: "&& !(isField(event) && isTyping(event));",
        replace: "&& !(isField(event) && isTyping(event) && event.repeat);",
      },
    ],
    tests: [{ project: "element", file: focus, name: "type into a field are never told" }],
  },
];
