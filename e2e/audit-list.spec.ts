import { openLinkedIssue, signIn } from "./support/desk.js";
import { expect, test } from "./support/test.js";
import type { Ui } from "./support/ui.js";

/** What each row says, newest first. */
const rows = (ui: Ui): Promise<string[]> =>
  ui.eval(() =>
    [...document.querySelectorAll("#audit tbody tr")].map((row) =>
      [...row.querySelectorAll("td")].map((cell) => cell.textContent?.trim().replace(/\s+/g, " ")).join(" | "),
    ),
  );

test("what a partner does stands in the list as it happens, in another tab too; filtered, paused and taken away", async ({
  ui,
  demo,
}) => {
  test.slow();
  const view = await openLinkedIssue(ui, demo, "ada");
  const tab = await ui.newTab();
  await signIn(tab, demo, null, "/integrations");

  await test.step("what was before this tab is there", async () => {
    await expect.poll(async () => (await rows(tab)).join("\n")).toContain("ticket.get | ticket:read | Allowed");
    expect((await rows(tab)).join("\n")).toContain(
      "Trackwell | You allowed it | ticket:read | Allowed CONSENT_GRANTED",
    );
  });

  await test.step("what happens now comes at the top", async () => {
    await view.click("#set-urgent");
    await expect
      .poll(async () => (await rows(tab)).join("\n"))
      .toContain("ticket.update | ticket:write | Denied SCOPE_DENIED");
    const times = await tab.eval(() =>
      [...document.querySelectorAll<HTMLTimeElement>("#audit tbody time")].map(({ dateTime }) => dateTime),
    );
    expect(times).toEqual(times.toSorted().toReversed());
  });

  await test.step("filtered", async () => {
    await tab.select("#audit-decision", "denied");
    await expect.poll(async () => (await rows(tab)).length).toBe(1);
    expect(await tab.text("#audit-count")).toMatch(/^1 of \d+ decisions/);
    await tab.select("#audit-decision", "all");
    await tab.select("#audit-partner", "trackwell");
    await expect.poll(async () => (await rows(tab)).length).toBeGreaterThan(1);
  });

  await test.step("paused it stands still, and counts what came since", async () => {
    const before = await rows(tab);
    await tab.click("#audit-pause");
    await view.click("#set-high");
    await expect.poll(() => tab.text("#audit-count")).toMatch(/paused; \d+ more since/);
    expect(await rows(tab)).toEqual(before);
    await tab.click("#audit-pause");
    await expect.poll(async () => (await rows(tab)).length).toBeGreaterThan(before.length);
  });

  await test.step("as JSON lines: one decision a line, oldest first, no payload", async () => {
    // What the browser is given to save: a driver of WebKit's sees no downloads.
    const lines = await tab.eval(async () => {
      const real = URL.createObjectURL;
      let saved: Blob | null = null;
      URL.createObjectURL = (given) => {
        saved = given as Blob;
        return real.call(URL, given);
      };
      document.querySelector<HTMLElement>("#audit-download")?.click();
      URL.createObjectURL = real;
      return (await (saved as Blob | null)?.text()) ?? "";
    });
    const records = lines
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(records).toHaveLength((await rows(tab)).length);
    const members = ["at", "decision", "direction", "instance", "method", "ms", "partner", "reason", "scope", "seq"];
    for (const record of records) expect(Object.keys(record).toSorted()).toEqual(members);
    const times = records.map(({ at }) => Number(at));
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(records).toContainEqual(expect.objectContaining({ method: "ticket.update", reason: "SCOPE_DENIED" }));
    expect(lines, "nothing of the ticket").not.toContain("VAT");
  });
  await tab.close();

  await test.step("another agent's decisions are not this one's to see", async () => {
    await ui.click("#agent-menu-button");
    await ui.click("#sign-out");
    // Once more, at the provider, whose button has the same words.
    await expect.poll(() => ui.url()).toContain(demo.addresses.deskId);
    await ui.click("button", { text: "Sign out" });
    await expect.poll(() => ui.visible("#sign-in")).toBe(true);
    await signIn(ui, demo, "ben", "/integrations");
    await expect.poll(() => ui.text("#audit-count")).toContain("Nothing yet");
  });
  expect(await ui.errors()).toEqual([]);
});

test("of very many decisions the oldest go, and are counted", async ({ ui, demo }) => {
  await signIn(ui, demo, "ada", "/integrations");
  const tab = await ui.newTab();
  await signIn(tab, demo, null);
  // As a tab of this agent's would tell of a busy partner.
  await tab.eval(() => {
    const records = Array.from({ length: 1_100 }, (_, index) => ({
      seq: index + 1,
      at: 1_700_000_000_000 + index,
      partner: "trackwell",
      instance: "busy",
      direction: "in",
      method: `ticket.call${index + 1}`,
      scope: null,
      decision: "allowed",
      reason: null,
      ms: 0,
    }));
    new BroadcastChannel("desk-audit ada").postMessage({ records });
  });
  await expect.poll(() => ui.text("#audit-count")).toContain("1000 decisions, 100 older ones no longer kept");
  const shown = await rows(ui);
  expect(shown, "as many as anybody reads").toHaveLength(100);
  expect(shown[0]).toContain("ticket.call1100 ");
  await ui.click("#audit-more");
  await expect.poll(async () => (await rows(ui)).length).toBe(200);
  await tab.close();
});
