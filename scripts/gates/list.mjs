/**
 * The gates that `npm run gates` takes out, one after another: in the order in which a message meets them, and then the
 * key that a token is bound to. To add one, name the lines that are the gate (`find` must stand exactly once in `file`), what
 * stands there without it, and the tests of which at least one must turn red. Where two checks stand behind each other for one
 * gate, both are taken out: what is proved is that the gate is guarded, not that each line is.
 */

/** @typedef {{ project: "unit" | "element" | "e2e", file: string, name?: string }} Test `name`: part of the test's full name */
/** @typedef {{ file: string, find: string, replace: string }} Edit */
/**
 * @typedef {object} Gate
 * @property {string} gate its short name, for `npm run gates -- name`
 * @property {string} removed what is taken out, in words that go on from "the check that"
 * @property {readonly Edit[]} edits
 * @property {readonly Test[]} tests that must notice
 */

const bridge = "packages/postmessage-rpc/src";
const dispatch = "packages/postmessage-rpc/test/unit/dispatch.test.ts";
const budgets = "packages/postmessage-rpc/test/unit/budgets.test.ts";

const handshake = "packages/postmessage-rpc/test/browser/handshake.test.ts";

/** @type {readonly Gate[]} */
export const gates = [
  {
    gate: "disposed",
    removed: "a session that has ended handles nothing that is still queued",
    edits: [
      {
        file: `${bridge}/inbox.ts`,
        find: `receive(event: MessageEvent): void {
    if (this.#context.isClosed()) return;`,
        replace: "receive(event: MessageEvent): void {",
      },
      {
        file: `${bridge}/inbox.ts`,
        find: `      if (isClosed()) return;
      const kind`,
        replace: `      const kind`,
      },
      {
        file: `${bridge}/open-session.ts`,
        find: 'this.#port.removeEventListener("message", this.#onMessage);',
        replace: "",
      },
    ],
    tests: [{ project: "unit", file: dispatch, name: "after the end" }],
  },
  {
    gate: "source",
    removed: "a hello comes from the frame's own window",
    edits: [
      {
        file: `${bridge}/handshake.ts`,
        find: `if (event.source !== target || !event.isTrusted) return;
      if (event.origin !== origin) {`,
        replace: `if (!event.isTrusted) return;
      if (event.origin !== origin) {`,
      },
    ],
    tests: [{ project: "element", file: handshake, name: "is not ended by a hello from another window" }],
  },
  {
    gate: "origin",
    removed: "a hello comes from the partner's exact origin",
    edits: [{ file: `${bridge}/handshake.ts`, find: "if (event.origin !== origin) {", replace: "if (false) {" }],
    tests: [{ project: "element", file: handshake, name: "gives another site in the frame nothing" }],
  },
  {
    gate: "nonce",
    removed: "a hello's nonce was not answered before, in this mount or an earlier one",
    edits: [
      {
        file: `${bridge}/handshake.ts`,
        find: 'if (data[key] !== "hello" || data["nonce"] === nonce || !isNewNonce(data["nonce"])) return;',
        replace: 'if (data[key] !== "hello") return;',
      },
    ],
    tests: [{ project: "element", file: handshake, name: "does not take an earlier mount's nonce" }],
  },
  {
    gate: "view-source",
    removed: "a welcome comes from the window that embeds the view",
    edits: [
      {
        file: `${bridge}/handshake.ts`,
        find: `if (event.source !== target || !event.isTrusted) return;
      if (typeof hosts`,
        replace: `if (!event.isTrusted) return;
      if (typeof hosts`,
      },
    ],
    tests: [{ project: "element", file: handshake, name: "is not ended by what another window says" }],
  },
  {
    gate: "view-hosts",
    removed: "a welcome comes from a host that the view names",
    edits: [{ file: `${bridge}/handshake.ts`, find: "if (!isAllowed) {", replace: "if (false) {" }],
    tests: [{ project: "element", file: handshake, name: "refuses an embedder" }],
  },
  {
    gate: "view-nonce",
    removed: "a welcome answers the view's own nonce",
    edits: [
      {
        file: `${bridge}/handshake.ts`,
        find: 'const isOurs = isRecord(data) && data["nonce"] === nonce;',
        replace: "const isOurs = isRecord(data);",
      },
    ],
    tests: [{ project: "element", file: handshake, name: "ignores a welcome with another nonce" }],
  },
  {
    gate: "size",
    removed: "a message's text is measured before it is parsed",
    edits: [{ file: `${bridge}/wire.ts`, find: "if (text.length > limits.text)", replace: "if (false)" }],
    tests: [{ project: "unit", file: budgets }],
  },
  {
    gate: "parse",
    removed: "depth, nodes, strings and keys of a parsed message are limited",
    edits: [
      {
        file: `${bridge}/wire.ts`,
        find: "if (countNodes(value, limits, 1, 1, true) > limits.nodes)",
        replace: "if (false)",
      },
    ],
    tests: [{ project: "unit", file: budgets }],
  },
  {
    gate: "envelope",
    removed: "only JSON-RPC 2.0 is read",
    edits: [{ file: `${bridge}/wire.ts`, find: 'if (jsonrpc !== "2.0")', replace: "if (false)" }],
    tests: [{ project: "unit", file: budgets }],
  },
  {
    gate: "budgets",
    removed: "at most 64 calls are in flight",
    edits: [
      {
        file: `${bridge}/responder.ts`,
        find: "this.#inFlight >= limits.inFlight",
        replace: "false",
      },
    ],
    tests: [{ project: "unit", file: budgets, name: "in flight" }],
  },
  {
    gate: "own-method",
    removed: "a method is one of the contract's own table, and nothing that every object has",
    edits: [
      {
        file: `${bridge}/responder.ts`,
        find: "return this.#table.get(name) ?? null;",
        replace: `const inherited: unknown = Reflect.get({}, name);
    const served = { member: { kind: "method", scope: null }, handler: inherited } as unknown as Served;
    return this.#table.get(name) ?? (typeof inherited === "function" ? served : null);`,
      },
    ],
    tests: [{ project: "unit", file: dispatch, name: "own methods" }],
  },
  {
    gate: "scope",
    removed: "the method's scope is in the grant",
    edits: [
      {
        file: `${bridge}/grant.ts`,
        find: "return scope === null || this.#held.some(",
        replace: "return true || this.#held.some(",
      },
      { file: `${bridge}/grant.ts`, find: "let verdict = denied;", replace: "let verdict = noScopeNeeded;" },
    ],
    tests: [{ project: "unit", file: dispatch, name: "scope" }],
  },
  {
    gate: "params",
    removed: "params fit the contract's schema",
    edits: [
      {
        file: `${bridge}/responder.ts`,
        find: `const checked = validate(served.member.params, params);
    if (isPromise(checked)) void checked.then((validated) => this.#dispatch`,
        replace: `const checked = { value: params } as Validated;
    if (isPromise(checked)) void checked.then((validated) => this.#dispatch`,
      },
    ],
    tests: [{ project: "unit", file: dispatch }],
  },
  {
    gate: "where",
    removed: "the grant's limits on the params hold",
    edits: [{ file: `${bridge}/grant.ts`, find: "if (limit === null)", replace: "if (true)" }],
    tests: [{ project: "unit", file: dispatch, name: "scope" }],
  },
  {
    gate: "grant-again",
    removed: "a revoked call is ended, and the grant is asked again before its result leaves",
    edits: [
      { file: `${bridge}/responder.ts`, find: "if (!holds) this.#fail", replace: "if (false) this.#fail" },
      {
        file: `${bridge}/responder.ts`,
        find: "return this.#grant.allows(guard.scope, guard.params).ok;",
        replace: "return true;",
      },
    ],
    tests: [{ project: "unit", file: dispatch, name: "revocation" }],
  },
  {
    gate: "result",
    removed: "a result is what the contract's schema makes of it",
    edits: [
      {
        file: `${bridge}/responder.ts`,
        find: 'const checked = validate(member.kind === "method" ? member.result : undefined, value);',
        replace: "const checked = validate(undefined, value);",
      },
    ],
    tests: [{ project: "unit", file: dispatch, name: "results" }],
  },
  {
    gate: "key-binding",
    removed: "the partner's API lets in a token only with a proof of the key that it is bound to",
    edits: [
      {
        file: "packages/server/src/resource-guard.ts",
        find: "if (claims.cnf.jkt !== proof.jkt)",
        replace: "if (false)",
      },
    ],
    tests: [{ project: "unit", file: "packages/server/src/resource-guard.test.ts" }],
  },
  {
    gate: "key-binding-at-issue",
    removed: "the partner's token endpoint redeems an assertion only with a proof of the key that it names",
    edits: [
      {
        file: "packages/server/src/assertion-reader.ts",
        find: "if (claims.cnf.jkt !== jkt)",
        replace: "if (false)",
      },
    ],
    tests: [{ project: "unit", file: "packages/server/src/assertion-grant.test.ts" }],
  },
];
