import { at, awaitDialog, openLinkedIssue, signIn, stateOf, tabTo } from "./support/desk.js";
import { expect, test } from "./support/test.js";
import type { Surface, Ui } from "./support/ui.js";

/** Of `<partner-grants>` below the panel, or on the Integrations page. */
const grants = "partner-grants >> [part=partner]";
const takeBack = "partner-grants >> li:first-child >> [part=revoke-button]";

/** Notes every text that the list of changes has from now on; so that what is not seen was never shown. */
const noteChanges = (view: Surface) =>
  view.eval(() => {
    const page = window as unknown as { arrived: string[] };
    page.arrived = [];
    new MutationObserver(() => {
      page.arrived.push(document.querySelector("#ticket-changes li")?.textContent?.trim() ?? "");
    }).observe(document.body, { subtree: true, childList: true, characterData: true });
  });

const arrived = (view: Surface) => view.eval(() => (window as unknown as { arrived: string[] }).arrived.join("\n"));

/** A change at Desk, and another one after it: when Desk has both, the first would have been streamed. */
async function changeTwice(ui: Ui, first: string, second: string): Promise<void> {
  for (const priority of [first, second]) {
    await ui.select("#ticket-priority", priority);
    await expect.poll(() => ui.visible("#ticket-priority:enabled")).toBe(true);
  }
}

/** On T-42: allows it, and waits until a change has arrived. */
async function streaming(ui: Ui): Promise<Surface> {
  await ui.click(at.allow);
  await expect.poll(() => stateOf(ui)).toBe("ready");
  const view = ui.frame(at.panel);
  await expect.poll(() => view.text("#feed-state")).toBe("Live");
  await ui.select("#ticket-priority", "high");
  await expect.poll(() => view.text("#ticket-changes"), "the control: what is changed arrives").toContain("→ High");
  await noteChanges(view);
  return view;
}

async function expectTakenBack(ui: Ui, view: Surface): Promise<void> {
  await expect.poll(() => view.text("#feed-over")).toContain("taken back the permission to see this ticket");
  expect(await view.text("#feed-state")).toBe("Ended");
  await changeTwice(ui, "low", "urgent");
  expect(await arrived(view), "nothing that came after").not.toMatch(/Low|Urgent/);
  expect(await view.text("#ticket-priority"), "what was known stays").toBe("High");
  expect(await stateOf(ui)).toBe("ready");
}

test("taken back below the panel, the stream ends at once; asked again, it goes on", async ({ ui, demo }) => {
  test.slow();
  await signIn(ui, demo, "ada", "/tickets/T-42");
  const view = await streaming(ui);
  await ui.click("#permissions summary");
  await expect.poll(() => ui.text(grants)).toContain("See the open ticket");
  await ui.click(takeBack);
  await expectTakenBack(ui, view);
  await expect.poll(() => ui.visible(takeBack)).toBe(false);

  await test.step("a No to asking again is told in words", async () => {
    await view.click("#ask-again");
    await awaitDialog(ui);
    expect(await ui.text(at.dialog)).toContain("See the open ticket");
    await ui.click(at.deny);
    await expect.poll(() => view.text("#feed-over")).toContain("You did not allow it");
  });

  await test.step("a yes begins the stream again", async () => {
    await view.click("#ask-again");
    await awaitDialog(ui);
    await ui.click(at.allow);
    await expect.poll(() => view.text("#feed-state")).toBe("Live");
    await expect.poll(() => view.text("#ticket-priority")).toBe("Urgent");
    await expect.poll(() => ui.text(grants), "the list follows").toContain("See the open ticket");
  });
  expect(await ui.errors()).toEqual([]);
});

test("taken back in another tab, the stream ends here at once", async ({ ui, demo }) => {
  test.slow();
  await signIn(ui, demo, "ada");
  const tab = await ui.newTab();
  await signIn(tab, demo, null, "/integrations");
  await expect.poll(() => tab.visible("partner-grants >> [part=empty]")).toBe(true);
  await ui.click('a[href="/tickets/T-42"]');
  const view = await streaming(ui);
  await expect.poll(() => tab.text(grants), "what is allowed here is seen there").toContain("See the open ticket");
  await tab.click(takeBack);
  await expectTakenBack(ui, view);
  await expect.poll(() => tab.visible(grants)).toBe(false);
  await tab.close();
  expect(await ui.errors()).toEqual([]);
});

test("taken back with the keyboard alone", async ({ ui, demo }) => {
  const view = await openLinkedIssue(ui, demo, "ada");
  await tabTo(ui, "#permissions summary");
  await ui.press("Enter");
  await expect.poll(() => ui.visible(takeBack)).toBe(true);
  await tabTo(ui, "[part=revoke-button]");
  await ui.press("Enter");
  await expect.poll(() => ui.visible(takeBack)).toBe(false);
  await expect.poll(() => view.text("#feed-over")).toContain("taken back the permission");
  const lost = await ui.eval(() => document.activeElement === document.body || document.activeElement === null);
  expect(lost, "the keyboard is still somewhere near, though the button is gone").toBe(false);

  await test.step("and asked for again from the view", async () => {
    await tabTo(ui, "#ask-again", at.panel, "Shift+Tab");
    await ui.press("Enter");
    await awaitDialog(ui);
    await expect.poll(() => ui.visible(at.allow)).toBe(true);
    await tabTo(ui, "button[part=consent-allow]");
    await ui.press("Enter");
    await expect.poll(() => view.text("#feed-state")).toBe("Live");
  });
});

test("what a partner may do can be taken back while it is away", async ({ ui, demo }) => {
  await openLinkedIssue(ui, demo, "ada");
  await demo.servers.trackwell.close();
  await ui.goto(`${demo.addresses.desk}/integrations`);
  await expect.poll(() => ui.text("#partner-trackwell")).toContain("cannot be reached");
  await expect
    .poll(() => ui.text(grants), "by its short name, for its words are not to be had")
    .toContain("ticket:read");
  await ui.click(takeBack);
  await expect.poll(() => ui.visible("partner-grants >> [part=empty]")).toBe(true);

  await test.step("and when it is back it must ask", async () => {
    await demo.restart();
    await ui.goto(`${demo.addresses.desk}/tickets/T-42`);
    await awaitDialog(ui);
    expect(await stateOf(ui)).toBe("consenting");
  });
});
