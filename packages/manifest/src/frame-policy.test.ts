import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { anyGrant, anyManifest, anyPermissions, manifest } from "../test/sample.js";
import { framePolicy } from "./frame-policy.js";
import { grantFor } from "./grant.js";
import type { ManifestInput } from "./schema.js";
import { type PermissionName, permissionNames } from "./vocabulary.js";

const origin = "https://app.trackwell.example";
const at = { hostOrigin: "https://desk.example", view: "issue" };
const asking = (...names: PermissionName[]): ManifestInput => ({
  ...manifest(),
  permissions: Object.fromEntries(names.map((name) => [name, {}])),
});
const withView = (members: object): ManifestInput => ({
  ...manifest(),
  surfaces: { link: { entry: "/" }, panel: { views: { issue: { entry: "/embed/issue", ...members } } } },
});
const none = { permissions: [] };

describe("framePolicy", () => {
  it("always isolates, and gives nothing that was not granted", () => {
    expect(framePolicy(manifest(), none, at)).toEqual({
      ok: true,
      src: `${origin}/embed/issue`,
      sandbox: "allow-scripts allow-same-origin",
      allow: "",
      referrerPolicy: "strict-origin",
    });
  });

  it.each<[PermissionName, string, string]>([
    ["forms", " allow-forms", ""],
    ["downloads", " allow-downloads", ""],
    ["popups", " allow-popups allow-popups-to-escape-sandbox", ""],
    ["clipboard-write", "", `clipboard-write ${origin}`],
    ["clipboard-read", "", `clipboard-read ${origin}`],
    ["camera", "", `camera ${origin}`],
    ["microphone", "", `microphone ${origin}`],
    ["geolocation", "", `geolocation ${origin}`],
    ["fullscreen", "", `fullscreen ${origin}`],
    ["payment", "", `payment ${origin}`],
    ["publickey-credentials-get", "", `publickey-credentials-get ${origin}`],
    ["identity-credentials-get", "", `identity-credentials-get ${origin}`],
    ["storage-access", " allow-storage-access-by-user-activation", `storage-access ${origin}`],
  ])("turns %s into its row of the table, where the manifest and the grant have it", (name, sandbox, allow) => {
    expect(framePolicy(asking(name), { permissions: [name] }, at)).toMatchObject({
      sandbox: `allow-scripts allow-same-origin${sandbox}`,
      allow,
    });
    expect(framePolicy(asking(), { permissions: [name] }, at)).toMatchObject({
      sandbox: "allow-scripts allow-same-origin",
      allow: "",
    });
    expect(framePolicy(asking(name), none, at)).toMatchObject({
      sandbox: "allow-scripts allow-same-origin",
      allow: "",
    });
  });

  it("joins several", () => {
    expect(
      framePolicy(asking("microphone", "forms", "camera"), { permissions: ["microphone", "camera", "forms"] }, at),
    ).toMatchObject({
      sandbox: "allow-scripts allow-same-origin allow-forms",
      allow: `camera ${origin}; microphone ${origin}`,
    });
  });

  it.each<[string, ManifestInput, object]>([
    ["the host's own origin", manifest(), { hostOrigin: origin }],
    ["the host's own origin in another spelling", manifest(), { hostOrigin: "HTTPS://APP.trackwell.example:443/x" }],
    ["a host with an opaque origin", manifest(), { hostOrigin: "null" }],
    ["a host that is a file", manifest(), { hostOrigin: "file:///index.html" }],
    ["a pattern for an origin", { ...manifest(), origin: "https://*.trackwell.example" }, {}],
    ["http", { ...manifest(), origin: "http://app.trackwell.example" }, {}],
    ["a path in the origin", { ...manifest(), origin: `${origin}/` }, {}],
    ["a directive in the origin", { ...manifest(), origin: "https://a.example;camera" }, {}],
    ["javascript: for an origin", { ...manifest(), origin: "javascript:alert(1)" }, {}],
    ["an opaque origin", { ...manifest(), origin: "null" }, {}],
    ["javascript:", withView({ entry: "javascript:alert(1)" }), {}],
    ["javascript: with a tab in it", withView({ entry: "java\tscript:alert(1)" }), {}],
    ["data:", withView({ entry: "data:text/html,x" }), {}],
    ["blob:", withView({ entry: `blob:${origin}/0` }), {}],
    ["about:srcdoc", withView({ entry: "about:srcdoc" }), {}],
    ["user info", withView({ entry: "https://app.trackwell.example@evil.example/" }), {}],
    ["another origin", withView({ entry: "//evil.example/" }), {}],
  ])("refuses %s", (_, bad, members) => {
    expect(framePolicy(bad, none, { ...at, ...members })).toMatchObject({
      ok: false,
      code: "CONFIG_REFUSED",
      message: expect.stringMatching(/\.$/),
    });
  });

  it.each([
    "allow-top-navigation",
    "allow-top-navigation-by-user-activation",
    "allow-modals",
    "allow-scripts",
    "*",
    "camera *",
    "toString",
  ])("refuses %s as a permission, whoever granted it", (name) => {
    const permissions = { [name]: {} };
    expect(framePolicy({ ...manifest(), permissions }, { permissions: [name as PermissionName] }, at)).toMatchObject({
      ok: false,
      code: "CONFIG_REFUSED",
    });
  });

  it("names the views there are when it does not know one", () => {
    for (const view of ["issues", "constructor", ""]) {
      expect(framePolicy(manifest(), none, { ...at, view })).toMatchObject({
        ok: false,
        code: "VIEW_UNKNOWN",
        message: expect.stringContaining('"issue"'),
      });
    }
    const {
      surfaces: { link },
      ...rest
    } = manifest();
    expect(framePolicy({ ...rest, surfaces: { link } }, none, at)).toMatchObject({
      code: "VIEW_UNKNOWN",
      message: expect.stringContaining("no panel"),
    });
  });

  it("makes no frame where the policy shows no panel, and does where only consent is missing", () => {
    const grant = (surfaces?: ["icon"]) =>
      grantFor({ manifest: manifest(), view: "issue", policy: { scopes: [], surfaces }, consent: [], now: 0 });
    expect(framePolicy(manifest(), grant(["icon"]), at)).toMatchObject({ ok: false, code: "SURFACE_NOT_GRANTED" });
    expect(framePolicy(manifest(), grant(), at)).toMatchObject({ ok: true });
  });

  it("warns of one site, and of mode code without popups", () => {
    const codes = (bad: ManifestInput, hostOrigin: string, permissions: PermissionName[] = []) => {
      const policy = framePolicy(bad, { permissions }, { ...at, hostOrigin });
      return policy.ok ? policy.warnings?.map(({ code }) => code) : policy;
    };
    expect(codes(manifest(), "https://www.trackwell.example")).toEqual(["SAME_SITE"]);
    expect(codes(manifest(), "http://www.trackwell.example")).toBeUndefined();
    expect(codes({ ...manifest(), origin: "http://127.0.0.1:1" }, "http://127.0.0.1:2")).toEqual(["SAME_SITE"]);
    expect(codes({ ...manifest(), origin: "http://trackwell.localhost:1" }, "http://desk.localhost:2")).toBeUndefined();
    const byCode: ManifestInput = {
      ...asking("popups"),
      auth: { issuer: origin, client_id: "a", resource: origin, modes: ["code"] },
    };
    expect(codes(byCode, at.hostOrigin)).toEqual(["POPUPS_NEEDED"]);
    expect(codes(byCode, at.hostOrigin, ["popups"])).toBeUndefined();
  });

  it("never writes a star, a flag outside the table or another origin", () => {
    const flags =
      /^allow-scripts allow-same-origin(?: allow-(?:forms|downloads|popups|popups-to-escape-sandbox|storage-access-by-user-activation))*$/;
    fc.assert(
      fc.property(anyManifest, anyGrant, anyPermissions, (any, scopes, permissions) => {
        const grant = grantFor({ manifest: any, view: "one", policy: { scopes, permissions }, consent: [], now: 0 });
        const policy = framePolicy(any, grant, { ...at, view: "one" });
        if (!policy.ok) return;
        expect(policy.sandbox).toMatch(flags);
        expect(new URL(policy.src).origin).toBe(origin);
        for (const directive of policy.allow.split("; ").filter(Boolean)) {
          const [name, ...origins] = directive.split(" ");
          expect(permissionNames).toContain(name);
          expect(origins).toEqual([origin]);
        }
      }),
    );
  });
});
