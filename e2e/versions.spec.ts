import { at, awaitDialog, fieldValue, openLinkedIssue, publish, stateOf } from "./support/desk.js";
import { expect, test } from "./support/test.js";

test("a version that asks for more: the panel goes on with what was allowed, and asks for the rest", async ({
  ui,
  demo,
}) => {
  const view = await openLinkedIssue(ui, demo, "ada");
  await publish(ui, demo, "1.1.0");
  await ui.reload();

  await test.step("it works as before, and a badge stands for the question", async () => {
    await expect.poll(() => stateOf(ui)).toBe("ready");
    await expect.poll(() => view.text("#issue-id")).toBe("TRK-7");
    await expect.poll(() => ui.text(at.badge)).toContain("Trackwell Issues");
    expect(await ui.visible(at.dialog)).toBe(false);
    expect(await view.visible("#ticket-requester")).toBe(false);
  });

  await test.step("the question is about what is new, and nothing else", async () => {
    await ui.click(at.badge);
    await expect.poll(() => ui.text(at.dialog)).toContain("See who opened the ticket");
    expect(await ui.text(at.dialog)).not.toContain("See the open ticket");
  });

  await test.step("after a No it goes on without", async () => {
    await ui.click(at.deny);
    await expect.poll(() => ui.visible(at.dialog)).toBe(false);
    expect(await stateOf(ui)).toBe("ready");
    expect(await view.text("#feed-state")).toBe("Live");
    expect(await view.visible("#ticket-requester")).toBe(false);
  });

  await test.step("with the next page it asks again, and after a yes the view knows", async () => {
    await ui.reload();
    await ui.click(at.badge);
    await ui.click(at.allow);
    await expect.poll(() => view.text("#ticket-requester")).toBe("Opened by Noor Haddad");
    await ui.reload();
    await expect.poll(() => view.text("#ticket-requester")).toBe("Opened by Noor Haddad");
    expect(await ui.visible(at.badge)).toBe(false);
  });
  expect(await ui.errors()).toEqual([]);
});

test("a version that asks for less applies by itself; back to the older one is noted, and what was allowed holds", async ({
  ui,
  demo,
}) => {
  test.slow();
  const view = await openLinkedIssue(ui, demo, "ada");
  await view.click("#set-urgent");
  await view.click("#ask-permission");
  await awaitDialog(ui);
  await ui.click(at.allow);
  await expect.poll(() => fieldValue(ui, "#ticket-priority")).toBe("urgent");

  await test.step("less: nobody is asked, and the ticket can no longer be changed", async () => {
    await publish(ui, demo, "1.2.0");
    await ui.reload();
    await expect.poll(() => stateOf(ui)).toBe("ready");
    await view.click("#set-low");
    await expect.poll(() => view.text("#refused")).toContain("SCOPE_DENIED");
    await view.click("#ask-permission");
    await expect.poll(() => view.text("#refused")).toContain("no longer asks to change tickets");
    expect(await ui.visible(at.dialog)).toBe(false);
    expect(await fieldValue(ui, "#ticket-priority")).toBe("urgent");
  });

  await test.step("back: it works, and that it is older stands in the list of what partners did", async () => {
    await publish(ui, demo, "1.0.0");
    await ui.reload();
    await expect.poll(() => stateOf(ui)).toBe("ready");
    await view.click("#set-low");
    await expect.poll(() => fieldValue(ui, "#ticket-priority")).toBe("low");
    await ui.click('a[href="/integrations"]');
    await expect.poll(() => ui.text("#audit")).toContain("Went back to an older version");
    expect(await ui.text("#audit")).toContain("MANIFEST_ROLLBACK");
  });
  expect(await ui.errors()).toEqual([]);
});
