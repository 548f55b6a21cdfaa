/**
 * The gates that `npm run gates` takes out, one after another: in the order in which a message meets them. To add one, name
 * the lines that are the gate (`find` must stand exactly once in `file`), what stands there without it, and the tests of
 * which at least one must turn red.
 */

/** @typedef {{ project: "unit" | "element" | "e2e", file: string, name?: string }} Test `name`: part of the test's full name */
/**
 * @typedef {object} Gate
 * @property {string} gate its short name, for `npm run gates -- name`
 * @property {string} removed what is taken out, in words
 * @property {string} file where it stands
 * @property {string} find the gate
 * @property {string} replace what stands there without it
 * @property {readonly Test[]} tests that must notice
 */

/** @type {readonly Gate[]} */
export const gates = [
  {
    gate: "key-binding",
    removed: "the API's check that the token is bound to the key that signed the proof",
    file: "packages/server/src/resource-guard.ts",
    find: "if (claims.cnf.jkt !== proof.jkt)",
    replace: "if (false)",
    tests: [{ project: "unit", file: "packages/server/src/resource-guard.test.ts" }],
  },
];
