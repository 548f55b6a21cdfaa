import { expectNoFaults } from "./support/axe.js";
import { at, signIn, stateOf } from "./support/desk.js";
import { expect, test } from "./support/test.js";

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing (${colorScheme}) @chromium`, async ({ page, ui, demo }) => {
    test.slow();
    await page.emulateMedia({ colorScheme });
    const main = page.locator("main");
    const panel = page.locator(at.panel);

    await test.step("on Desk's sign-in page, and on its provider's", async () => {
      await page.goto(demo.addresses.desk);
      await page.locator("#sign-in").waitFor();
      await expectNoFaults(page, [main]);
      await page.locator("#sign-in").click();
      await page.locator("button[value=ada]").waitFor();
      await expectNoFaults(page, [main]);
    });

    await test.step("on the list of tickets", async () => {
      await signIn(ui, demo, "ada");
      await page.locator('a[href="/tickets/T-42"]').waitFor();
      await expectNoFaults(page, [main]);
    });

    await test.step("while the panel asks", async () => {
      await page.locator('a[href="/tickets/T-42"]').click();
      await page.locator(at.allow).waitFor();
      await expectNoFaults(page, [page.locator(at.dialog)]);
    });

    await test.step("on the ticket's page with the panel, host and view", async () => {
      await page.locator(at.allow).click();
      await expect.poll(() => stateOf(ui)).toBe("ready");
      const view = panel.locator("iframe").contentFrame();
      await view.locator("#set-urgent").click();
      await view.locator("#ask-permission").waitFor();
      await expectNoFaults(page, [main, panel, view.locator("main")]);
    });

    await test.step("on the panel's error", async () => {
      await demo.servers.trackwell.close();
      await page.reload();
      await expect.poll(() => stateOf(ui)).toBe("error");
      await expectNoFaults(page, [main, panel]);
    });
  });
}
