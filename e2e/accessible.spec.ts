import { expectNoFaults } from "./support/axe.js";
import { at, openLinkedIssue, publish, signIn, stateOf } from "./support/desk.js";
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
      await expectNoFaults(page, [main, panel, view.locator(".view")]);
    });

    await test.step("on the dashboard, with the same view more than once", async () => {
      await page.goto(`${demo.addresses.desk}/dashboard?panels=4`);
      await page.locator(".wall li:last-child").scrollIntoViewIfNeeded();
      await expect(page.locator("#panel-states")).toHaveText("4 ready");
      const views = [1, 4].map((tile) => page.locator(`.wall li:nth-child(${tile}) iframe`).contentFrame());
      await expectNoFaults(page, [main, ...views.map((view) => view.locator(".view"))]);
    });

    await test.step("on the panel's error", async () => {
      await demo.servers.trackwell.close();
      await page.goto(`${demo.addresses.desk}/tickets/T-42`);
      await expect.poll(() => stateOf(ui)).toBe("error");
      await expectNoFaults(page, [main, panel]);
    });
  });

  test(`axe finds nothing in what is about consent, grants and installing (${colorScheme}) @chromium`, async ({
    page,
    ui,
    demo,
  }) => {
    test.setTimeout(180_000);
    await page.emulateMedia({ colorScheme });
    const main = page.locator("main");
    const panel = page.locator(at.panel);
    const grants = page.locator("partner-grants");
    const view = panel.locator("iframe").contentFrame();

    await test.step("on a version that asks for more: the badge, and its dialog", async () => {
      await openLinkedIssue(ui, demo, "ada");
      await publish(ui, demo, "1.1.0");
      await page.reload();
      await ui.click(at.badge);
      await expectNoFaults(page, [page.locator(at.dialog)]);
      await page.keyboard.press("Escape");
      await expect.poll(() => ui.visible(at.badge)).toBe(true);
      await expectNoFaults(page, [main, panel, view.locator(".view")]);
    });

    await test.step("on permissions below the panel, one taken back while the view streams", async () => {
      await page.locator("#permissions summary").click();
      await grants.locator("[part=revoke-button]").first().waitFor();
      await expectNoFaults(page, [main, grants]);
      await grants.locator("[part=revoke-button]").first().click();
      await view.locator("#ask-again").waitFor();
      await expectNoFaults(page, [main, panel, grants, view.locator(".view")]);
    });

    await test.step("on the Integrations page: nothing allowed, something allowed, a list of what partners did", async () => {
      await page.goto(`${demo.addresses.desk}/integrations`);
      await page.locator("#partner-trackwell summary").click();
      await grants.locator("[part=empty]").waitFor();
      await expectNoFaults(page, [main, grants]);
      await page.locator('nav a[href="/tickets"]').click();
      await page.locator('a[href="/tickets/T-42"]').click();
      await ui.click(at.allow);
      await expect.poll(() => stateOf(ui)).toBe("ready");
      await page.locator('nav a[href="/integrations"]').click();
      await page.locator("#audit tbody tr").first().waitFor();
      await page.locator("#audit-pause").click();
      await grants.locator("[part=revoke-button]").first().waitFor();
      await expectNoFaults(page, [main, grants]);
    });

    await test.step("on a partner that is not installed", async () => {
      await page.locator("#remove-trackwell").click();
      await page.locator("#install-trackwell").waitFor();
      await expectNoFaults(page, [main]);
      await page.goto(`${demo.addresses.desk}/tickets/T-42`);
      await page.locator("#not-installed").waitFor();
      await expectNoFaults(page, [main]);
    });

    await test.step("on what QA tries: the list, a refused manifest, begging, Trackwell's releases", async () => {
      await page.goto(`${demo.addresses.desk}/qa`);
      await page.locator("#story-whole").waitFor();
      await expectNoFaults(page, [main]);
      await page.goto(`${demo.addresses.desk}/partners/mallory?manifest=wildcard`);
      await page.locator("#faults").waitFor();
      await expectNoFaults(page, [main, page.locator("#mallory-panel")]);
      await page.goto(`${demo.addresses.desk}/partners/mallory?beg=hundred`);
      await page.locator("#mallory-panel [part=consent-badge]").waitFor();
      await expectNoFaults(page, [main, page.locator("#mallory-panel")]);
      await page.goto(`${demo.addresses.trackwell}/releases?publish=1.2.0`);
      await page.locator("#release-1\\.2\\.0 button").waitFor();
      await expectNoFaults(page, [main]);
    });
  });
}
