import { at, openLinkedIssue, stateOf } from "./support/desk.js";
import { expect, test } from "./support/test.js";

/** How many panels of the dashboard are in which state, as Desk says it beside the title. */
const states = (ui: Parameters<typeof stateOf>[0]) =>
  ui.eval(() => document.querySelector("#panel-states")?.textContent ?? "");

test("many panels on a page, one of them Mallory's, begin as they come near, and all get there", async ({
  ui,
  demo,
}) => {
  test.slow();
  // In Firefox and WebKit, as their drivers have them, the frames of all sites share a process or two: fifty say no more than twenty, and take minutes.
  const count = ui.engine === "chromium" ? 50 : 20;
  await openLinkedIssue(ui, demo, "ada");
  await ui.goto(`${demo.addresses.desk}/dashboard?panels=${count}`);
  await expect.poll(() => ui.eval(() => document.querySelectorAll(".wall partner-panel").length)).toBe(count);

  await test.step("those far below have not begun", async () => {
    await expect.poll(() => stateOf(ui, ".wall li:first-child partner-panel")).toBe("ready");
    expect(await stateOf(ui, ".wall li:last-child partner-panel")).toBe("idle");
    expect(
      await ui.eval(
        () => performance.getEntriesByType("resource").filter(({ name }) => /partner-panel\.json$/.test(name)).length,
      ),
    ).toBe(2);
  });

  await test.step("the others come as the agent scrolls", async () => {
    for (let tile = 1; tile <= count; tile += 3) {
      await ui.eval((tile) => document.querySelector(`.wall li:nth-child(${tile})`)?.scrollIntoView(), tile);
      await expect
        .poll(() => stateOf(ui, `.wall li:nth-child(${tile}) partner-panel`), {
          message: `panel ${tile}`,
          timeout: 30_000,
        })
        .toBe("ready");
    }
    await expect.poll(() => states(ui), { timeout: 30_000 }).toBe(`${count} ready`);
  });

  await test.step("each manifest was fetched once", async () => {
    const fetched = await ui.eval(() =>
      performance
        .getEntriesByType("resource")
        .flatMap(({ name }) => (name.endsWith("/partner-panel.json") ? [name] : [])),
    );
    expect(new Set(fetched).size).toBe(fetched.length);
  });
});

test("two partners on one ticket: each has its own", async ({ ui, demo }) => {
  const view = await openLinkedIssue(ui, demo, "ada");
  await ui.goto(`${demo.addresses.desk}/tickets/T-42?beside=mallory`);
  await expect.poll(() => stateOf(ui)).toBe("ready");
  await expect.poll(() => stateOf(ui, "#beside")).toBe("ready");
  const grants = await ui.eval(
    (css) =>
      css.map((each) =>
        (document.querySelector(each) as unknown as { grant: { scope: string }[] }).grant.map(({ scope }) => scope),
      ),
    [at.panel, "#beside"],
  );
  expect(grants[0]).toContain("ticket:read");
  expect(grants[1]).toEqual([]);
  await expect.poll(() => view.visible("#set-urgent:enabled")).toBe(true);
});
