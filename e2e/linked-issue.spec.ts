import { at, awaitDialog, fieldValue, openLinkedIssue, signIn, stateOf } from "./support/desk.js";
import { expect, test } from "./support/test.js";
import type { Surface, Ui } from "./support/ui.js";

/** How old a change made at Desk may be when a person sees it in the view, in milliseconds. */
const liveLimit = 1_000;

/** Notes when `fn` of a page happens; both pages read one clock, the machine's. */
const noteChange = (tab: Ui, css: string) =>
  tab.eval((css) => {
    const page = window as unknown as { changedAt: number };
    document.querySelector(css)?.addEventListener("change", () => {
      page.changedAt = Date.now();
    });
  }, css);

const noteShown = (view: Surface, css: string, text: string) =>
  view.eval(
    ({ css, text }) => {
      const page = window as unknown as { shownAt: number | null };
      page.shownAt = null;
      new MutationObserver(() => {
        if (document.querySelector(css)?.textContent?.trim() === text) page.shownAt ??= Date.now();
      }).observe(document.body, { subtree: true, childList: true, characterData: true });
    },
    { css, text },
  );

test("an agent sees the linked issue, and changes the ticket from it once allowed @cookies", async ({ ui, demo }) => {
  await signIn(ui, demo, "ada", "/tickets/T-42");

  await test.step("the panel asks before it shows the ticket", async () => {
    await expect.poll(() => stateOf(ui)).toBe("consenting");
    await expect.poll(() => ui.text(at.dialog)).toContain("See the open ticket");
    expect(await ui.text(at.dialog)).toContain("Trackwell Issues");
    expect(await ui.text(at.dialog)).not.toContain("Change the open ticket");
    await ui.click(at.allow);
    await expect.poll(() => stateOf(ui)).toBe("ready");
  });

  const view = ui.frame(at.panel);
  await test.step("the view shows the ticket, from Desk, and the issue, from Trackwell", async () => {
    await expect.poll(() => view.text("#issue-id")).toBe("TRK-7");
    expect(await view.text("#ticket-id")).toBe("T-42");
    expect((await view.text("#ticket-priority"))?.toLowerCase()).toBe(await fieldValue(ui, "#ticket-priority"));
    expect(await view.text("#issue-title")).not.toBe("");
  });

  const before = await fieldValue(ui, "#ticket-priority");
  expect(before).not.toBe("urgent");
  await test.step("setting the priority is refused, in words", async () => {
    await view.click("#set-urgent");
    await expect.poll(() => view.text("#refused")).toContain("has not allowed Trackwell to change this ticket");
    expect(await view.text("#refused")).toContain("SCOPE_DENIED");
    expect(await fieldValue(ui, "#ticket-priority")).toBe(before);
  });

  await test.step("a No changes nothing", async () => {
    await view.click("#ask-permission");
    await awaitDialog(ui);
    expect(await ui.text(at.dialog)).toContain("Change the open ticket");
    await ui.click(at.deny);
    await expect.poll(() => view.text("#refused")).toContain("You did not allow it");
    expect(await fieldValue(ui, "#ticket-priority")).toBe(before);
  });

  await test.step("a Yes lets it through", async () => {
    await view.click("#ask-permission");
    await awaitDialog(ui);
    await ui.click(at.allow);
    await expect.poll(() => view.text("#done")).toBe("Priority set to Urgent.");
    await expect.poll(() => fieldValue(ui, "#ticket-priority")).toBe("urgent");
    await expect.poll(() => view.text("#ticket-priority")).toBe("Urgent");
  });

  await test.step("the Yes outlives a reload", async () => {
    await ui.reload();
    await expect.poll(() => stateOf(ui)).toBe("ready");
    expect(await fieldValue(ui, "#ticket-priority")).toBe("urgent");
    await view.click("#set-low");
    await expect.poll(() => view.text("#done")).toBe("Priority set to Low.");
    await expect.poll(() => fieldValue(ui, "#ticket-priority")).toBe("low");
    expect(await ui.visible(at.dialog)).toBe(false);
  });

  await test.step("a change in another tab of Desk is seen within a second", async () => {
    const tab = await ui.newTab();
    await signIn(tab, demo, null, "/tickets/T-42");
    await expect.poll(() => fieldValue(tab, "#ticket-priority")).toBe("low");
    await expect.poll(() => ui.text("#liveness")).toBe("Live");
    await noteChange(tab, "#ticket-priority");
    await noteShown(view, "#ticket-priority", "High");
    await tab.select("#ticket-priority", "high");
    await expect.poll(() => view.text("#ticket-priority")).toBe("High");
    const changed = await tab.eval(() => (window as unknown as { changedAt: number }).changedAt);
    const shown = await view.eval(() => (window as unknown as { shownAt: number }).shownAt);
    expect(shown - changed, "milliseconds until it was seen").toBeLessThan(liveLimit);
    expect(shown).toBeGreaterThanOrEqual(changed);
    await tab.close();
  });

  expect(await ui.errors()).toEqual([]);
});

test("an agent without the right cannot change the ticket from the view either", async ({ ui, demo }) => {
  const view = await openLinkedIssue(ui, demo, "ben");
  await expect.poll(() => view.text("#issue-id")).toBe("TRK-7");
  const before = await fieldValue(ui, "#ticket-priority");
  expect(before).not.toBe("urgent");
  await view.click("#set-urgent");
  await expect.poll(() => view.text("#refused")).toContain("SCOPE_DENIED");
  await view.click("#ask-permission");
  await expect.poll(() => view.text("#refused")).toContain("does not give your account the right");
  expect(await ui.visible(at.dialog)).toBe(false);
  expect(await fieldValue(ui, "#ticket-priority")).toBe(before);
  expect(await ui.errors()).toEqual([]);
});
