import { type Manifest, parseManifest, viewOf } from "@partner-panel/manifest";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { memoryStorage } from "../../test/memory-storage.js";
import type { Decided } from "../audit.js";
import type { PanelPolicy } from "../config.js";
import type { RunOwner } from "../panel/run-types.js";
import { Consent, type ConsentAnswer } from "./consent.js";
import { type ConsentStore, storageConsentStore } from "./consent-store.js";
import { auditRollback, settleRequired } from "./panel-consent.js";
import { PanelGrants } from "./panel-grants.js";

const origin = "https://partner.example";
const both = { scopes: [{ scope: "ticket:read" }, { scope: "ticket:write" }] };
let count = 0;
let id = "";

beforeEach(() => {
  vi.stubGlobal("localStorage", memoryStorage());
  count += 1;
  id = `com.partner${count}`;
});
afterEach(() => void vi.unstubAllGlobals());

function manifestOf(version: string, scopes: readonly string[]): Manifest {
  const parsed = parseManifest(
    {
      manifest_version: 1,
      id,
      version,
      name: "Issues",
      origin,
      protocol: "^1.0.0",
      scopes: Object.fromEntries(scopes.map((scope) => [scope, { title: scope }])),
      surfaces: {
        link: { entry: "/" },
        panel: { views: { issue: { entry: "/issue" }, list: { entry: "/list", scopes: scopes.slice(0, 1) } } },
      },
    },
    { url: `${origin}/manifest.json` },
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
  return parsed.manifest;
}

/** A server's store: the same on every device. */
function serverStore(held: readonly string[]): ConsentStore {
  const storage = memoryStorage();
  const store = { ...storageConsentStore(() => storage), watch: () => () => {} };
  store.add(held.map((scope) => ({ partner: id, origin, user: "ada", scope, at: 1 })));
  return store;
}

/** Opens a view as a panel does; tells how that ended, who was asked for what, and what was audited. */
async function opens(
  manifest: Manifest,
  options: {
    store?: ConsentStore;
    name?: string;
    user?: string | null;
    answer?: (scopes: readonly string[]) => ConsentAnswer;
    policy?: () => PanelPolicy;
    plan?: () => readonly string[];
  } = {},
) {
  const {
    store = serverStore([]),
    user = "ada",
    name = "issue",
    answer = () => "unanswered" as const,
    policy = () => both,
  } = options;
  const view = viewOf(manifest, name);
  if (view === undefined) throw new Error("no view");
  const asked: { scopes: readonly string[]; isOpening: boolean }[] = [];
  const partner = { partner: id, origin };
  const consent = new Consent({
    partner,
    user,
    store,
    ask: async (scopes, _signal, isOpening) => {
      asked.push({ scopes, isOpening });
      return answer(scopes);
    },
  });
  await consent.load();
  const told = { onChange: () => {}, onExpiry: () => {} };
  const grants = new PanelGrants({ manifest, view, consent, policy, plan: options.plan, ...told });
  const audited: string[] = [];
  const end = await settleRequired({ manifest, view }, grants, {
    user,
    signal: new AbortController().signal,
    onAsking: () => {},
    onAudit: ({ reason, scope }: Decided) => audited.push(`${reason} ${scope}`),
  }).then(
    () => "open",
    ({ code, message }: Error & { code: string }) => `${code}: ${message}`,
  );
  consent.end();
  return { end, asked, audited };
}

test("what policy or plan leave out while the user is asked is told as theirs, not as the user's No", async () => {
  const manifest = manifestOf("1.0.0", ["ticket:read"]);
  let policy: PanelPolicy = both;
  const byPolicy = await opens(manifest, {
    policy: () => policy,
    answer: (scopes) => {
      policy = { scopes: [] };
      return scopes;
    },
  });
  expect(byPolicy.end).toBe(
    "SURFACE_NOT_GRANTED: The host's policy leaves out ticket:read, which the view cannot do without",
  );
  let plan = ["ticket:read"];
  const byPlan = await opens(manifest, {
    plan: () => plan,
    answer: (scopes) => {
      plan = [];
      return scopes;
    },
  });
  expect(byPlan.end).toBe("NOT_ENTITLED: The plan leaves out ticket:read");
  const byUser = await opens(manifest, { answer: () => "denied" });
  expect(byUser.end).toBe("CONSENT_REFUSED: The user did not allow ticket:read");
});

test("where the user agreed on another device, what a newer version needs beside it waits behind the open panel", async () => {
  const store = serverStore(["ticket:read"]);
  const manifest = manifestOf("2.0.0", ["ticket:read", "ticket:write"]);
  // The badge stays unanswered, and the panel opens all the same the next time.
  for (const _time of [1, 2]) {
    const { end, asked, audited } = await opens(manifest, { store });
    expect(end).toBe("open");
    expect(asked).toEqual([{ scopes: ["ticket:write"], isOpening: false }]);
    expect(audited).toEqual(["MANIFEST_WIDENED ticket:write"]);
  }
});

test("a user who agreed to nothing, or to a part of what was asked here, is asked before the view opens", async () => {
  const store = serverStore([]);
  const manifest = manifestOf("1.0.0", ["ticket:read", "ticket:write"]);
  const first = await opens(manifest, { store, answer: () => ["ticket:read"] });
  expect(first.end).toBe("CONSENT_REFUSED: The user did not allow ticket:write");
  const again = await opens(manifest, { store });
  expect(again.asked).toEqual([{ scopes: ["ticket:write"], isOpening: true }]);
  expect(again.audited).toEqual([]);
});

test("a view that is new to a browser which knows the partner asks before it opens", async () => {
  const store = serverStore(["ticket:read"]);
  const manifest = manifestOf("1.0.0", ["ticket:read", "ticket:write"]);
  expect(await opens(manifest, { store, name: "list" })).toEqual({ end: "open", asked: [], audited: [] });
  const { asked } = await opens(manifest, { store });
  expect(asked).toEqual([{ scopes: ["ticket:write"], isOpening: true }]);
});

test.each(["ada", null])("an older version than the one last seen is audited once (user: %s)", async (user) => {
  const audited: (string | null)[] = [];
  const owner = { onAudit: ({ reason }: Decided) => audited.push(reason) } as Partial<RunOwner> as RunOwner;
  for (const version of ["1.9.0", "1.10.0"]) auditRollback(manifestOf(version, []), user, owner);
  for (let times = 0; times < 2; times += 1) auditRollback(manifestOf("1.9.0", []), user, owner);
  await vi.waitFor(() => expect(audited).toEqual(["MANIFEST_ROLLBACK"]));
});
