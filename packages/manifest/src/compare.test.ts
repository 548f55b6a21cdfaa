import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyGrant, anyManifest, anyPermissions, anyScopes, manifest } from "../test/sample.js";
import { comparePermissions, compareVersions } from "./compare.js";
import { grantFor } from "./grant.js";
import type { Manifest } from "./schema.js";
import { surfaceNames } from "./vocabulary.js";

const told = (list: readonly { kind: string; name: string; pointer: string }[]) =>
  list.map(({ kind, name, pointer }) => `${kind} ${name} ${pointer}`);

function differences(change: (next: Manifest) => void) {
  const next = structuredClone(manifest());
  change(next);
  const { narrows, widens } = comparePermissions(manifest(), next);
  return { narrows: told(narrows), widens: told(widens) };
}

describe("comparePermissions", () => {
  it("finds nothing where only words, pictures and the version differ", () => {
    expect(
      differences((next) => {
        next.version = "3.0.0";
        next.name = "Tracker";
        next.icons = [];
        next.scopes["ticket:read"] = { title: "Other words" };
      }),
    ).toEqual({ narrows: [], widens: [] });
  });

  it("takes a member of the manifest's own for no permission, come or gone", () => {
    const noted = { ...manifest(), permissions: { ...manifest().permissions, "x-why": {} } };
    expect(comparePermissions(manifest(), noted)).toEqual({ narrows: [], widens: [] });
    expect(comparePermissions(noted, manifest())).toEqual({ narrows: [], widens: [] });
  });

  it.each<[string, (next: Manifest) => void, string[]]>([
    [
      "a scope",
      (next) => {
        next.scopes["ticket:delete"] = { title: "x" };
      },
      ["scope ticket:delete /scopes/ticket:delete"],
    ],
    [
      "a permission",
      (next) => {
        next.permissions.camera = {};
      },
      ["permission camera /permissions/camera"],
    ],
    [
      "a scope of its own API",
      (next) => {
        next.auth?.scopes?.push("issues:admin");
      },
      ["api-scope issues:admin /auth/scopes"],
    ],
    [
      "a domain",
      (next) => {
        next.csp?.connectDomains?.push("https://x.example");
      },
      ["domain https://x.example /csp/connectDomains"],
    ],
    [
      "a view",
      (next) => {
        next.surfaces.panel = { views: { ...next.surfaces.panel?.views, list: { entry: "/" } } };
      },
      ["view list /surfaces/panel/views/list"],
    ],
    [
      "a surface",
      (next) => {
        next.surfaces.data = {};
      },
      ["surface data /surfaces/data"],
    ],
  ])("tells of %s more, and the other way round of one less", (_, change, changes) => {
    expect(differences(change)).toEqual({ narrows: [], widens: changes });
    const next = structuredClone(manifest());
    change(next);
    const back = comparePermissions(next, manifest());
    expect({ narrows: told(back.narrows), widens: told(back.widens) }).toEqual({ narrows: changes, widens: [] });
  });

  it("tells of a scope that can no longer be refused", () => {
    expect(
      differences((next) => {
        next.scopes["ticket:write"] = { title: "x" };
      }).widens,
    ).toEqual(["scope ticket:write /scopes/ticket:write/optional"]);
    expect(
      differences((next) => {
        next.scopes["ticket:read"] = { title: "x", optional: true };
      }).narrows,
    ).toEqual(["scope ticket:read /scopes/ticket:read/optional"]);
  });

  it("tells of a view that takes up a scope that was declared all along", () => {
    const few = structuredClone(manifest());
    few.surfaces.panel = { views: { issue: { entry: "/", scopes: ["ticket:read"] } } };
    expect(told(comparePermissions(few, manifest()).widens)).toEqual([
      "scope-use ticket:write /surfaces/panel/views/issue/scopes",
    ]);
    expect(told(comparePermissions(manifest(), few).narrows)).toEqual([
      "scope-use ticket:write /surfaces/panel/views/issue/scopes",
    ]);
  });

  it("takes another origin, issuer, client or resource for wider, either way", () => {
    const change = (next: Manifest) => {
      next.origin = "https://new.example";
      next.auth = {
        ...manifest().auth,
        issuer: "https://id.new.example",
        client_id: "b",
        resource: "https://api.new.example",
        modes: ["code"],
      };
    };
    const names = [
      "identity origin /origin",
      "identity issuer /auth/issuer",
      "identity client_id /auth/client_id",
      "identity resource /auth/resource",
    ];
    expect(differences(change).widens).toEqual(names);
    expect(
      differences((next) => {
        next.id = "com.other";
      }).widens,
    ).toEqual(["identity id /id"]);
  });

  it("tells of another way to sign in, and of a view that comes to need a token", () => {
    const { auth: _, ...without } = manifest();
    const views = (token: boolean) => ({
      ...manifest(),
      surfaces: { link: { entry: "/" }, panel: { views: { issue: { entry: "/", token } } } },
    });
    const tokens = ["token issue /surfaces/panel/views/issue/token"];
    expect(told(comparePermissions(views(false), views(true)).widens)).toEqual(tokens);
    expect(told(comparePermissions(views(true), views(false)).narrows)).toEqual(tokens);
    const added = told(comparePermissions(without, manifest()).widens);
    expect(added).toContain("auth-mode assertion /auth/modes");
    expect(added).toEqual(expect.arrayContaining([...tokens, "identity issuer /auth/issuer"]));
    const modes = (...list: ("assertion" | "code")[]): Manifest => ({
      ...manifest(),
      auth: { issuer: "https://id.example", client_id: "panel", resource: "https://api.example", modes: list },
    });
    const change = comparePermissions(modes("code"), modes("assertion"));
    expect(told(change.widens)).toEqual(["auth-mode assertion /auth/modes"]);
    expect(told(change.narrows)).toEqual(["auth-mode code /auth/modes"]);
  });

  it("finds no difference with itself, and turns around with its arguments", () => {
    fc.assert(
      fc.property(anyManifest, anyManifest, (a, b) => {
        expect(comparePermissions(a, structuredClone(a))).toEqual({ narrows: [], widens: [] });
        const [there, back] = [comparePermissions(a, b), comparePermissions(b, a)];
        const names = (list: typeof there.narrows) =>
          list.map(({ kind, name, pointer }) => `${kind} ${name} ${pointer}`).sort();
        expect(names(there.widens)).toEqual(names(back.narrows));
      }),
    );
  });

  it("tells that something widens wherever a grant, a frame or a surface holds more", () => {
    fc.assert(
      fc.property(
        anyManifest,
        anyManifest,
        fc.constantFrom("one", "two"),
        fc.boolean(),
        (before, other, view, alike) => {
          // Often alike but for what one view asks, which is where a difference is easily missed.
          const after = alike ? { ...before, surfaces: other.surfaces } : other;
          const all = ["a:read", "a:write", "b:read", "b:write", "c:do"];
          const policy = {
            scopes: all.map((scope) => ({ scope })),
            permissions: ["forms", "popups", "camera", "clipboard-write", "storage-access"],
          };
          const [was, is] = [before, after].map((manifest) => {
            const grant = grantFor({ manifest, view, policy, consent: all, now: 0 });
            const lost = grant.surfaces.map(({ surface }) => surface);
            return [
              ...grant.granted.map(({ scope }) => scope),
              ...grant.permissions,
              ...surfaceNames.filter((surface) => !lost.includes(surface)),
            ];
          });
          const more = is?.filter((each) => !was?.includes(each)) ?? [];
          if (more.length > 0) {
            // A scope that is no longer needed opens a surface, too: that is asking for less.
            const { widens, narrows } = comparePermissions(before, after);
            expect(widens.length + narrows.length).toBeGreaterThan(0);
            if (more.some((each) => all.includes(each) || policy.permissions.includes(each))) {
              expect(widens.length).toBeGreaterThan(0);
            }
          }
        },
      ),
      { numRuns: 1_000 },
    );
  });

  it("lets no grant hold more where it says that nothing widens", () => {
    fc.assert(
      fc.property(
        anyManifest,
        anyManifest,
        anyGrant,
        anyPermissions,
        anyScopes,
        fc.constantFrom("one", "two"),
        (before, other, scopes, permissions, consent, view) => {
          // Two at random seldom compare as narrower, so the later one is cut down from the earlier one by the other.
          const after: Manifest = {
            ...before,
            scopes: Object.fromEntries(
              Object.entries(before.scopes).filter(([scope]) => Object.hasOwn(other.scopes, scope)),
            ),
            permissions: other.permissions,
          };
          const sources = { view, policy: { scopes, permissions }, consent, now: 1_000 };
          const [was, is] = [grantFor({ ...sources, manifest: before }), grantFor({ ...sources, manifest: after })];
          const { widens } = comparePermissions(before, after);
          const more = [
            ...is.granted.filter((entry) => !was.granted.some(({ scope }) => scope === entry.scope)),
            ...is.permissions.filter((permission) => !was.permissions.includes(permission)),
          ];
          if (widens.length === 0) expect(more).toEqual([]);
          expect(widens.every(({ kind }) => kind === "permission")).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe("compareVersions", () => {
  it("follows the order of the specification", () => {
    const rising = [
      "0.9.0",
      "1.0.0-11",
      "1.0.0--",
      "1.0.0-alpha",
      "1.0.0-alpha.1",
      "1.0.0-alpha.beta",
      "1.0.0-beta",
      "1.0.0-beta.2",
      "1.0.0-beta.11",
      "1.0.0-rc.1",
      "1.0.0",
      "1.9.0",
      "1.10.0",
      "9007199254740992.0.0",
      "9007199254740993.0.0",
    ];
    for (const [i, a] of rising.entries()) {
      for (const [j, b] of rising.entries()) expect(Math.sign(compareVersions(a, b))).toBe(Math.sign(i - j));
    }
    expect(compareVersions("1.0.0+a", "1.0.0+b")).toBe(0);
  });
});
