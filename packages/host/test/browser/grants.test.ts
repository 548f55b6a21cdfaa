import {
  auditLog,
  type ConsentRecord,
  type PartnerAuditEvent,
  type PartnerGrants,
  storageConsentStore,
} from "@partner-panel/host";
import { expect, test } from "vitest";
import { addPanel, elsewhere, next, type Panel, partnerOrigin, press, viewCalls } from "./support.js";

const id = "localhost.partner.issues";
const at = Date.UTC(2026, 2, 3, 12);
const recordOf = (scope: string, more: Partial<ConsentRecord> = {}): ConsentRecord => ({
  partner: id,
  origin: partnerOrigin,
  user: "ada",
  scope,
  at,
  ...more,
});
const ticket = { id: "T-42", priority: "high" };

async function addGrants(attributes: Record<string, string> = {}): Promise<PartnerGrants> {
  const grants = document.createElement("partner-grants");
  for (const [name, value] of Object.entries({ locale: "en", ...attributes })) grants.setAttribute(name, value);
  document.body.append(grants);
  return grants;
}

/** Ada's list beside a panel of hers that is open, with these scopes consented to. */
async function panelAndGrants(scopes: readonly string[]): Promise<{ panel: Panel; grants: PartnerGrants }> {
  const panel = addPanel({}, { user: () => "ada", query: { required: "" } });
  panel.addEventListener("partner-consentrequest", (event) => event.respondWith(scopes));
  await panel.ready;
  await panel.grantScopes(scopes);
  const grants = await addGrants();
  await expect.poll(() => texts(grants, "title").length).toBe(scopes.length);
  return { panel, grants };
}

const all = (grants: PartnerGrants, part: string) => [
  ...(grants.shadowRoot?.querySelectorAll<HTMLElement>(`[part="${part}"]`) ?? []),
];
const texts = (grants: PartnerGrants, part: string) => all(grants, part).map((element) => element.textContent?.trim());

test("says in the manifest's words what each partner may do, since when and when it last did", async () => {
  const { panel, grants } = await panelAndGrants(["ticket:read", "ticket:write"]);
  expect(texts(grants, "name")).toEqual(["Trackwell Issues"]);
  expect(texts(grants, "origin")).toEqual([partnerOrigin]);
  expect(texts(grants, "title")).toEqual(["See the open ticket", "Change the open ticket"]);
  expect(texts(grants, "reason")).toEqual(["To show the issues linked to it"]);
  const today = new Intl.DateTimeFormat("en", { dateStyle: "medium" }).format();
  expect(texts(grants, "since")).toEqual([`Allowed ${today} · not used yet`, `Allowed ${today} · not used yet`]);
  await viewCalls(panel, "ticket.get", { id: "T-42" });
  await expect.poll(() => texts(grants, "since")[0]).toMatch(new RegExp(`last used ${today}, \\d`));
  expect(texts(grants, "since")[1]).toContain("not used yet");
});

test("one press takes one permission back: the open panel has lost it before anything else happens", async () => {
  const { panel, grants } = await panelAndGrants(["ticket:read", "ticket:write"]);
  const changed = next(panel, "partner-scopeschange");
  const audited: PartnerAuditEvent[] = [];
  grants.addEventListener("partner-audit", (event) => audited.push(event));
  all(grants, "revoke-button")[1]?.click();
  expect(panel.grant).toEqual([{ scope: "ticket:read" }]);
  expect((await changed).grant).toEqual([{ scope: "ticket:read" }]);
  await expect.poll(() => texts(grants, "title")).toEqual(["See the open ticket"]);
  expect(await viewCalls(panel, "ticket.update", ticket)).toMatchObject({ code: "SCOPE_DENIED" });
  expect(await viewCalls(panel, "ticket.get", { id: "T-42" })).toHaveProperty("result");
  expect(panel.state).toBe("ready");
  const revoked = auditLog().records.filter(({ reason }) => reason === "CONSENT_REVOKED");
  expect(revoked.slice(-2).map(({ instance, scope, partner }) => ({ instance, scope, partner }))).toEqual([
    { instance: panel.instanceId, scope: "ticket:write", partner: "trackwell" },
    { instance: "", scope: "ticket:write", partner: "trackwell" },
  ]);
  expect(audited.map(({ reason, scope }) => [reason, scope])).toEqual([["CONSENT_REVOKED", "ticket:write"]]);
});

test("one press takes all of a partner back, and the list says that it is empty", async () => {
  const { panel, grants } = await panelAndGrants(["ticket:read", "ticket:write"]);
  await press(all(grants, "revoke-all-button")[0] ?? null);
  expect(panel.grant).toEqual([]);
  await expect.poll(() => texts(grants, "empty")).toEqual(["You have given no partner a permission."]);
  expect(grants.shadowRoot?.querySelector("[role=status]")?.textContent).toBe(
    "Trackwell Issues has no permission any more.",
  );
  expect(storageConsentStore().listAll("ada")).toEqual([]);
});

test("what another tab takes back is gone from the open panel and from the list; what it allows comes", async () => {
  const { panel, grants } = await panelAndGrants(["ticket:read"]);
  elsewhere((storage) => storageConsentStore(() => storage).remove(recordOf(""), ["ticket:read"]));
  await expect.poll(() => panel.grant).toEqual([]);
  await expect.poll(() => texts(grants, "title")).toEqual([]);
  expect(await viewCalls(panel, "ticket.get", { id: "T-42" })).toMatchObject({ code: "SCOPE_DENIED" });
  elsewhere((storage) => storageConsentStore(() => storage).add([recordOf("ticket:write")]));
  await expect.poll(() => panel.grant).toEqual([{ scope: "ticket:write" }]);
  await expect.poll(() => texts(grants, "title")).toEqual(["Change the open ticket"]);
});
