import { actingGates } from "./acting.mjs";
import { consentGates } from "./consent.mjs";
import { manifestGates } from "./manifest.mjs";
import { signInGates } from "./sign-in.mjs";

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

const server = "packages/server/src";
const signInAttacks = "packages/server/test/unit/sign-in-attacks.test.ts";

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
        find: "if (target === null || event.source !== target || !event.isTrusted) return;",
        replace: "if (target === null || !event.isTrusted) return;",
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
        file: `${bridge}/handshake-welcome.ts`,
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
    edits: [{ file: `${bridge}/handshake-welcome.ts`, find: "if (!isAllowed) {", replace: "if (false) {" }],
    tests: [{ project: "element", file: handshake, name: "refuses an embedder" }],
  },
  {
    gate: "view-nonce",
    removed: "a welcome answers the view's own nonce",
    edits: [
      {
        file: `${bridge}/handshake-welcome.ts`,
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
  {
    gate: "proof-once",
    removed: "a DPoP proof is used once",
    edits: [
      {
        file: `${server}/proof.ts`,
        find: ", ttl + 1))) {",
        replace: ", ttl + 1)) && false) {",
      },
    ],
    tests: [{ project: "unit", file: signInAttacks, name: "that is replayed opens nothing" }],
  },
  {
    gate: "proof-address",
    removed: "a DPoP proof is for this address",
    edits: [
      {
        file: `${server}/proof.ts`,
        find: 'if (typeof htu !== "string" || withoutQuery(htu) !== url)',
        replace: "if (false)",
      },
    ],
    tests: [{ project: "unit", file: signInAttacks, name: "that is moved" }],
  },
  {
    gate: "proof-token",
    removed: "a DPoP proof to the API is for this token",
    edits: [
      {
        file: `${server}/proof.ts`,
        find: "if (accessToken !== undefined && ath !== (await sha256(accessToken)))",
        replace: "if (false)",
      },
    ],
    tests: [{ project: "unit", file: signInAttacks, name: "that is moved" }],
  },
  {
    gate: "proof-time",
    removed: "a DPoP proof was made just now",
    edits: [
      {
        file: `${server}/proof.ts`,
        find: "if (!(Math.abs(age) <= serverLimits.proofWindow)) {",
        replace: "if (false) {",
      },
    ],
    tests: [{ project: "unit", file: signInAttacks, name: "a clock that is 10 minutes off" }],
  },
  {
    gate: "nonce-of-proof",
    removed: "a nonce in a DPoP proof is one that was handed out in the last minutes",
    edits: [{ file: `${server}/proof.ts`, find: 'if (state === "unknown")', replace: "if (false)" }],
    tests: [{ project: "unit", file: `${server}/proof.test.ts`, name: "nonce" }],
  },
  {
    gate: "bound-token",
    removed: "the partner's API takes no token that is bound to no key",
    edits: [
      {
        file: `${server}/resource-guard.ts`,
        find: "|| iat === undefined || !jkt) return undefined;",
        replace: "|| iat === undefined) return undefined;",
      },
      {
        file: `${server}/resource-guard.ts`,
        find: "cnf: { jkt } };",
        replace: 'cnf: { jkt: jkt ?? "" } };',
      },
      {
        file: `${server}/resource-guard.ts`,
        find: "if (claims.cnf.jkt !== proof.jkt)",
        replace: 'if (claims.cnf.jkt !== "" && claims.cnf.jkt !== proof.jkt)',
      },
    ],
    tests: [{ project: "unit", file: signInAttacks, name: "a provider that ignores the proof" }],
  },
  {
    gate: "assertion-once",
    removed: "an assertion is used once",
    edits: [
      {
        file: `${server}/assertion-reader.ts`,
        find: ", ttl))) {",
        replace: ", ttl)) && false) {",
      },
    ],
    tests: [
      { project: "unit", file: signInAttacks, name: "an assertion that is replayed" },
      { project: "unit", file: `${server}/two-processes.test.ts` },
    ],
  },
  {
    gate: "one-of-two-processes",
    removed: "of two processes that race one assertion, the database lets one",
    edits: [
      {
        file: `${server}/postgres.ts`,
        find: "WHERE held.expires_at <= clock_timestamp()\nRETURNING 1",
        replace: "RETURNING 1",
      },
    ],
    tests: [
      { project: "unit", file: `${server}/replay.test.ts`, name: "postgresReplayStore" },
      { project: "unit", file: `${server}/two-processes.test.ts` },
    ],
  },
  {
    gate: "view-redeems",
    removed: "an assertion is redeemed from the view's origin alone",
    edits: [
      {
        file: `${server}/assertion-grant.ts`,
        find: 'if (!origins.has(request.headers.get("origin") ?? "")) {',
        replace: "if (false) {",
      },
    ],
    tests: [{ project: "unit", file: signInAttacks, name: "for a key of the host page's own" }],
  },
  {
    gate: "ceiling",
    removed: "a host's users get no scope above the ceiling that the partner set for it",
    edits: [
      {
        file: `${server}/assertion-grant.ts`,
        find: "asserted.filter((scope) => ceiling.includes(scope))",
        replace: "asserted.filter(() => ceiling.length > 0)",
      },
    ],
    tests: [{ project: "unit", file: signInAttacks, name: "beyond the partner's ceiling" }],
  },
  {
    gate: "audience",
    removed: "an assertion is for this partner",
    edits: [
      {
        file: `${server}/assertion-reader.ts`,
        find: "{ issuer: host.issuer, audience: trust.issuer }",
        replace: "{ issuer: host.issuer, audience: [trust.issuer, claimedAudience(assertion)] }",
      },
      {
        file: `${server}/assertion-reader.ts`,
        find: "expected: { issuer: string; audience: string },",
        replace: "expected: { issuer: string; audience: string[] },",
      },
      {
        file: `${server}/assertion-reader.ts`,
        find: "function refused(description: string): Refusal {",
        replace:
          "function claimedAudience(assertion: string): string {\n  return String(decodeJwt(assertion).aud);\n}\n\nfunction refused(description: string): Refusal {",
      },
    ],
    tests: [{ project: "unit", file: signInAttacks, name: "for another partner" }],
  },
  {
    gate: "link-own-sign-in",
    removed: "an account is linked only by a sign-in at the partner itself",
    edits: [
      {
        file: `${server}/link-endpoint.ts`,
        find: 'token["host"] === undefined ? await options.account(token) : undefined',
        replace: "await options.account(token)",
      },
    ],
    tests: [{ project: "unit", file: `${server}/link-endpoint.test.ts` }],
  },
  {
    gate: "link-once",
    removed: "what is linked already is not linked again",
    edits: [
      {
        file: `${server}/link-endpoint.ts`,
        find: "if (!(await options.link(host.issuer, claims.sub, account))) {",
        replace: "await options.link(host.issuer, claims.sub, account);\n    if (false) {",
      },
    ],
    tests: [{ project: "unit", file: `${server}/link-endpoint.test.ts` }],
  },
  {
    gate: "exchange-bound",
    removed: "the exchange proxy hands on no token of another type than DPoP",
    edits: [{ file: `${server}/exchange-proxy.ts`, find: 'if (token_type !== "dpop")', replace: "if (false)" }],
    tests: [{ project: "unit", file: signInAttacks, name: "mode exchange" }],
  },
  {
    gate: "exchange-key",
    removed: "the exchange proxy hands on no token that is bound to another key than the frame's",
    edits: [
      {
        file: `${server}/exchange-proxy.ts`,
        find: 'if (typeof cnf !== "object" || cnf === null || !("jkt" in cnf) || cnf.jkt !== asked.proof.jkt) {',
        replace: "if (false) {",
      },
    ],
    tests: [{ project: "unit", file: signInAttacks, name: "mode exchange" }],
  },
  {
    gate: "logged-out",
    removed: "a session that was logged out opens nothing",
    edits: [
      { file: `${server}/resource-guard.ts`, find: "if (await options.isRevoked(claims))", replace: "if (false)" },
    ],
    tests: [{ project: "unit", file: signInAttacks, name: "life after log-out" }],
  },
  {
    gate: "logout-of-issuer",
    removed: "a session is ended by the issuer that it belongs to alone",
    edits: [
      {
        file: `${server}/ended-sessions.ts`,
        find: "JSON.stringify([issuer, sid])",
        replace: "JSON.stringify([issuer && sid])",
      },
    ],
    tests: [{ project: "unit", file: signInAttacks, name: "is not ended by another host" }],
  },
  {
    gate: "logout-no-id-token",
    removed: "an ID token ends no session",
    edits: [{ file: `${server}/logout-receiver.ts`, find: "if (nonce !== undefined)", replace: "if (false)" }],
    tests: [{ project: "unit", file: `${server}/logout-receiver.test.ts` }],
  },
  {
    gate: "logout-once",
    removed: "a logout token is used once",
    edits: [
      {
        file: `${server}/logout-receiver.ts`,
        find: ", ttl))) throw",
        replace: ", ttl)) && false) throw",
      },
    ],
    tests: [{ project: "unit", file: `${server}/logout-receiver.test.ts` }],
  },
  ...signInGates,
  ...manifestGates,
  ...consentGates,
  ...actingGates,
];
