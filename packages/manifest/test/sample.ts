import fc from "fast-check";
import { type Manifest, type ManifestInput, parseManifest } from "../src/index.js";

/** Where the sample is served from. */
export const url = "https://app.trackwell.example/.well-known/partner-panel.json";

/** The manifest of the documentation, as written; made anew so that each test may bend its own. */
export function sample() {
  return {
    $schema: "https://partner-panel.example/v1.json",
    manifest_version: 1,
    id: "com.trackwell.issues",
    version: "2.3.0",
    name: "Trackwell Issues",
    origin: "https://app.trackwell.example",
    icons: [{ src: "/icon.svg", purpose: "monochrome" }],
    protocol: "^1.0.0",
    scopes: {
      "ticket:read": { title: "See the open ticket", reason: "To show the issues linked to it" },
      "ticket:write": { title: "Change the open ticket", optional: true },
    },
    permissions: { forms: {}, "clipboard-write": { reason: "Copy an issue's link" } },
    auth: {
      issuer: "https://id.trackwell.example",
      client_id: "panel",
      resource: "https://api.trackwell.example",
      modes: ["assertion", "code"],
      scopes: ["issues:read", "issues:write"],
    },
    csp: { connectDomains: ["https://api.trackwell.example"] },
    surfaces: {
      link: { entry: "https://app.trackwell.example/" },
      panel: {
        views: {
          issue: {
            entry: "/embed/issue",
            title: "Linked issue",
            display: ["inline", "dialog"],
            minHeight: 240,
            scopes: ["ticket:read", "ticket:write"],
          },
        },
      },
    },
  } satisfies ManifestInput;
}

/** The sample with some members replaced, whatever they are. */
export function sampleWith(members: Record<string, unknown>): Record<string, unknown> {
  return { ...sample(), ...members };
}

/** The sample, parsed. */
export function manifest(): Manifest {
  const parsed = parseManifest(sample(), { url });
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.manifest;
}

const scopeNames = ["a:read", "a:write", "b:read", "b:write", "c:do"] as const;
const permissions = ["forms", "popups", "camera", "clipboard-write", "storage-access"] as const;

export const anyScope = fc.constantFrom(...scopeNames);
export const anyScopes = fc.uniqueArray(anyScope);

/** Manifests that hold, with up to two views, and every part of what they ask for varied. */
export const anyManifest: fc.Arbitrary<Manifest> = fc
  .record({
    scopes: fc.dictionary(anyScope, fc.record({ title: fc.constant("Words"), optional: fc.boolean() }), {
      noNullPrototype: true,
    }),
    permissions: fc.dictionary(fc.constantFrom(...permissions), fc.constant({}), { noNullPrototype: true }),
    views: fc.dictionary(
      fc.constantFrom("one", "two"),
      fc.record({ entry: fc.constant("/view"), scopes: anyScopes }, { requiredKeys: ["entry"] }),
      { minKeys: 1, noNullPrototype: true },
    ),
    data: fc.option(fc.record({ scopes: anyScopes }), { nil: undefined }),
    apiScopes: fc.uniqueArray(fc.constantFrom("x", "y", "z")),
    domains: fc.uniqueArray(fc.constantFrom("https://cdn.example", "https://api.example")),
  })
  .map(({ scopes, permissions, views, data, apiScopes, domains }) => {
    const declared = (list: readonly string[] | undefined) => list?.filter((scope) => Object.hasOwn(scopes, scope));
    const parsed = parseManifest(
      sampleWith({
        scopes,
        permissions,
        auth: { ...sample().auth, scopes: apiScopes },
        csp: { connectDomains: domains },
        surfaces: {
          link: { entry: "/" },
          data: data && { scopes: declared(data.scopes) },
          panel: {
            views: Object.fromEntries(
              Object.entries(views).map(([name, view]) => [name, { ...view, scopes: declared(view.scopes) }]),
            ),
          },
        },
      }),
      { url },
    );
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
    return parsed.manifest;
  });

/** A policy's scopes, some with limits, some expired at 1,000. */
export const anyGrant = fc.array(
  fc.record(
    {
      scope: anyScope,
      where: fc.dictionary(fc.constantFrom("id", "team"), fc.array(fc.string()), { noNullPrototype: true }),
      expiresAt: fc.constantFrom(0, 999, 1_000, 1_001, 5_000, Number.NaN),
    },
    { requiredKeys: ["scope"] },
  ),
);
export const anyPermissions = fc.array(fc.constantFrom(...permissions, "microphone", "allow-modals", "*"));

/** Anything at all. */
export const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withNullPrototype: true,
  withObjectString: true,
  withSparseArray: true,
  withTypedArray: true,
});

/** One member of the sample, at any depth, becomes something else. */
export const bent = fc
  .record({
    steps: fc.array(fc.nat(), { minLength: 1, maxLength: 7 }),
    value: fc.oneof(anything, fc.string({ unit: "binary" }), fc.webUrl()),
    key: fc.option(fc.string()),
  })
  .map(({ steps, value, key }) => {
    const root: unknown = sample();
    let holder = root as Record<string, unknown>;
    for (const [index, step] of steps.entries()) {
      const keys = Object.keys(holder);
      const name = keys[step % keys.length];
      if (name === undefined) break;
      const next = holder[name];
      if (index < steps.length - 1 && typeof next === "object" && next !== null)
        holder = next as Record<string, unknown>;
      else {
        // What cannot be changed, as a list's length, stays as it is.
        Reflect.defineProperty(holder, key ?? name, { value, enumerable: true, configurable: true, writable: true });
        break;
      }
    }
    return root;
  });
