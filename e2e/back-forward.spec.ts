import { stateOf } from "./support/desk.js";
import { expectSignedIn, openBy, pressForQa, tokensOfPanels } from "./support/sign-in.js";
import { expect, test } from "./support/test.js";

// Playwright turns Chromium's back/forward cache off; the drivers of the other engines keep theirs off for good.
test.use({ launchOptions: { ignoreDefaultArgs: ["--disable-popup-blocking", "--disable-back-forward-cache"] } });

/** How long the token lives that the view has when its page is put away. */
const life = 20_000;

test("a page with a panel still goes into the back/forward cache; restored, the panel goes on with a token looked at anew @chromium", async ({
  ui,
  demo,
}) => {
  test.slow();
  await pressForQa(demo.addresses.trackwellId, "tokens-20");
  const view = await openBy(ui, demo, "");
  await expectSignedIn(ui, view, "Ada O.");
  const first = await tokensOfPanels(demo);
  expect(first).toHaveLength(1);
  const began = Date.now();
  await ui.eval(() => {
    const page = window as unknown as { told: unknown[] };
    page.told = [];
    window.addEventListener("pageshow", ({ persisted }) => page.told.push({ persisted }));
    for (const name of ["partner-statechange", "partner-error"])
      document.addEventListener(name, ({ type }) => page.told.push(type));
  });

  await ui.goto(`${demo.addresses.desk}/config.json`);
  await expect.poll(() => Date.now() - began, { timeout: life + 10_000 }).toBeGreaterThan(life);
  expect(await tokensOfPanels(demo), "nothing is renewed for a page that is put away").toEqual(first);

  await ui.eval(() => void setTimeout(() => history.back()));
  await expect.poll(() => ui.url()).toContain("/tickets/T-42");
  await expect.poll(() => stateOf(ui).catch(() => null)).toBe("ready");
  const told = () => ui.eval(() => (window as unknown as { told?: unknown[] }).told ?? null);
  expect(await told()).toEqual([{ persisted: true }]);
  // Got over the session: by an assertion that the view asked the host for.
  await expect.poll(() => tokensOfPanels(demo)).toHaveLength(2);
  expect(await stateOf(ui)).toBe("ready");
  expect(await told()).toEqual([{ persisted: true }]);
});
