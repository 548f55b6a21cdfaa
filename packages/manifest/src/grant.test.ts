import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyGrant, anyManifest, anyPermissions, anyScopes, manifest } from "../test/sample.js";
import { type GrantSources, grantFor, viewOf } from "./grant.js";
import { surfaceNames } from "./vocabulary.js";

const now = 1_000;

function sources(members: Partial<GrantSources> = {}): GrantSources {
  return {
    manifest: manifest(),
    view: "issue",
    policy: {
      scopes: [
        { scope: "ticket:read", where: { id: ["T-42"] } },
        { scope: "ticket:write", expiresAt: 2_000 },
      ],
      permissions: ["clipboard-write", "forms"],
    },
    consent: ["ticket:read", "ticket:write"],
    now,
    ...members,
  };
}

describe("grantFor", () => {
  it("gives what all four hold, with the policy's limits", () => {
    expect(grantFor(sources())).toEqual({
      granted: [
        { scope: "ticket:read", where: { id: ["T-42"] } },
        { scope: "ticket:write", expiresAt: 2_000 },
      ],
      permissions: ["forms", "clipboard-write"],
      refused: [],
    });
  });

  it("tells who left a scope out: the manifest", () => {
    const scopes = [...sources().policy.scopes, { scope: "ticket:delete" }];
    const grant = grantFor(sources({ policy: { scopes }, consent: ["ticket:read", "ticket:write", "ticket:delete"] }));
    expect(grant.granted.map(({ scope }) => scope)).toEqual(["ticket:read", "ticket:write"]);
    expect(grant.refused).toEqual([{ scope: "ticket:delete", by: "manifest" }]);
  });

  it("the policy, also where it has expired", () => {
    expect(grantFor(sources({ policy: { scopes: [{ scope: "ticket:read" }] } })).refused).toEqual([
      { scope: "ticket:write", by: "policy" },
    ]);
    const at = (time: number) => grantFor(sources({ now: time })).granted.map(({ scope }) => scope);
    expect(at(1_999)).toEqual(["ticket:read", "ticket:write"]);
    expect(at(2_000)).toEqual(["ticket:read"]);
    expect(grantFor(sources({ now: 2_000 })).refused).toEqual([{ scope: "ticket:write", by: "policy" }]);
    expect(
      grantFor(sources({ policy: { scopes: [{ scope: "ticket:read", expiresAt: Number.NaN }] } })).granted,
    ).toEqual([]);
  });

  it("the plan, the consent; and of several the one that is not for the user to give", () => {
    expect(grantFor(sources({ plan: ["ticket:read"] })).refused).toEqual([{ scope: "ticket:write", by: "plan" }]);
    expect(grantFor(sources({ consent: [] })).refused).toEqual([
      { scope: "ticket:read", by: "consent" },
      { scope: "ticket:write", by: "consent" },
    ]);
    expect(grantFor(sources({ consent: [], plan: ["ticket:read"] })).refused).toEqual([
      { scope: "ticket:read", by: "consent" },
      { scope: "ticket:write", by: "plan" },
    ]);
    expect(grantFor(sources({ consent: [], plan: [], policy: { scopes: [] } })).refused).toEqual([
      { scope: "ticket:read", by: "policy" },
      { scope: "ticket:write", by: "policy" },
    ]);
  });

  it("knows no prefixes, wildcards or other spellings", () => {
    for (const near of ["ticket:read-all", "ticket:*", "*", "Ticket:read", "ticket:rea", "ticket:read\u200B", ""]) {
      expect(grantFor(sources({ policy: { scopes: [{ scope: near }] } })).granted).toEqual([]);
      expect(grantFor(sources({ consent: [near] })).granted).toEqual([]);
      expect(grantFor(sources({ plan: [near] })).granted).toEqual([]);
    }
  });

  it("gives nothing to a view that is not the manifest's own", () => {
    for (const view of ["issues", "constructor", "__proto__", ""]) {
      const { granted, permissions, refused } = grantFor(sources({ view }));
      expect({ granted, permissions }).toEqual({ granted: [], permissions: [] });
      expect(refused.map(({ by }) => by)).toEqual(["manifest", "manifest"]);
    }
  });

  it("gives no permission that the policy does not name", () => {
    expect(grantFor(sources({ policy: { scopes: [] } })).permissions).toEqual([]);
    expect(
      grantFor(sources({ policy: { scopes: [], permissions: ["camera", "allow-modals", "*"] } })).permissions,
    ).toEqual([]);
  });

  it("keeps to three members when it is copied or sent", () => {
    expect(Object.keys(grantFor(sources()))).toEqual(["granted", "permissions", "refused"]);
  });

  const anySources = fc.record({
    manifest: anyManifest,
    view: fc.constantFrom("one", "two", "three"),
    policy: fc.record({ scopes: anyGrant, permissions: anyPermissions }),
    consent: anyScopes,
    plan: fc.option(anyScopes, { nil: undefined }),
    now: fc.constant(now),
  });

  it("never holds what any of the four left out, and answers for each scope asked once", () => {
    fc.assert(
      fc.property(anySources, (input) => {
        const { granted, permissions, refused } = grantFor(input);
        const asked = viewOf(input.manifest, input.view)?.scopes ?? [];
        for (const entry of granted) {
          expect(asked).toContain(entry.scope);
          expect(input.policy.scopes).toContainEqual(entry);
          expect(entry.expiresAt === undefined || entry.expiresAt > now).toBe(true);
          expect(input.consent).toContain(entry.scope);
          expect(input.plan ?? [entry.scope]).toContain(entry.scope);
        }
        for (const permission of permissions) {
          expect(Object.keys(input.manifest.permissions)).toContain(permission);
          expect(input.policy.permissions).toContain(permission);
        }
        const held = new Set(granted.map(({ scope }) => scope));
        const out = refused.map(({ scope }) => scope);
        expect(new Set(out).size).toBe(out.length);
        expect(out.filter((scope) => held.has(scope))).toEqual([]);
        expect(asked.filter((scope) => !held.has(scope) && !out.includes(scope))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it("never grows when one of the four is narrowed", () => {
    fc.assert(
      fc.property(anySources, anyScopes, fc.nat(3), (input, keep, which) => {
        const kept = (scope: string) => keep.includes(scope as (typeof keep)[number]);
        const narrowed = [
          { ...input, consent: input.consent.filter(kept) },
          { ...input, plan: (input.plan ?? keep).filter(kept) },
          {
            ...input,
            policy: {
              scopes: input.policy.scopes.filter(({ scope }) => kept(scope)),
              permissions: input.policy.permissions.slice(1),
            },
          },
          {
            ...input,
            manifest: {
              ...input.manifest,
              scopes: Object.fromEntries(Object.entries(input.manifest.scopes).filter(([scope]) => kept(scope))),
              permissions: {},
            },
          },
        ][which];
        if (narrowed === undefined) throw new Error("no such source");
        const [wide, narrow] = [grantFor(input), grantFor(narrowed)];
        for (const entry of narrow.granted) expect(wide.granted).toContainEqual(entry);
        for (const permission of narrow.permissions) expect(wide.permissions).toContain(permission);
        // Nor does the ladder: what was not to be had stays so.
        const lost = narrow.surfaces.map(({ surface }) => surface);
        for (const { surface } of wide.surfaces) if (which !== 3) expect(lost).toContain(surface);
        expect(surfaceNames.filter((surface) => surface === "link" && lost.includes(surface))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

describe("viewOf", () => {
  it("fills in what the manifest leaves out", () => {
    const { scopes: _, ...view } = manifest().surfaces.panel?.views["issue"] ?? { entry: "/" };
    const without = { ...manifest(), surfaces: { link: { entry: "/" }, panel: { views: { issue: view } } } };
    expect(viewOf(without, "issue")).toEqual({
      name: "issue",
      scopes: ["ticket:read", "ticket:write"],
      required: ["ticket:read"],
      token: true,
      view,
    });
    const { auth: __, ...noAuth } = without;
    expect(viewOf(noAuth, "issue")?.token).toBe(false);
    expect(
      viewOf(
        { ...without, surfaces: { link: { entry: "/" }, panel: { views: { issue: { ...view, token: false } } } } },
        "issue",
      )?.token,
    ).toBe(false);
    expect(viewOf(without, "toString")).toBeUndefined();
  });
});
