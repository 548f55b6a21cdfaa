import { auditLog } from "@partner-panel/host";
import { expect, test } from "vitest";
import { answer, badgeOf, button, dialogOf, opened } from "./consent-support.js";
import { addPanel, frameOf, manifestUrl, next, type Panel, partnerOrigin, press, viewCalls } from "./support.js";

const scopes = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { title: `Do ${name}` }]));

/** What the log says of this panel that is no call. */
const decisions = ({ instanceId }: Panel) =>
  auditLog()
    .records.filter(({ instance, method }) => instance === instanceId && method === null)
    .map(({ decision, reason, scope }) => [decision, reason, scope]);

const refused: { title: string; query: Record<string, string>; control: Record<string, string>; code: string }[] = [
  { title: "comes by a redirect", query: { redirect: "" }, control: {}, code: "MANIFEST_UNREACHABLE" },
  {
    title: "is one byte over 64 KiB, in pieces and with no content-length",
    query: { bytes: "65537" },
    control: { bytes: "65536" },
    code: "MANIFEST_INVALID",
  },
  {
    title: "declares another origin than it comes from",
    query: { with: JSON.stringify({ origin: "https://partner.example" }) },
    control: { with: JSON.stringify({ origin: partnerOrigin }) },
    code: "MANIFEST_INVALID",
  },
  {
    title: "asks for every scope at once",
    query: { with: JSON.stringify({ scopes: { "*": { title: "Everything" } } }) },
    control: { with: JSON.stringify({ scopes: { "a:b": { title: "Something", optional: true } } }) },
    code: "MANIFEST_INVALID",
  },
  {
    title: "leads a view off its origin",
    query: {
      with: JSON.stringify({
        surfaces: { link: { entry: "/" }, panel: { views: { issue: { entry: "https://evil.example/" } } } },
      }),
    },
    control: {
      with: JSON.stringify({
        surfaces: { link: { entry: "/" }, panel: { views: { issue: { entry: "/partner/view" } } } },
      }),
    },
    code: "MANIFEST_INVALID",
  },
];

test.each(refused)("a manifest that $title is refused: no frame, one record, and the page goes on", async (each) => {
  const other = addPanel({ partner: "other" }, { partners: { other: manifestUrl({ id: "localhost.partner.other" }) } });
  await other.ready;
  const panel = addPanel(
    {},
    { partners: { other: manifestUrl({ id: "localhost.partner.other" }), trackwell: manifestUrl(each.query) } },
  );
  const { code, phase } = await next(panel, "partner-error");
  expect({ code, phase }).toEqual({ code: each.code, phase: "config" });
  expect(frameOf(panel)).toBe(null);
  expect(decisions(panel)).toEqual([[each.code === "MANIFEST_INVALID" ? "denied" : "failed", each.code, null]]);
  expect((await viewCalls(other, "panel.scopes.revoke", { scopes: [] })).result).toBeTruthy();
});

test.each(refused)(
  "control: one that differs from the manifest that $title in nothing else opens",
  async ({ control }) => {
    const panel = addPanel({}, { query: control });
    await panel.ready;
    expect(frameOf(panel)).not.toBe(null);
    expect(decisions(panel)).toEqual([]);
  },
);

test("all faults are told at once", async () => {
  const panel = addPanel({}, { query: { with: JSON.stringify({ nonsense: 1, version: "two", scopes: { "*": {} } }) } });
  const { cause } = await next(panel, "partner-error");
  const pointers = (cause as { pointer: string }[]).map(({ pointer }) => pointer);
  expect(pointers).toEqual(expect.arrayContaining(["/nonsense", "/version", "/scopes/*"]));
});

test("ten panels of a partner fetch its manifest once", async () => {
  const partners = { trackwell: manifestUrl({ id: "localhost.partner.once", n: "once" }) };
  const panels = Array.from({ length: 10 }, () => addPanel({}, { partners }));
  await expect.poll(() => panels.filter(({ manifest }) => manifest !== null)).toHaveLength(10);
  expect(performance.getEntriesByName(partners.trackwell)).toHaveLength(1);
});

/** Opens one version of a partner of this id, and settles what it asks for at opening by Allow. */
async function version(id: string, version: string, asked: Record<string, unknown>): Promise<Panel> {
  const user = () => "ada";
  const query = { id, with: JSON.stringify({ version, scopes: asked }) };
  const policy = { trackwell: { scopes: ["ticket:read", "ticket:write"].map((scope) => ({ scope })) } };
  return addPanel({}, { user, query, policy });
}

