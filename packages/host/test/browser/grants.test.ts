import {
  auditLog,
  type ConsentRecord,
  type ConsentStore,
  configurePartners,
  type PartnerAuditEvent,
  type PartnerGrants,
  storageConsentStore,
} from "@partner-panel/host";
import { expect, onTestFinished, test } from "vitest";
import { commands } from "vitest/browser";
import { addPanel, elsewhere, manifestUrl, next, type Panel, partnerOrigin, press, viewCalls } from "./support.js";

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

/** Ada's list with no panel open, of these records in a store that does what it is told. */
function listOf(
  records: readonly ConsentRecord[],
  more: Partial<ConsentStore> = {},
  query: Record<string, string> = { required: "" },
) {
  const store = storageConsentStore();
  store.add(records);
  configurePartners({
    partners: { trackwell: manifestUrl({ ...query, n: String(Math.random()) }) },
    user: () => "ada",
    consent: { ...store, ...more },
  });
  return addGrants();
}

const both = [recordOf("ticket:read"), recordOf("ticket:write")];
const focused = (grants: PartnerGrants) => grants.shadowRoot?.activeElement?.getAttribute("aria-label");

test("by keyboard: the focus goes to what comes next, and a key that is held takes back one thing", async () => {
  const grants = await listOf([...both, recordOf("ticket:close")]);
  await expect
    .poll(() => texts(grants, "title"))
    .toEqual(["See the open ticket", "Change the open ticket", "ticket:close"]);
  all(grants, "revoke-button")[0]?.focus();
  await commands.key("Enter");
  await expect.poll(() => texts(grants, "title")).toEqual(["Change the open ticket", "ticket:close"]);
  expect(focused(grants)).toBe("Take back: Change the open ticket");
  expect(grants.shadowRoot?.querySelector("[role=status]")?.textContent).toBe(
    "Trackwell Issues may no longer: See the open ticket",
  );
  const held = new KeyboardEvent("keydown", {
    key: "Enter",
    repeat: true,
    bubbles: true,
    composed: true,
    cancelable: true,
  });
  expect(grants.shadowRoot?.activeElement?.dispatchEvent(held)).toBe(false);
  // The last of a list hands the focus to the one before it, and the last of all to the words that say so.
  all(grants, "revoke-button")[1]?.focus();
  await commands.key("Enter");
  await expect.poll(() => focused(grants)).toBe("Take back: Change the open ticket");
  await commands.key("Enter");
  await expect.poll(() => texts(grants, "empty")).toHaveLength(1);
  await expect.poll(() => grants.shadowRoot?.activeElement).toBe(all(grants, "empty")[0]);
});

test("the second click of a double click does not take back what has come to stand there", async () => {
  const grants = await listOf(both);
  await expect.poll(() => texts(grants, "title")).toHaveLength(2);
  const click = (detail: number) => all(grants, "revoke-button")[0]?.dispatchEvent(new MouseEvent("click", { detail }));
  click(1);
  await expect.poll(() => texts(grants, "title")).toEqual(["Change the open ticket"]);
  click(2);
  expect(storageConsentStore().listAll("ada")).toHaveLength(1);
  // Control: what is a press of its own takes back.
  click(1);
  await expect.poll(() => texts(grants, "title")).toEqual([]);
});

test("a partner whose manifest cannot be had is listed by its id, and can be taken back from", async () => {
  const gone = { partner: "example.gone", origin: "https://gone.example" };
  const grants = await listOf([recordOf("ticket:read"), recordOf("ticket:write", gone)], {}, { status: "503" });
  await expect.poll(() => texts(grants, "name")).toEqual(["example.gone", id]);
  expect(texts(grants, "origin")).toEqual(["https://gone.example", partnerOrigin]);
  expect(texts(grants, "title")).toEqual(["ticket:write", "ticket:read"]);
  expect(texts(grants, "notice")[1]).toBe(
    `${id} can’t be reached right now, so its permissions are listed by their short names.`,
  );
  await press(all(grants, "revoke-button")[0] ?? null);
  await expect.poll(() => texts(grants, "name")).toEqual([id]);
});

test("a manifest that takes long does not hold the list up, and takes its place when it comes", async () => {
  const grants = await listOf([recordOf("ticket:read")], {}, { slow: "" });
  await expect.poll(() => texts(grants, "loading")).toHaveLength(1);
  await expect.poll(() => texts(grants, "title")).toEqual(["ticket:read"]);
});

test("a store that cannot be read says so, and can be tried again", async () => {
  let isAway = true;
  const listAll = (user: string) => (isAway ? Promise.reject(new Error("away")) : storageConsentStore().listAll(user));
  const grants = await listOf(both, { listAll });
  await expect.poll(() => texts(grants, "error")).toHaveLength(1);
  expect(grants.shadowRoot?.querySelector("[role=status]")?.textContent).toBe(
    "Your permissions can’t be read right now.",
  );
  isAway = false;
  await press(all(grants, "retry-button")[0] ?? null);
  await expect.poll(() => texts(grants, "title")).toHaveLength(2);
});

