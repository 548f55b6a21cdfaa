import { type Manifest, parseManifest, viewOf } from "@partner-panel/manifest";
import { expect, test, vi } from "vitest";
import { ManualClock } from "../../../postmessage-rpc/test/manual-clock.js";
import type { PanelPolicy } from "../config.js";
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
  const onExpiry = vi.fn(() => grants.refresh());
  const clock = new ManualClock();
  const policy = options.policy ?? (() => ({ scopes: [{ scope: "ticket:read" }, { scope: "ticket:write" }] }));
  const sources = { manifest, view, consent, policy, plan: options.plan, onChange, onExpiry, clock };
  const grants: PanelGrants = new PanelGrants(sources);
  return { ask, clock, onChange, onExpiry, grants };
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

test("what expires is gone when it does, and is told; nothing is asked before", async () => {
  const day = 86_400_000;
  let start = 0;
  const policy = vi.fn(() => ({
    scopes: [
      { scope: "ticket:read", expiresAt: start + 60_000 },
      { scope: "ticket:write", expiresAt: start + 40 * day },
    ],
  }));
  const { grants, clock, onChange, onExpiry } = grantsOf({ policy });
  start = clock.wall();
  await grants.grant(["ticket:read", "ticket:write"]);
  onChange.mockClear();
  clock.advance(59_999);
  expect(onExpiry).not.toHaveBeenCalled();
  clock.advance(1);
  expect(onExpiry).toHaveBeenCalledOnce();
  expect(onChange).toHaveBeenCalledOnce();
  expect(grants.current.granted.map(({ scope }) => scope)).toEqual(["ticket:write"]);
  // Longer than a timer takes.
  clock.advance(40 * day - 60_001);
  expect(grants.current.granted).toHaveLength(1);
  clock.advance(1);
  expect(grants.current.granted).toEqual([]);
  expect(clock.waiting).toBe(0);
});

test("policy is asked again at the end of what it gave, and may give more", async () => {
  let now = () => 0;
  const policy = () => ({ scopes: [{ scope: "ticket:read", expiresAt: now() + 60_000 }] });
  const { grants, clock, onChange } = grantsOf({ policy });
  now = () => clock.wall();
  await grants.grant(["ticket:read"]);
  clock.advance(600_000);
  expect(grants.current.granted).toHaveLength(1);
  expect(onChange.mock.calls.length).toBeGreaterThan(9);
  grants.end();
  expect(clock.waiting).toBe(0);
  grants.refresh();
  expect(clock.waiting).toBe(0);
});