test("an update that cannot do without more: what was agreed to stands, the rest is denied until the user allows it", async () => {
  const id = "localhost.partner.widening";
  const before = await version(id, "1.0.0", scopes("ticket:read"));
  await answer(before, "allow");
  await before.ready;
  before.remove();
  const panel = await version(id, "2.0.0", scopes("ticket:read", "ticket:write"));
  await panel.ready;
  expect(dialogOf(panel)).toBe(null);
  expect(panel.grant).toEqual([{ scope: "ticket:read" }]);
  expect(await viewCalls(panel, "ticket.get", { id: "T-42" })).toHaveProperty("result");
  const ticket = { id: "T-42", priority: "high" };
  expect(await viewCalls(panel, "ticket.update", ticket)).toMatchObject({ code: "SCOPE_DENIED" });
  expect(decisions(panel)).toEqual([["denied", "MANIFEST_WIDENED", "ticket:write"]]);
  await expect.poll(() => badgeOf(panel)).not.toBe(null);
  await press(badgeOf(panel));
  const dialog = await opened(panel);
  expect(dialog.textContent).toContain("Do ticket:write");
  expect(dialog.textContent).not.toContain("Do ticket:read");
  await answer(panel, "allow");
  expect(await viewCalls(panel, "ticket.update", ticket)).toEqual({ result: ticket });
  expect(badgeOf(panel)).toBe(null);
  panel.remove();
  const after = await version(id, "2.0.0", scopes("ticket:read", "ticket:write"));
  await after.ready;
  expect(badgeOf(after)).toBe(null);
  expect(decisions(after)).toEqual([]);
});

test("a No to what an update asks leaves the panel as it was", async () => {
  const id = "localhost.partner.widening-refused";
  const before = await version(id, "1.0.0", scopes("ticket:read"));
  await answer(before, "allow");
  await before.ready;
  before.remove();
  const panel = await version(id, "2.0.0", scopes("ticket:read", "ticket:write"));
  await panel.ready;
  await expect.poll(() => badgeOf(panel)).not.toBe(null);
  await press(badgeOf(panel));
  await answer(panel, "deny");
  await expect.poll(() => badgeOf(panel)).toBe(null);
  expect(panel.state).toBe("ready");
  expect(panel.grant).toEqual([{ scope: "ticket:read" }]);
});

test("control: to a user who agreed to nothing yet both are asked for before the view opens", async () => {
  const panel = await version("localhost.partner.first-time", "2.0.0", scopes("ticket:read", "ticket:write"));
  const dialog = await opened(panel);
  expect(panel.state).toBe("consenting");
  expect(dialog.querySelectorAll(".consent-scopes li")).toHaveLength(2);
  expect(button(panel, "allow").isConnected).toBe(true);
});

test("what was agreed to and taken back is asked for before the view opens again, in a newer version too", async () => {
  const id = "localhost.partner.taken-back";
  const before = await version(id, "1.0.0", scopes("ticket:read", "ticket:write"));
  await answer(before, "allow");
  await before.ready;
  await before.revokeScopes(["ticket:write"]);
  before.remove();
  for (const number of ["1.0.0", "1.0.1"]) {
    const panel = await version(id, number, scopes("ticket:read", "ticket:write"));
    await opened(panel);
    expect(panel.state).toBe("consenting");
    panel.remove();
  }
});

test("an update that asks for less has less at once, and nobody is asked", async () => {
  const id = "localhost.partner.narrowing";
  const before = await version(id, "1.0.0", scopes("ticket:read", "ticket:write"));
  await answer(before, "allow");
  await before.ready;
  before.remove();
  const panel = await version(id, "1.1.0", scopes("ticket:read"));
  await panel.ready;
  expect(panel.grant).toEqual([{ scope: "ticket:read" }]);
  expect(await viewCalls(panel, "ticket.update", { id: "T-42", priority: "high" })).toMatchObject({
    code: "SCOPE_DENIED",
  });
  expect(decisions(panel)).toEqual([]);
});

test("an older version than the one last seen is taken, and audited once", async () => {
  const id = "localhost.partner.rollback";
  for (const [number, expected] of [
    ["1.9.0", []],
    ["1.10.0", []],
    ["1.9.0", [["allowed", "MANIFEST_ROLLBACK", null]]],
    ["1.9.0", []],
  ] as const) {
    const panel = await version(id, number, {});
    await panel.ready;
    expect(panel.manifest?.version).toBe(number);
    expect(decisions(panel)).toEqual(expected);
    panel.remove();
  }
});
