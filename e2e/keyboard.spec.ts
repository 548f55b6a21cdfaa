import { at, fieldValue, hasKeyboard, openLinkedIssue, stateOf, tabTo } from "./support/desk.js";
import { expect, test } from "./support/test.js";

test("the whole path without a mouse", async ({ ui, demo }) => {
  await ui.goto(demo.addresses.desk);
  await expect.poll(() => ui.visible("#sign-in")).toBe(true);
  await tabTo(ui, "#sign-in");
  await ui.press("Enter");
  await expect.poll(() => ui.visible("button[value=ada]")).toBe(true);
  await tabTo(ui, "button[value=ada]");
  await ui.press("Enter");
  await expect.poll(() => ui.visible('a[href="/tickets/T-42"]')).toBe(true);
  await tabTo(ui, 'a[href="/tickets/T-42"]');
  await ui.press("Enter");

  await test.step("the dialog", async () => {
    await expect.poll(() => ui.visible(at.allow)).toBe(true);
    await tabTo(ui, "button[part=consent-allow]");
    await ui.press("Enter");
    await expect.poll(() => stateOf(ui)).toBe("ready");
  });

  const view = ui.frame(at.panel);
  await test.step("into the view, and out of it for the dialog", async () => {
    await expect.poll(() => view.visible("#set-urgent:enabled")).toBe(true);
    await tabTo(ui, "#set-urgent", at.panel);
    await ui.press("Enter");
    await expect.poll(() => view.visible("#ask-permission:enabled")).toBe(true);
    await tabTo(ui, "#ask-permission", at.panel);
    await ui.press("Enter");
    await expect.poll(() => ui.visible(at.allow)).toBe(true);
    await tabTo(ui, "button[part=consent-allow]");
    await ui.press("Enter");
    await expect.poll(() => view.text("#done")).toBe("Priority set to Urgent.");
    await expect.poll(() => fieldValue(ui, "#ticket-priority")).toBe("urgent");
  });

  await test.step("and on through Desk's own page", async () => {
    await tabTo(ui, "textarea");
  });
});

test("Escape takes the dialog away, and the badge brings it back", async ({ ui, demo }) => {
  await ui.goto(`${demo.addresses.desk}/tickets/T-42`);
  await ui.click("#sign-in");
  await ui.click("button[value=ada]");
  await expect.poll(() => ui.visible(at.allow)).toBe(true);
  await ui.press("Escape");
  await expect.poll(() => ui.visible(at.dialog)).toBe(false);
  expect(await stateOf(ui)).toBe("consenting");
  await expect.poll(() => ui.visible(at.badge)).toBe(true);
  expect(await hasKeyboard(ui, "body"), "the keyboard is back where it was").toBe(false);
  await tabTo(ui, "[part=consent-badge]");
  await ui.press("Enter");
  await ui.click(at.allow);
  await expect.poll(() => stateOf(ui)).toBe("ready");
});

test("trying again: the keyboard stays in the panel, whatever comes of it", async ({ ui, demo }) => {
  const retry = "button[part=retry-button]";
  await openLinkedIssue(ui, demo, "ada");
  await demo.servers.trackwell.close();
  await ui.goto(`${demo.addresses.desk}/tickets/T-42`);
  await expect.poll(() => stateOf(ui)).toBe("error");
  await tabTo(ui, retry);

  await test.step("it fails once more: on the next one", async () => {
    await ui.eval(() =>
      document.querySelector("partner-panel")?.shadowRoot?.querySelector("[part=retry-button]")?.classList.add("first"),
    );
    await ui.press("Enter");
    await expect.poll(() => hasKeyboard(ui, `${retry}:not(.first)`)).toBe(true);
    expect(await stateOf(ui)).toBe("error");
  });

  await test.step("it succeeds: Tab goes on into the view", async () => {
    await demo.restart();
    await ui.press("Enter");
    await expect.poll(() => stateOf(ui)).toBe("ready");
    expect(await hasKeyboard(ui, ".panel"), "the panel has it").toBe(true);
    await ui.press("Tab");
    await expect.poll(() => hasKeyboard(ui, "iframe")).toBe(true);
  });
});
