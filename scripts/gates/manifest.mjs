/** The gates of the manifest, of the grant made from it, and of the frame that the grant allows. */

const manifest = "packages/manifest/src";
const parse = `${manifest}/parse.test.ts`;
const urls = `${manifest}/url.test.ts`;
const grant = `${manifest}/grant.test.ts`;
const frame = `${manifest}/frame-policy.test.ts`;

/** @type {readonly import("./list.mjs").Gate[]} */
export const manifestGates = [
  {
    gate: "manifest-size",
    removed: "a manifest's text is at most 64 KiB, before it is parsed",
    edits: [
      {
        file: `${manifest}/read.ts`,
        find: "if (text.length > limits.bytes || utf8Length(text) > limits.bytes)",
        replace: "if (false)",
      },
    ],
    tests: [{ project: "unit", file: parse, name: "64 KiB of text" }],
  },
  {
    gate: "manifest-origin",
    removed: "a manifest is served from the origin that it declares",
    edits: [
      {
        file: `${manifest}/rules.ts`,
        find: "if (origin === undefined || served === origin) return undefined;",
        replace: "if (served !== undefined) return undefined;",
      },
    ],
    tests: [{ project: "unit", file: parse, name: "another origin" }],
  },
  {
    gate: "entry-origin",
    removed: "a view's entry is on the declared origin",
    edits: [
      {
        file: `${manifest}/url.ts`,
        find: "if (origin !== undefined && url.origin !== origin)",
        replace: "if (false)",
      },
    ],
    tests: [{ project: "unit", file: parse, name: "an entry elsewhere" }],
  },
  {
    gate: "scheme",
    removed: "no address is javascript:, data:, blob: or any other scheme but https",
    edits: [{ file: `${manifest}/url.ts`, find: "if (!schemes.includes(protocol))", replace: "if (false)" }],
    tests: [{ project: "unit", file: urls, name: "refuses" }],
  },
  {
    gate: "user-info",
    removed: "no address hides its host behind user info",
    edits: [
      { file: `${manifest}/url.ts`, find: 'if (url.username !== "" || url.password !== "")', replace: "if (false)" },
    ],
    tests: [{ project: "unit", file: urls, name: "URL_USER_INFO" }],
  },
  {
    gate: "secure",
    removed: "http is for loopback names alone",
    edits: [
      {
        file: `${manifest}/url.ts`,
        find: 'if (!protocol.endsWith("s:") && !isLoopback(hostname))',
        replace: "if (false)",
      },
    ],
    tests: [{ project: "unit", file: urls, name: "URL_INSECURE" }],
  },
  {
    gate: "exact-origin",
    removed: "an origin is written as browsers write it, and no other way",
    edits: [
      {
        file: `${manifest}/url.ts`,
        find: "if (check.fault !== undefined || check.url.origin === text) return check;",
        replace: "if (check !== undefined) return check;",
      },
    ],
    tests: [{ project: "unit", file: urls, name: "tells its canonical form" }],
  },
  {
    gate: "unknown-member",
    removed: "a manifest has no member that the format does not know",
    edits: [{ file: `${manifest}/shape.ts`, find: 'if (!key.startsWith("x-"))', replace: "if (false)" }],
    tests: [{ project: "unit", file: parse, name: "are told all at once" }],
  },
  {
    gate: "scope-form",
    removed: "a scope is a word of its own: no wildcard, no other spelling",
    edits: [
      {
        file: `${manifest}/shape.ts`,
        find: "if (shape.pattern?.test(value) === false && shape.code !== undefined)",
        replace: "if (false)",
      },
    ],
    tests: [{ project: "unit", file: parse, name: "are told all at once" }],
  },
  {
    gate: "scope-declared",
    removed: "a view asks for declared scopes alone",
    edits: [
      {
        file: `${manifest}/rules.ts`,
        find: "scopes.includes(String(value)) ?",
        replace: "value !== scopes ?",
      },
    ],
    tests: [{ project: "unit", file: parse, name: "a scope's prefix" }],
  },
  {
    gate: "visible-words",
    removed: "words that users read come out with nothing hidden in them",
    edits: [
      {
        file: `${manifest}/shape.ts`,
        find: "const shown = showUpTo(value, shape.max);",
        replace: "const shown = value;",
      },
    ],
    tests: [{ project: "unit", file: parse, name: "has nothing hidden in its words" }],
  },
  {
    gate: "grant-policy",
    removed: "a scope that is granted is in the host's policy and has not expired",
    edits: [
      {
        file: `${manifest}/grant.ts`,
        find: "entry.scope === scope && holdsAt(entry, now)",
        replace: "entry.scope === scope",
      },
    ],
    tests: [{ project: "unit", file: grant, name: "also where it has expired" }],
  },
  {
    gate: "grant-plan",
    removed: "a scope that is granted is in the customer's plan",
    edits: [
      { file: `${manifest}/grant.ts`, find: "plan !== undefined && !plan.includes(scope)", replace: "plan === null" },
    ],
    tests: [{ project: "unit", file: grant, name: "the plan, the consent" }],
  },
  {
    gate: "grant-consent",
    removed: "a scope that is granted was consented to",
    edits: [
      { file: `${manifest}/grant.ts`, find: "else if (!consent.includes(scope))", replace: "else if (!consent)" },
    ],
    tests: [{ project: "unit", file: grant, name: "never holds what any of the four left out" }],
  },
  {
    gate: "permission-asked",
    removed: "a frame gets what the manifest asks for and the policy names, and no other permission",
    edits: [
      {
        file: `${manifest}/grant.ts`,
        find: "policy.permissions?.includes(permission) === true,",
        replace: "true,",
      },
    ],
    tests: [{ project: "unit", file: grant, name: "gives no permission that the policy does not name" }],
  },
  {
    gate: "frame-other-origin",
    removed: "a view is on another origin than its host",
    edits: [
      { file: `${manifest}/frame-policy.ts`, find: "if (host.origin === origin.url.origin)", replace: "if (!host)" },
    ],
    tests: [{ project: "unit", file: frame, name: "the host's own origin" }],
  },
  {
    gate: "frame-permissions",
    removed: "a frame gets no permission outside the table",
    edits: [
      { file: `${manifest}/frame-policy.ts`, find: "if (unknown !== undefined)", replace: "if (unknown === null)" },
    ],
    tests: [{ project: "unit", file: frame, name: "as a permission, whoever granted it" }],
  },
];
