import { at, awaitDialog, signIn, stateOf } from "./support/desk.js";
import { expect, test } from "./support/test.js";
import type { Surface, Ui } from "./support/ui.js";

const panel = "#mallory-panel";
const badge = `${panel} >> [part=consent-badge]`;
/** Pressed without waiting for it to be armed. */
const allowAtOnce = `${panel} >> button[part=consent-allow]`;

/** What Mallory's begging came to so far. Not to be read while the dialog is up: to look into the frame would take the focus there. */
const begged = (view: Surface): Promise<{ asked: number; answered: number; granted: number }> =>
  view.eval(() => {
    const { asked, answered, granted } = document.querySelector<HTMLElement>("#begged")?.dataset ?? {};
    return { asked: Number(asked), answered: Number(answered), granted: Number(granted) };
  });

const dialogs = (ui: Ui): Promise<number> =>
  ui.eval((css) => document.querySelector(css)?.shadowRoot?.querySelectorAll("dialog").length ?? 0, panel);

async function open(ui: Ui, demo: Parameters<typeof signIn>[1], how: string): Promise<Surface> {
  await signIn(ui, demo, "ada", `/partners/mallory?beg=${how}`);
  await expect.poll(() => stateOf(ui, panel)).toBe("ready");
  return ui.frame(panel);
}

test("a hundred requests are one question; without a press there is a badge, and after three Nos silence", async ({
  ui,
  demo,
}) => {
  test.slow();
  const view = await open(ui, demo, "hundred");

  await test.step("nobody touched the panel: a badge that names it, and no dialog", async () => {
    await expect.poll(async () => (await begged(view)).asked).toBe(50);
    await expect.poll(() => ui.text(badge)).toContain("Mallory's Helpful Widgets");
    expect(await ui.text(badge)).toContain("Mallory's attacks");
    expect(await dialogs(ui)).toBe(0);
  });

  await test.step("a press in the panel brings one dialog for all of them", async () => {
    await view.click("#beg");
    await awaitDialog(ui, panel);
    expect(await dialogs(ui)).toBe(1);
    await ui.click(at.deny);
  });

  await test.step("what begged on meanwhile is one more question; the second and third No", async () => {
    for (let no = 2; no <= 3; no += 1) {
      // A badge, or at once the dialog: the press on “Not now” was a person's as well, and the focus is back in the panel.
      await expect.poll(async () => (await ui.visible(badge)) || (await ui.visible(at.dialog))).toBe(true);
      if (await ui.visible(badge)) await ui.click(badge);
      await expect.poll(() => dialogs(ui)).toBe(1);
      await ui.click(at.deny);
    }
  });

  await test.step("silence: every request is answered, and nobody is asked", async () => {
    await expect.poll(() => begged(view)).toEqual({ asked: 200, answered: 200, granted: 0 });
    await view.click("#beg");
    await expect.poll(() => begged(view)).toEqual({ asked: 300, answered: 300, granted: 0 });
    expect(await ui.visible(badge)).toBe(false);
    expect(await dialogs(ui)).toBe(0);
    expect(await stateOf(ui, panel), "the panel itself goes on").toBe("ready");
  });

  await test.step("the control: another page of Desk's asks again, and its yes is a yes", async () => {
    await ui.reload();
    await expect.poll(() => ui.visible(badge)).toBe(true);
    await ui.click(badge);
    await ui.click(at.allow);
    await expect.poll(async () => (await begged(view)).granted).toBe(100);
  });
  expect(await ui.errors()).toEqual([]);
});

test("a frame that pulls at the keyboard takes the dialog away, and neither a yes nor a No with it", async ({
  ui,
  demo,
}) => {
  const view = await open(ui, demo, "focus");
  await view.click("#beg");
  await expect.poll(() => ui.visible(badge)).toBe(true);
  expect(await dialogs(ui)).toBe(0);

  await test.step("the control: it has the keyboard, and what is typed is Mallory's", async () => {
    // Typed until it arrives: WebKit's driver moves the focus when it looks at a page, and Mallory takes it back 50 ms later.
    await expect
      .poll(async () => {
        await ui.press("y");
        return view.eval(() => document.querySelector<HTMLInputElement>("#loot")?.value);
      })
      .toContain("y");
    expect(await begged(view)).toEqual({ asked: 1, answered: 0, granted: 0 });
  });

  await test.step("when it has stopped the badge brings the same question", async () => {
    await expect.poll(() => view.text("#note")).toBe("Stopped pulling.");
    await ui.click(badge);
    await ui.click(at.allow);
    await expect.poll(() => begged(view)).toEqual({ asked: 1, answered: 1, granted: 1 });
  });
});

/** Takes the dialog's delay into the test's hands: a slow machine must not let it pass. `at-once` is a dialog without one. */
const takeDelay = (ui: Ui, when: "never" | "at-once") =>
  ui.eval((when) => {
    const page = window as unknown as { setTimeout: unknown; release: () => void };
    const real = window.setTimeout.bind(window);
    const held: (() => void)[] = [];
    page.setTimeout = (run: () => void, ms: number, ...given: unknown[]) =>
      ms !== 500 ? real(run, ms, ...given) : when === "never" ? held.push(run) : real(run, 0);
    page.release = () => {
      for (const run of held.splice(0)) run();
    };
  }, when);

test.describe("a double click that begins in the frame and ends on the dialog", () => {
  test("gives nothing: a press counts half a second after the dialog came", async ({ ui, demo }) => {
    const view = await open(ui, demo, "double-click");
    await takeDelay(ui, "never");
    await view.click("#beg");
    await awaitDialog(ui, panel);
    await ui.click(allowAtOnce);
    await ui.click(allowAtOnce);
    expect(await dialogs(ui), "still there").toBe(1);

    await test.step("a fresh press after the delay is a yes", async () => {
      await ui.eval(() => (window as unknown as { release(): void }).release());
      await ui.click(at.allow);
      await expect.poll(() => begged(view)).toEqual({ asked: 1, answered: 1, granted: 1 });
    });
  });

  test("the control: without the delay it is a yes", async ({ ui, demo }) => {
    const view = await open(ui, demo, "double-click");
    await takeDelay(ui, "at-once");
    await view.click("#beg");
    await awaitDialog(ui, panel);
    await ui.click(allowAtOnce);
    await expect.poll(() => begged(view)).toEqual({ asked: 1, answered: 1, granted: 1 });
  });
});

test("nothing that a panel shows lies over the dialog's buttons", async ({ ui, demo }) => {
  const view = await open(ui, demo, "double-click");
  await view.click("#beg");
  await awaitDialog(ui, panel);
  const hit = await ui.eval((css) => {
    const root = document.querySelector(css)?.shadowRoot;
    const buttons = [...(root?.querySelectorAll<HTMLElement>("dialog button") ?? [])];
    return buttons.map((button) => {
      const { x, y, width, height } = button.getBoundingClientRect();
      const found = root?.elementFromPoint(x + width / 2, y + height / 2);
      return found === button || button.contains(found ?? null);
    });
  }, panel);
  expect(hit).toEqual([true, true]);
});
