/** Gates of sign-in in the view's frame and in the host's page; what servers check is in ./list.mjs. */

const partner = "packages/partner/src";
const codeFlow = `${partner}/code-flow.test.ts`;

/** @type {readonly import("./list.mjs").Gate[]} */
export const signInGates = [
  {
    gate: "bound-in-frame",
    removed: "the frame takes no token of another type than DPoP",
    edits: [{ file: `${partner}/token-request.ts`, find: 'if (answer.token_type !== "dpop")', replace: "if (false)" }],
    tests: [{ project: "unit", file: `${partner}/exchange.test.ts`, name: "refuses a token of type" }],
  },
  {
    gate: "one-renewal",
    removed: "twenty who wait for a token have it renewed once",
    edits: [
      {
        file: `${partner}/token-keeper.ts`,
        find: "this.#renewal ??= this.#renewOnce()",
        replace: "this.#renewal = this.#renewOnce()",
      },
    ],
    tests: [{ project: "unit", file: `${partner}/sign-in.test.ts`, name: "asks once for twenty" }],
  },
  {
    gate: "code-state",
    removed: "an answer in the sign-in window is the one to this sign-in",
    edits: [
      { file: `${partner}/code-flow.ts`, find: "if (given.length !== 1 || given[0] !== state)", replace: "if (false)" },
      {
        file: `${partner}/code-flow.ts`,
        find: "const parameters = validated(asking, client, answer, state);",
        replace: "const parameters = validated(asking, client, answer, given[0] ?? state);",
      },
    ],
    tests: [{ project: "unit", file: codeFlow, name: "the state of another sign-in" }],
  },
  {
    gate: "code-window",
    removed: "an answer is taken from the sign-in's own window, and from the view's own origin",
    edits: [
      {
        file: `${partner}/code-answer.ts`,
        find: "if (source !== popup || from !== origin || typeof data",
        replace: "if (typeof data",
      },
    ],
    tests: [{ project: "unit", file: codeFlow, name: "listens to its own window" }],
  },
  {
    gate: "host-issuer",
    removed: "the host's own sign-in takes no answer of another provider",
    edits: [
      {
        file: "packages/host/src/sign-in.ts",
        find: "if (issuer !== expected || more.length > 0)",
        replace: "if (false)",
      },
    ],
    tests: [
      {
        project: "element",
        file: "packages/host/test/browser/sign-in.test.ts",
        name: "a response of another provider is refused",
      },
    ],
  },
];