test("what could not be saved is stopped on this page all the same, is said so, and can be tried again", async () => {
  let isAway = true;
  const store = storageConsentStore();
  const remove: ConsentStore["remove"] = (subject, scopes) => {
    if (isAway) throw new Error("away");
    store.remove(subject, scopes);
  };
  const consent = { ...store, remove };
  const panel = addPanel({}, { user: () => "ada", consent });
  await panel.ready;
  await panel.grantScopes(["ticket:write"]);
  expect(panel.grant).toHaveLength(1);
  const grants = await addGrants();
  await expect.poll(() => texts(grants, "title")).toHaveLength(1);
  await press(all(grants, "revoke-button")[0] ?? null);
  expect(panel.grant).toEqual([]);
  await expect.poll(() => texts(grants, "notice")[0]).toContain("could not be saved");
  expect(texts(grants, "title")).toHaveLength(1);
  isAway = false;
  await press(all(grants, "revoke-button")[0] ?? null);
  await expect.poll(() => texts(grants, "empty")).toHaveLength(1);
});

test("a store that lists by partner alone is asked about each partner that the page names", async () => {
  const { list, add, remove } = storageConsentStore();
  const grants = await addGrants();
  add(both);
  configurePartners({
    partners: { trackwell: manifestUrl({ required: "", n: "by-partner" }), gone: manifestUrl({ status: "503" }) },
    user: () => "ada",
    consent: { list, add, remove },
  });
  await expect.poll(() => texts(grants, "title")).toEqual(["See the open ticket", "Change the open ticket"]);
});

test("shows what the user who is signed in now allowed, and nobody's to nobody", async () => {
  const grants = await listOf([recordOf("ticket:read"), recordOf("ticket:write", { user: "ben" })]);
  const partners = { trackwell: manifestUrl({ required: "", n: "users" }) };
  await expect.poll(() => texts(grants, "title")).toEqual(["See the open ticket"]);
  configurePartners({ partners, user: () => "ben" });
  await expect.poll(() => texts(grants, "title")).toEqual(["Change the open ticket"]);
  configurePartners({ partners });
  await expect.poll(() => texts(grants, "empty")).toHaveLength(1);
});

test("texts of a manifest are text, in the reader's language", async () => {
  const name = { en: "Trackwell", ar: "<img src=x onerror=alert(1)>\u202Egnp" };
  const grants = await listOf([recordOf("ticket:write")], {}, { with: JSON.stringify({ name }) });
  await expect.poll(() => texts(grants, "name")).toEqual(["Trackwell"]);
  grants.locale = "ar";
  await expect.poll(() => texts(grants, "name")).toEqual(["<img src=x onerror=alert(1)>[U+202E]gnp"]);
  expect(grants.shadowRoot?.querySelector("img")).toBe(null);
  grants.locale = "no language at all";
  await expect.poll(() => texts(grants, "name")).toEqual(["Trackwell"]);
});

test("a page's language that is none does not keep several partners from being listed", async () => {
  document.documentElement.lang = "en_US";
  onTestFinished(() => void document.documentElement.removeAttribute("lang"));
  const gone = { partner: "zulu.gone", origin: "https://gone.example" };
  const grants = await listOf([recordOf("ticket:write"), recordOf("ticket:write", gone)]);
  grants.removeAttribute("locale");
  await expect.poll(() => texts(grants, "name")).toEqual(["Trackwell Issues", "zulu.gone"]);
});

test("its words, headings and slots are the page's to choose", async () => {
  const grants = await listOf([]);
  await expect.poll(() => texts(grants, "empty")).toEqual(["You have given no partner a permission."]);
  grants.strings = { grantsEmpty: "Nichts erlaubt." };
  await expect.poll(() => texts(grants, "empty")).toEqual(["Nichts erlaubt."]);
  const words = document.createElement("p");
  words.slot = "empty";
  grants.append(words);
  expect(words.assignedSlot).not.toBe(null);
  grants.headingLevel = 2;
  storageConsentStore().add(both);
  configurePartners({ partners: { trackwell: manifestUrl({ n: "words" }) }, user: () => "ada" });
  await expect.poll(() => all(grants, "name")[0]?.getAttribute("aria-level")).toBe("2");
});

test("taken out and put back it shows what holds by then; out of the page it follows nothing", async () => {
  let watchers = 0;
  const watch = (run: () => void) => {
    const stop = storageConsentStore().watch(run);
    watchers += 1;
    return () => {
      watchers -= 1;
      stop();
    };
  };
  const grants = await listOf(both, { watch });
  await expect.poll(() => texts(grants, "title")).toHaveLength(2);
  expect(watchers).toBe(1);
  grants.remove();
  expect(watchers).toBe(0);
  storageConsentStore().remove(recordOf(""), ["ticket:read"]);
  document.body.append(grants);
  await expect.poll(() => texts(grants, "title")).toEqual(["Change the open ticket"]);
  expect(watchers).toBe(1);
});
