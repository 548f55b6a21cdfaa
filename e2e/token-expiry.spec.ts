import { expectSignedIn, openBy, pressForQa, signInAs, signInWindow, tokensOfPanels } from "./support/sign-in.js";
import { expect, test } from "./support/test.js";

/** A token of 20 s is renewed at three quarters of its life, up to a twentieth later; and a machine may be busy. */
const renewed = { timeout: 19_000 };

for (const [how, search, first, next] of [
  ["by Desk's word", "", "ada.t, by Desk's word, 20 s", "ada.t, by Desk's word, 20 s"],
  ["by a refresh token", "?sign-in=code", "ada.t, signed in here, 20 s", "ada.t, renewed, 20 s"],
] as const) {
  test(`a token that lives 20 seconds is renewed in time, once, ${how}`, async ({ ui, demo }) => {
    test.slow();
    await pressForQa(demo.addresses.trackwellId, "tokens-20");
    // Before it is made: signing in takes its time, and that must not be missing from its life.
    const began = Date.now();
    const view = await openBy(ui, demo, search);
    if (search !== "") await signInAs(await signInWindow(ui, view), demo, "ada.t");
    await expectSignedIn(ui, view, "Ada O.");
    expect(await tokensOfPanels(demo)).toEqual([first]);
    await expect.poll(() => tokensOfPanels(demo), renewed).toEqual([next, first]);
    expect(Date.now() - began, "before it ended, and not long before").toBeGreaterThan(14_000);
    await view.click("#refresh");
    await expect.poll(() => view.visible("#refresh:enabled")).toBe(true);
    expect(await view.visible("#issue-problem")).toBe(false);
    expect(await tokensOfPanels(demo), "with the one that is there").toHaveLength(2);
    await expectSignedIn(ui, view, "Ada O.");
  });
}
