import { expectNoFaults } from "./support/axe.js";
import { at, signIn, stateOf, tabTo } from "./support/desk.js";
import { expectOffer, expectSignedIn, inView, openBy, pressForQa } from "./support/sign-in.js";
import { expect, test } from "./support/test.js";

test("signing in with the keyboard alone, in the view and in its window", async ({ ui, demo }) => {
  const view = await openBy(ui, demo, "?sign-in=code");
  await expectOffer(view, "SIGN_IN_REQUIRED", "Sign in at Trackwell itself");
  await tabTo(ui, inView.signIn, at.panel);
  const window = await ui.popup(() => ui.press("Enter"));
  await expect.poll(() => window.url()).toContain(demo.addresses.trackwellId);
  // The first of the accounts has the focus.
  await expect.poll(() => window.eval(() => document.activeElement?.textContent ?? "")).toContain("Ada O.");
  // Chromium takes no key before it has painted what the focus is on.
  await window.eval(
    () => new Promise<void>((painted) => requestAnimationFrame(() => requestAnimationFrame(() => painted()))),
  );
  await window.press("Enter");
  await expectSignedIn(ui, view, "Ada O.");
});

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing in what signing in shows (${colorScheme}) @chromium`, async ({ ui, page, demo }) => {
    test.slow();
    await page.emulateMedia({ colorScheme });
    const { desk, deskId, trackwellId } = demo.addresses;
    const panel = page.locator(at.panel);
    const main = page.locator("main").first();
    const viewMain = panel.locator("iframe").contentFrame().locator(".view");

    await test.step("the view's offer, and what a window came to", async () => {
      const view = await openBy(ui, demo, "?sign-in=code");
      await expectOffer(view, "SIGN_IN_REQUIRED", "Sign in at Trackwell itself");
      await expectNoFaults(page, [main, panel, viewMain]);
      const window = await ui.popup(() => view.click(inView.signIn));
      await expect.poll(() => view.text(inView.why)).toContain("Finish in");
      await expectNoFaults(page, [viewMain]);
      await window.click('button[value=""]');
      await expectOffer(view, "SIGN_IN_CANCELLED", "You ended the sign-in");
      await expectNoFaults(page, [main, panel, viewMain]);
    });

    await test.step("a panel that may open no window", async () => {
      await page.goto(`${desk}/tickets/T-42?sign-in=code&popups=off`);
      await expect.poll(() => stateOf(ui)).toBe("error");
      await expectNoFaults(page, [main, panel]);
    });

    await test.step("the issue with who is signed in, Desk's question, and a No to it", async () => {
      await pressForQa(deskId, "earlier");
      await page.evaluate(() => sessionStorage.clear());
      await signIn(ui, demo, null, "/tickets/T-42");
      const view = ui.frame(at.panel);
      await expectSignedIn(ui, view, "Ada O.");
      await view.click("#close-issue");
      await page.locator("#confirm-identity").waitFor();
      await expectNoFaults(page, [page.locator("#confirm-identity")]);
      await page.keyboard.press("Escape");
      await expect.poll(() => view.text("#status-problem")).toContain("You did not sign in again");
      await expectNoFaults(page, [main, panel, viewMain]);
    });

    await test.step("the providers' pages for QA, and Desk's window", async () => {
      for (const address of [`${trackwellId}/qa?do=tokens-20`, `${deskId}/qa`, `${desk}/confirm`]) {
        await page.goto(address);
        await expectNoFaults(page, [main]);
      }
    });
  });
}
