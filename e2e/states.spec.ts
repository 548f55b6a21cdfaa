import { at, fieldValue, openLinkedIssue, signIn, stateOf } from "./support/desk.js";
import { expect, test } from "./support/test.js";

const error = `${at.panel} >> [part=error]`;

test("a partner that cannot be reached is told, and tried again when asked", async ({ ui, demo }) => {
  await signIn(ui, demo, "ada");
  await demo.servers.trackwell.close();
  await ui.click('a[href="/tickets/T-42"]');
  await expect.poll(() => stateOf(ui)).toBe("error");
  await expect.poll(() => ui.text(error)).toContain("MANIFEST_UNREACHABLE");
  expect(await ui.text(error)).toContain("Linked issue can’t be shown");
  expect(await ui.text("#ticket-subject"), "Desk goes on").not.toBeNull();

  // Still away.
  await ui.click(at.retry);
  await expect.poll(() => ui.text(error)).toContain("MANIFEST_UNREACHABLE");

  await demo.restart();
  await ui.click(at.retry);
  await ui.click(at.allow);
  await expect.poll(() => stateOf(ui)).toBe("ready");
  await expect.poll(() => ui.frame(at.panel).text("#issue-id")).toBe("TRK-7");
});

test("a partner that goes away under a panel: the view says so, and what rests on Desk goes on", async ({
  ui,
  demo,
}) => {
  const view = await openLinkedIssue(ui, demo, "ada");
  await demo.servers.trackwell.close();
  await view.click(at.refreshIssue);
  await expect.poll(() => view.visible("#issue-problem")).toBe(true);
  expect(await view.text("#issue-id"), "what was known stays").toBe("TRK-7");
  await view.click("#set-high");
  await expect.poll(() => view.text("#refused")).toContain("SCOPE_DENIED");

  await demo.restart();
  await view.click(at.refreshIssue);
  await expect.poll(() => view.visible("#issue-problem")).toBe(false);
});

test("a No to what the view cannot do without is told, and can be taken back", async ({ ui, demo }) => {
  await signIn(ui, demo, "ada", "/tickets/T-42");
  await ui.click(at.deny);
  await expect.poll(() => stateOf(ui)).toBe("error");
  await expect.poll(() => ui.text(error)).toContain("CONSENT_REFUSED");
  await ui.click(at.retry);
  await ui.click(at.allow);
  await expect.poll(() => stateOf(ui)).toBe("ready");
});

test("a frame that never says hello ends in an error that can be retried", async ({ ui, demo }) => {
  await signIn(ui, demo, "ada", "/tickets/T-42?qa=missing");
  // The handshake's own limit is 10 s.
  await expect.poll(() => stateOf(ui), { timeout: 20_000 }).toBe("error");
  await expect.poll(() => ui.text(error)).toContain("FRAMING_REFUSED");
  await expect.poll(() => ui.visible(at.retry)).toBe(true);
  expect(await fieldValue(ui, "#ticket-priority"), "Desk goes on").not.toBeNull();
});
