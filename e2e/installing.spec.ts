import { at, signIn, stateOf } from "./support/desk.js";
import { expect, test } from "./support/test.js";

test("an administrator installs a partner for everybody, each agent is asked, and removed it is gone from every tab", async ({
  ui,
  demo,
}) => {
  test.slow();
  await signIn(ui, demo, "ada", "/integrations");
  await ui.click("#remove-trackwell");
  await expect.poll(() => ui.text("#partner-trackwell")).toContain("Not installed");
  const tab = await ui.newTab();
  await signIn(tab, demo, null, "/tickets/T-42");

  await test.step("not installed: the ticket says so, and nothing is framed", async () => {
    await expect.poll(() => tab.text("#not-installed")).toContain("Trackwell is not installed");
    expect(await tab.visible(at.panel)).toBe(false);
  });

  await test.step("what it will ask for can be read before it is installed", async () => {
    await ui.click("#partner-trackwell >> summary");
    await expect.poll(() => ui.text("#partner-trackwell")).toContain("See the open ticket");
    expect(await ui.text("#partner-trackwell")).toContain(demo.addresses.trackwell);
  });

  await test.step("installed: the panel is there, and asks its agent", async () => {
    await ui.click("#install-trackwell");
    await expect.poll(() => ui.text("#partner-trackwell")).toContain("by Ada");
    await expect.poll(() => tab.text(at.dialog)).toContain("See the open ticket");
    await tab.click(at.allow);
    await expect.poll(() => stateOf(tab)).toBe("ready");
    expect(await tab.frame(at.panel).text("#issue-id")).toBe("TRK-7");
  });

  await test.step("removed again: the open panel goes at once", async () => {
    await ui.click("#remove-trackwell");
    await expect.poll(() => tab.visible("#not-installed")).toBe(true);
    expect(await tab.visible(at.panel)).toBe(false);
  });
  await tab.close();
  expect(await ui.errors()).toEqual([]);
});

test("an agent who is no administrator cannot install or remove", async ({ ui, demo }) => {
  await signIn(ui, demo, "ben", "/integrations");
  await expect.poll(() => ui.text("#not-yours-trackwell")).toContain("Only an administrator can remove it");
  expect(await ui.visible("#remove-trackwell")).toBe(false);
});
