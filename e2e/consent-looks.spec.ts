import type { Page } from "@playwright/test";
import { expectNoFaults } from "./support/axe.js";
import { at, publish, signIn, stateOf } from "./support/desk.js";
import { expect, test } from "./support/test.js";

/*
 * In Chromium alone: of the three it is the one that can be given a width, a zoom and forced colours by a driver. Each state's picture
 * is kept with the test's results, for eyes.
 */

const looks = [
  { name: "320 px wide", viewport: { width: 320, height: 640 } },
  // What 200 % makes of a window of 1280 by 900: half as many CSS pixels, each twice as large.
  { name: "at 200 % zoom", viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 },
  { name: "from right to left", viewport: { width: 1280, height: 900 }, direction: "rtl" },
  { name: "in forced colours", viewport: { width: 1280, height: 900 }, forcedColors: "active" as const },
  {
    name: "in forced colours, dark",
    viewport: { width: 1280, height: 900 },
    forcedColors: "active" as const,
    colorScheme: "dark" as const,
  },
];

/** Asserts that the dialog and what is in it can be seen and pressed where it is. */
async function expectUsable(page: Page, panel: string, direction = "ltr"): Promise<void> {
  const dialog = page.locator(panel).locator("dialog[part=consent]");
  await dialog.waitFor();
  const found = await dialog.evaluate((dialog) => {
    const box = dialog.getBoundingClientRect();
    const root = dialog.getRootNode() as ShadowRoot;
    const wide = [dialog, ...dialog.querySelectorAll("*")].filter(
      (each) => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 0,
    );
    const { direction } = getComputedStyle(dialog);
    const buttons = [...dialog.querySelectorAll("button")].map((button) => {
      const { left, top, width, height } = button.getBoundingClientRect();
      return { isHit: root.elementFromPoint(left + width / 2, top + height / 2) === button, height, left };
    });
    return {
      isInside: box.left >= 0 && box.top >= 0 && box.right <= innerWidth && box.bottom <= innerHeight,
      isScrolledSideways: document.documentElement.scrollWidth > innerWidth,
      direction,
      cut: wide.map(({ localName, className }) => `${localName}.${className}`),
      buttons,
    };
  });
  expect(found).toMatchObject({ isInside: true, isScrolledSideways: false, direction, cut: [] });
  for (const { isHit, height } of found.buttons) {
    expect(isHit, "nothing lies over it").toBe(true);
    expect(height, "CSS pixels to press").toBeGreaterThanOrEqual(24);
  }
}

for (const { name, viewport, direction, ...media } of looks) {
  test.describe(name, () => {
    test.use({ viewport, ...("deviceScaleFactor" in media ? { deviceScaleFactor: media.deviceScaleFactor } : {}) });

    // axe reads the page's own colours, and here it is the user's that are painted.
    const without = "forcedColors" in media ? ["color-contrast"] : [];

    test.beforeEach(async ({ page }) => {
      const { forcedColors = null, colorScheme = "light" } = media as { forcedColors?: "active"; colorScheme?: "dark" };
      await page.setViewportSize(viewport);
      await page.emulateMedia({ forcedColors, colorScheme });
      const turn = (dir: string) =>
        addEventListener("DOMContentLoaded", () => document.documentElement.setAttribute("dir", dir));
      if (direction) await page.addInitScript(turn, direction);
    });

    test("the dialog can be read and answered, however long and hostile its texts are @chromium", async ({
      page,
      ui,
      demo,
    }, testInfo) => {
      test.slow();
      const keep = async (what: string) =>
        testInfo.attach(what, { body: await page.screenshot(), contentType: "image/png" });
      await signIn(ui, demo, "ada", "/tickets/T-42");
      await expectUsable(page, at.panel, direction);
      await keep("trackwell");
      await expectNoFaults(page, [page.locator(at.dialog)], without);
      for (const hostile of ["longest", "hidden-text", "markup"]) {
        await page.goto(`${demo.addresses.desk}/partners/mallory?manifest=${hostile}`);
        await expectUsable(page, "#mallory-panel", direction);
        await keep(hostile);
        await expectNoFaults(page, [page.locator(at.dialog)], without);
      }
    });

    test("the badge and the list of permissions can be read and used @chromium", async ({
      page,
      ui,
      demo,
    }, testInfo) => {
      test.slow();
      const keep = async (what: string) =>
        testInfo.attach(what, { body: await page.screenshot({ fullPage: true }), contentType: "image/png" });
      const isWider = () => document.documentElement.scrollWidth > innerWidth;
      await signIn(ui, demo, "ada");
      await page.locator('a[href="/tickets/T-42"]').waitFor();
      expect(await page.evaluate(isWider), "the list of tickets fits the window").toBe(false);
      await page.locator('a[href="/tickets/T-42"]').click();
      await ui.click(at.allow);
      await expect.poll(() => stateOf(ui)).toBe("ready");
      await publish(ui, demo, "1.1.0");
      await page.reload();
      await page.locator(at.panel).locator("[part=consent-badge]").waitFor();
      // Ready, and as high as it will be: a press must not meet what moves.
      await expect.poll(() => ui.frame(at.panel).text("#feed-state")).toBe("Live");
      await expect
        .poll(async () => {
          if (!(await page.locator("#permissions[open]").isVisible()))
            await page.locator("#permissions summary").click();
          return page.locator("#permissions[open]").isVisible();
        })
        .toBe(true);
      await page.locator("partner-grants [part=revoke-button]").first().waitFor();
      await keep("ticket");
      const view = ui.frame(at.panel);
      expect(await view.eval(isWider), "the view fits its panel").toBe(false);
      const colourOf = (isPressed: boolean) =>
        view.eval(
          (is) =>
            getComputedStyle(document.querySelector(`.priorities [aria-pressed="${is}"]`) as Element).backgroundColor,
          isPressed,
        );
      expect(await colourOf(true), "which priority it has is seen").not.toBe(await colourOf(false));
      await page.goto(`${demo.addresses.desk}/integrations`);
      await page.locator("partner-grants [part=revoke-button]").first().waitFor();
      await keep("integrations");
      expect(await page.evaluate(isWider)).toBe(false);
      await expectNoFaults(page, [page.locator("main"), page.locator("partner-grants")], without);
    });
  });
}
