import { expectNoFaults } from "./support/axe.js";
import { signIn } from "./support/desk.js";
import { expect, test } from "./support/test.js";

for (const colorScheme of ["light", "dark"] as const) {
  test(`axe finds nothing at Desk (${colorScheme}) @chromium`, async ({ page, ui, demo }) => {
    await page.emulateMedia({ colorScheme });
    await page.goto(demo.addresses.desk);
    await page.locator("#sign-in").waitFor();
    await expectNoFaults(page, [page.locator("main")]);
    await page.locator("#sign-in").click();
    await page.locator("button[value=ada]").waitFor();
    await expectNoFaults(page, [page.locator("main")]);
    await signIn(ui, demo, "ada");
    await expect.poll(() => ui.text("desk-ticket-list")).toContain("T-42");
    await expectNoFaults(page, [page.locator("main")]);
    await page.goto(`${demo.addresses.desk}/tickets/T-42`);
    await page.locator("#ticket-subject").waitFor();
    await expectNoFaults(page, [page.locator("main")]);
  });
}
