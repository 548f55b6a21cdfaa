import { describe, expect, it } from "vitest";
import { manifest } from "../test/sample.js";
import { type GrantSources, grantFor } from "./grant.js";
import { surfaceFor } from "./surface.js";

function grant(members: Partial<GrantSources> = {}) {
  const base = manifest();
  return grantFor({
    manifest: { ...base, surfaces: { ...base.surfaces, icon: {}, data: { scopes: ["ticket:read"] } } },
    view: "issue",
    policy: { scopes: [{ scope: "ticket:read" }, { scope: "ticket:write" }] },
    consent: ["ticket:read"],
    now: 0,
    ...members,
  });
}
const told = ({ surface, reasons }: ReturnType<typeof surfaceFor>) => [
  surface,
  ...reasons.map((reason) => `${reason.surface} ${reason.code}`),
];

describe("surfaceFor", () => {
  it("gives the wanted surface where the required scopes are held; an optional one is no hindrance", () => {
    expect(surfaceFor(grant(), "panel")).toEqual({ surface: "panel", reasons: [] });
    expect(told(surfaceFor(grant(), "bundle"))).toEqual([
      "panel",
      "bundle SURFACE_NOT_OFFERED",
      "platform SURFACE_NOT_OFFERED",
    ]);
  });

  it("never gives a deeper one than was wanted", () => {
    expect(surfaceFor(grant(), "data").surface).toBe("data");
    expect(surfaceFor(grant(), "link")).toEqual({ surface: "link", reasons: [] });
  });

  it("falls back to the next that is to be had, and says for want of what", () => {
    const refused = [{ scope: "ticket:read", by: "consent" }];
    expect(surfaceFor(grant({ consent: [] }), "panel")).toEqual({
      surface: "icon",
      reasons: [
        {
          surface: "panel",
          code: "CONSENT_REFUSED",
          scopes: refused,
          message: expect.stringContaining("ticket:read (consent)"),
        },
        { surface: "record", code: "SURFACE_NOT_OFFERED", scopes: [], message: expect.any(String) },
        { surface: "data", code: "CONSENT_REFUSED", scopes: refused, message: expect.any(String) },
        { surface: "unfurl", code: "SURFACE_NOT_OFFERED", scopes: [], message: expect.any(String) },
      ],
    });
    expect(told(surfaceFor(grant({ plan: [] }), "panel"))[1]).toBe("panel NOT_ENTITLED");
    expect(told(surfaceFor(grant({ policy: { scopes: [] } }), "panel"))[1]).toBe("panel SURFACE_NOT_GRANTED");
    expect(told(surfaceFor(grant({ view: "other" }), "panel"))[1]).toBe("panel SURFACE_NOT_OFFERED");
  });

  it("keeps to the surfaces that the policy shows, and to the link in any case", () => {
    const scopes = [{ scope: "ticket:read" }];
    expect(told(surfaceFor(grant({ policy: { scopes, surfaces: ["icon"] } }), "panel"))).toEqual([
      "icon",
      "panel SURFACE_NOT_GRANTED",
      "record SURFACE_NOT_OFFERED",
      "data SURFACE_NOT_GRANTED",
      "unfurl SURFACE_NOT_OFFERED",
    ]);
    expect(surfaceFor(grant({ policy: { scopes, surfaces: [] } }), "panel").surface).toBe("link");
  });

  it("gives the link alone to a copy, which has lost what it knew", () => {
    const copy = { ...grant() } as ReturnType<typeof grant>;
    expect(surfaceFor(copy, "icon")).toEqual({
      surface: "link",
      reasons: [expect.objectContaining({ surface: "icon", code: "SURFACE_NOT_GRANTED" })],
    });
  });
});
