import type { TestDemo } from "./support/demo.js";
import { at, signIn, stateOf } from "./support/desk.js";
import { expectOffer, expectSignedIn, openBy, pressForQa, signInAs, signInWindow } from "./support/sign-in.js";
import { expect, test } from "./support/test.js";
import type { Surface, Ui } from "./support/ui.js";

const done = "#issue-status [aria-current=step]";
const dialog = "#confirm-identity";

/** Ada in a tab of Desk's, on T-42, with a sign-in of an hour ago. */
async function openAnHourLater(ui: Ui, demo: TestDemo, search = ""): Promise<{ tab: Ui; view: Surface }> {
  await signIn(ui, demo, "ada");
  await pressForQa(demo.addresses.deskId, "earlier");
  // Each tab of Desk's has a session of its own, and the provider asks nothing: so this one has the old sign-in.
  const tab = await ui.newTab();
  const view = await openBy(tab, demo, search, null);
  await expectSignedIn(tab, view, "Ada O");
  expect(await view.text(done)).toBe("Started");
  return { tab, view };
}

test("with a fresh sign-in an issue is closed at once", async ({ ui, demo }) => {
  const view = await openBy(ui, demo, "");
  await expectSignedIn(ui, view, "Ada O.");
  await view.click("#close-issue");
  await expect.poll(() => view.text(done)).toBe("Done");
  expect(await ui.visible(dialog)).toBe(false);
});

for (const [how, search] of [
  ["by Desk's word", ""],
  ["by the one provider that both trust", "?sign-in=exchange"],
] as const) {
  test(`with an old one Desk has its agent sign in again, and then the issue is closed: ${how} @cookies`, async ({
    ui,
    demo,
  }) => {
    const { tab, view } = await openAnHourLater(ui, demo, search);
    await view.click("#close-issue");
    await expect.poll(() => tab.visible(dialog)).toBe(true);
    expect(await tab.text(dialog)).toContain("Is it still you?");
    const window = await tab.popup(() => tab.click("#confirm-sign-in"));
    await expect.poll(() => window.url()).toContain(demo.addresses.deskId);
    await window.click('button[value="ada"]');
    await expect.poll(() => tab.visible(dialog)).toBe(false);
    await expect.poll(() => view.text(done), "with no other press").toBe("Done");
    expect(await stateOf(tab)).toBe("ready");

    await test.step("and while that is fresh nobody is asked again", async () => {
      await view.click("#reopen-issue");
      await expect.poll(() => view.text(done)).toBe("Started");
      await view.click("#close-issue");
      await expect.poll(() => view.text(done)).toBe("Done");
      expect(await tab.visible(dialog)).toBe(false);
    });
    expect(await tab.errors()).toEqual([]);
  });
}

test("a No leaves the issue as it is, and is told; so is a window that was closed", async ({ ui, demo }) => {
  const { tab, view } = await openAnHourLater(ui, demo);
  await view.click("#close-issue");
  await expect.poll(() => tab.visible(dialog)).toBe(true);
  const closed = await tab.popup(() => tab.click("#confirm-sign-in"));
  await expect.poll(() => closed.url()).toContain(demo.addresses.deskId);
  await closed.close();
  await expect.poll(() => tab.text("#confirm-words")).toContain("closed before anybody signed in");
  await tab.click("#confirm-cancel");
  await expect.poll(() => tab.visible(dialog)).toBe(false);
  await expect.poll(() => view.text("#status-problem")).toContain("You did not sign in again");
  expect(await view.text(done)).toBe("Started");
  expect(await stateOf(tab), "the panel is what it was").toBe("ready");
  expect(await tab.visible(at.panel)).toBe(true);
});

test("somebody else in that window ends the session of whom was asked, and closes nothing", async ({ ui, demo }) => {
  const { tab, view } = await openAnHourLater(ui, demo);
  await view.click("#close-issue");
  await expect.poll(() => tab.visible(dialog)).toBe(true);
  const window = await tab.popup(() => tab.click("#confirm-sign-in"));
  await expect.poll(() => window.url()).toContain(demo.addresses.deskId);
  await window.click('button[value="ben"]');
  // The provider has one user in a browser; that Ada is no more, it tells Desk's back end.
  await expect.poll(() => tab.text("#sign-in-problem")).toContain("session has ended");
  expect(await tab.visible(dialog)).toBe(false);
  const next = await openBy(tab, demo, "", null);
  await expectSignedIn(tab, next, "Ben L.");
  expect(await next.text(done)).toBe("Started");
});

test("where the view signed in by itself, it asks in the view", async ({ ui, demo }) => {
  const view = await openBy(ui, demo, "?sign-in=code");
  await signInAs(await signInWindow(ui, view), demo, "ada.t");
  await expectSignedIn(ui, view, "Ada O.");
  // The next frame signs in with what Trackwell's provider has of an hour ago.
  await pressForQa(demo.addresses.trackwellId, "earlier");
  await ui.reload();
  await expectOffer(view, "SIGN_IN_REQUIRED", "Sign in at Trackwell itself");
  await view.click("#sign-in");
  await expectSignedIn(ui, view, "Ada O.");

  await view.click("#close-issue");
  await expectOffer(view, "STEP_UP_REQUIRED", "Sign in again");
  expect(await view.text("#status-problem")).toContain("STEP_UP_REQUIRED");
  expect(await view.text(done), "the view stays what it was").toBe("Started");
  await signInAs(await signInWindow(ui, view), demo, "ada.t");
  await expect.poll(() => view.visible("#sign-in")).toBe(false);
  await view.click("#close-issue");
  await expect.poll(() => view.text(done)).toBe("Done");
});
