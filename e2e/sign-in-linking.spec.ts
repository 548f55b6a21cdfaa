import { at, stateOf } from "./support/desk.js";
import {
  expectOffer,
  expectSignedIn,
  inView,
  openBy,
  pressForQa,
  signInAs,
  signInWindow,
  tokensOfPanels,
} from "./support/sign-in.js";
import { expect, test } from "./support/test.js";

const unknown = "Trackwell does not know yet which account is yours";

test("an agent signs in at Trackwell once, and from then on Desk's word is enough @cookies", async ({ ui, demo }) => {
  const view = await openBy(ui, demo, "", "cleo");
  await expectOffer(view, "ACCOUNT_NOT_LINKED", unknown);
  expect(await tokensOfPanels(demo), "nobody got a token").toEqual([]);
  await signInAs(await signInWindow(ui, view), demo, "cleo.t");
  await expectSignedIn(ui, view, "Cleo M.");
  expect(await tokensOfPanels(demo)).toEqual(["cleo.t, by Desk's word, 300 s", "cleo.t, signed in here, 300 s"]);

  await test.step("the next visit needs no question", async () => {
    await ui.reload();
    await expectSignedIn(ui, view, "Cleo M.");
    expect((await tokensOfPanels(demo))[0]).toBe("cleo.t, by Desk's word, 300 s");
  });
  await test.step("until the two are unlinked", async () => {
    await pressForQa(demo.addresses.trackwellId, "unlink-cleo.t");
    await ui.reload();
    await expectOffer(view, "ACCOUNT_NOT_LINKED", unknown);
  });
  expect(await ui.errors()).toEqual([]);
});

test("an account that is somebody else's already is refused; with one's own it goes on @cookies", async ({
  ui,
  demo,
}) => {
  const view = await openBy(ui, demo, "", "cleo");
  await expectOffer(view, "ACCOUNT_NOT_LINKED", unknown);
  await signInAs(await signInWindow(ui, view), demo, "ada.t");
  await expectOffer(view, "ACCOUNT_ALREADY_LINKED", "linked with somebody else already");
  expect(await view.visible(inView.issue), "nothing is shown").toBe(false);
  await signInAs(await signInWindow(ui, view), demo, "cleo.t");
  await expectSignedIn(ui, view, "Cleo M.");
});

test("with an old sign-in at Trackwell the window asks once more", async ({ ui, demo }) => {
  const { trackwell, trackwellId } = demo.addresses;
  await ui.goto(trackwell);
  await ui.click("#sign-in");
  await ui.click('button[value="cleo.t"]');
  await expect.poll(() => ui.visible("#account-button")).toBe(true);
  await pressForQa(trackwellId, "earlier");

  const view = await openBy(ui, demo, "", "cleo");
  await expectOffer(view, "ACCOUNT_NOT_LINKED", unknown);
  await view.click(inView.signIn);
  await expectOffer(view, "STEP_UP_REQUIRED", "a sign-in of the last minutes");
  await signInAs(await signInWindow(ui, view), demo, "cleo.t");
  await expectSignedIn(ui, view, "Cleo M.");
});

test("where Desk lets Trackwell open no window, the panel says that the account is not linked", async ({
  ui,
  demo,
}) => {
  await openBy(ui, demo, "?popups=off", "cleo");
  await expect.poll(() => stateOf(ui)).toBe("error");
  expect(await ui.text(`${at.panel} >> [part=error]`)).toContain("ACCOUNT_NOT_LINKED");
});
