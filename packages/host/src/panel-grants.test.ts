import { type Manifest, parseManifest, viewOf } from "@partner-panel/manifest";
import { expect, test, vi } from "vitest";
import type { PanelPolicy } from "./config.js";
import { Consent, type ConsentAnswer } from "./consent.js";
import { PanelGrants } from "./panel-grants.js";

const parsed = parseManifest(
  {
    manifest_version: 1,
    id: "com.partner.issues",
    version: "1.0.0",
    name: "Issues",
    origin: "https://partner.example",
    protocol: "^1.0.0",
    scopes: { "ticket:read": { title: "Read" }, "ticket:write": { title: "Write", optional: true } },
    surfaces: { link: { entry: "/" }, panel: { views: { issue: { entry: "/issue" } } } },
  },
  { url: "https://partner.example/manifest.json" },
);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
const manifest: Manifest = parsed.manifest;
const never = new AbortController().signal;

function grantsOf(options: {
  policy?: () => PanelPolicy;
  plan?: () => readonly string[];
  answer?: (scopes: readonly string[]) => ConsentAnswer;
}) {
  const view = viewOf(manifest, "issue");
  if (view === undefined) throw new Error("no view");
  const ask = vi.fn(options.answer ?? ((scopes: readonly string[]) => scopes));
  const consent = new Consent({
    partner: { partner: crypto.randomUUID(), origin: manifest.origin },
    user: null,
    store: { list: () => [], add: () => {}, remove: () => {} },
    ask: async (scopes) => ask(scopes),
  });
  const onChange = vi.fn();
  const policy = options.policy ?? (() => ({ scopes: [{ scope: "ticket:read" }, { scope: "ticket:write" }] }));
  return { ask, onChange, grants: new PanelGrants({ manifest, view, consent, policy, plan: options.plan, onChange }) };
}

test("grants nothing before the user's yes, and names what only wants that", () => {
  const { grants } = grantsOf({});
  expect(grants.current.granted).toEqual([]);
  expect(grants.toAsk).toEqual(["ticket:read"]);
  expect(grants.notEntitled).toEqual([]);
});

test("asks the user for nothing that policy or plan refuse anyway", async () => {
  const { grants, ask } = grantsOf({ policy: () => ({ scopes: [{ scope: "ticket:write" }] }), plan: () => [] });
  expect(await grants.request(["ticket:read", "ticket:write", "file:read"], never)).toEqual({
    granted: [],
    refused: [
      { scope: "ticket:read", by: "policy" },
      { scope: "ticket:write", by: "plan" },
      { scope: "file:read", by: "manifest" },
    ],
  });
  expect(ask).not.toHaveBeenCalled();
  expect(grants.toAsk).toEqual([]);
});

test("a required scope that the plan leaves out is named", () => {
  expect(grantsOf({ plan: () => ["ticket:write"] }).grants.notEntitled).toEqual(["ticket:read"]);
});

test("tells of a new grant before the answer, and of none that is the same", async () => {
  const { grants, onChange } = grantsOf({});
  const answer = grants.request(["ticket:write"], never);
  answer.catch(() => {});
  expect(await answer).toEqual({ granted: ["ticket:write"], refused: [] });
  expect(onChange).toHaveBeenCalledTimes(1);
  grants.refresh();
  await grants.request(["ticket:write"], never);
  expect(onChange).toHaveBeenCalledTimes(1);
});

test("what is revoked is gone when revoke has been called, not when the store has answered", async () => {
  const { grants } = grantsOf({});
  await grants.grant(["ticket:read", "ticket:write", "file:write"]);
  expect(grants.current.granted).toEqual([{ scope: "ticket:read" }, { scope: "ticket:write" }]);
  const revoked = grants.revoke(["ticket:read"]);
  expect(grants.current.granted).toEqual([{ scope: "ticket:write" }]);
  expect(await revoked).toEqual({ granted: [], refused: [{ scope: "ticket:read", by: "consent" }] });
});

test("the policy is asked anew each time, and what the user allowed stays allowed", async () => {
  let scopes: PanelPolicy["scopes"] = [{ scope: "ticket:read", where: { id: ["T-1"] } }];
  const { grants } = grantsOf({ policy: () => ({ scopes }) });
  await grants.request(["ticket:read"], never);
  expect(grants.current.granted).toEqual(scopes);
  scopes = [];
  grants.refresh();
  expect(grants.current.granted).toEqual([]);
  scopes = [{ scope: "ticket:read", where: { id: ["T-2"] } }];
  grants.refresh();
  expect(grants.current.granted).toEqual(scopes);
});

test("a policy of no form is CONFIG_REFUSED, not a grant", () => {
  for (const policy of [() => undefined, () => ({}), () => Promise.resolve({ scopes: [] })]) {
    expect(() => grantsOf({ policy: policy as unknown as () => PanelPolicy })).toThrowError(
      expect.objectContaining({ code: "CONFIG_REFUSED" }),
    );
  }
});
