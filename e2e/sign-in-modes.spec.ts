import { at, stateOf } from "./support/desk.js";
import {
  expectOffer,
  expectSignedIn,
  inView,
  openBy,
  signInAs,
  signInWindow,
  tokensOfPanels,
} from "./support/sign-in.js";
import { expect, test } from "./support/test.js";
import type { Surface } from "./support/ui.js";

test("by Desk's word: nobody is asked anything, and the view says who is signed in @cookies", async ({ ui, demo }) => {
  const view = await openBy(ui, demo, "");
  await expectSignedIn(ui, view, "Ada O.");
  expect(await tokensOfPanels(demo)).toEqual(["ada.t, by Desk's word, 300 s"]);
  expect(await ui.visible("#switched")).toBe(false);
  expect(await ui.errors()).toEqual([]);
});

test("by the one provider that both trust: nobody is asked, and Trackwell's own gives no token @cookies", async ({
  ui,
  demo,
}) => {
  const view = await openBy(ui, demo, "?sign-in=exchange");
  await expectSignedIn(ui, view, "Ada Okafor");
  expect(await tokensOfPanels(demo)).toEqual([]);
  // What she does there, she does as her account at Trackwell.
  await view.fill("#comment", "Seen");
  await view.click("#send-comment");
  await expect.poll(() => view.text("#issue-comments")).toMatch(/ada\.t just now\s+Seen/);
  expect(await ui.text("#switched")).toContain("exchange");
  expect(await ui.errors()).toEqual([]);
});

test("by the user's own sign-in at Trackwell, in a window: once, and then no question @cookies", async ({
  ui,
  demo,
}) => {
  const view = await openBy(ui, demo, "?sign-in=code");
  await expectOffer(view, "SIGN_IN_REQUIRED", "Sign in at Trackwell itself");
  expect(await stateOf(ui)).toBe("signing-in");
  expect(await view.visible(inView.issue), "nothing is shown to nobody").toBe(false);
  const window = await signInWindow(ui, view);
  await expect.poll(() => view.text(inView.why)).toContain("Finish in Trackwell's window");
  await signInAs(window, demo, "ben.t");
  await expectSignedIn(ui, view, "Ben L.");

  await test.step("a new frame has neither token nor key, and Trackwell's provider asks nothing", async () => {
    await ui.reload();
    await expectOffer(view, "SIGN_IN_REQUIRED", "Sign in at Trackwell itself");
    await view.click(inView.signIn);
    await expectSignedIn(ui, view, "Ben L.");
  });
  expect(await ui.errors()).toEqual([]);
});

test("what a window can come to: each has its words, and the button stays @cookies", async ({ ui, demo }) => {
  test.slow();
  const view = await openBy(ui, demo, "?sign-in=code");
  await expectOffer(view, "SIGN_IN_REQUIRED", "Sign in at Trackwell itself");

  await test.step("a No at the provider", async () => {
    const window = await signInWindow(ui, view);
    await signInAs(window, demo, "");
    await expectOffer(view, "SIGN_IN_CANCELLED", "You ended the sign-in");
  });
  await test.step("closed by hand", async () => {
    const window = await signInWindow(ui, view);
    await expect.poll(() => window.url()).toContain(demo.addresses.trackwellId);
    await window.close();
    await expectOffer(view, "POPUP_CLOSED", "closed before you were signed in");
  });
  await test.step("not opened, for it was no click of a person's", async () => {
    await pressWithoutPerson(view);
    await expectOffer(view, "POPUP_BLOCKED", "Your browser opened no window");
  });
  expect(await stateOf(ui), "nothing of it is an error of the panel").toBe("signing-in");
  await signInAs(await signInWindow(ui, view), demo, "ada.t");
  await expectSignedIn(ui, view, "Ada O.");
});

/** As a browser sees a press that no person made: it opens no window for it. */
const pressWithoutPerson = (view: Surface) =>
  view.eval(
    (css) =>
      new Promise<void>((pressed) => {
        const look = setInterval(() => {
          if (navigator.userActivation.isActive) return;
          clearInterval(look);
          document.querySelector<HTMLElement>(css)?.click();
          pressed();
        }, 100);
      }),
    inView.signIn,
  );

test("where Desk's policy lets Trackwell open no window, the panel says so in place of asking in vain", async ({
  ui,
  demo,
}) => {
  await openBy(ui, demo, "?sign-in=code&popups=off");
  await expect.poll(() => stateOf(ui)).toBe("error");
  expect(await ui.text(`${at.panel} >> [part=error]`)).toMatch(/not set up right[\s\S]*CONFIG_REFUSED/);
  const told = await ui.eval((css) => {
    const { error } = document.querySelector(css) as unknown as { error: { message: string } };
    return error.message;
  }, at.panel);
  expect(told, "to developers").toContain("needs the permission popups");
});
