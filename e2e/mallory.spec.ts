import { at, awaitDialog, signIn, stateOf } from "./support/desk.js";
import { expect, test } from "./support/test.js";
import type { Surface } from "./support/ui.js";

const panel = "#mallory-panel";

/** Mallory's book once all attacks were tried: what each got and how it was turned down. */
async function bookOf(surface: Surface): Promise<Record<string, { got: string; answer: string }>> {
  await expect
    .poll(() => surface.visible("#verdict[data-state=done]"), { message: "all attacks tried", timeout: 30_000 })
    .toBe(true);
  return surface.eval(() =>
    Object.fromEntries(
      [...document.querySelectorAll<HTMLElement>("#ledger output")].map((line) => [
        line.id.replace("attack-", ""),
        { got: line.dataset["got"] ?? "", answer: line.dataset["answer"] ?? "" },
      ]),
    ),
  );
}

const gotSomething = (book: Record<string, { got: string }>) =>
  Object.entries(book)
    .filter(([, { got }]) => got !== "nothing")
    .map(([id]) => id);

test("a hostile partner in a panel gets nothing, and after a yes what was said yes to", async ({ ui, demo }) => {
  await signIn(ui, demo, "ada", "/partners/mallory");
  await expect.poll(() => stateOf(ui, panel)).toBe("ready");
  const view = ui.frame(panel);

  const first = await bookOf(view);
  expect(gotSomething(first)).toEqual([]);
  expect(first).toMatchObject({
    "method-constructor": { answer: "METHOD_NOT_FOUND" },
    "method-__proto__": { answer: "METHOD_NOT_FOUND" },
    "read-ticket": { answer: "SCOPE_DENIED" },
    "other-ticket": { answer: "SCOPE_DENIED" },
    stream: { answer: "SCOPE_DENIED" },
    "undeclared-scope": { answer: "SCOPE_DENIED" },
    "forged-grant": { answer: "SCOPE_DENIED" },
    "parent-document": { answer: "SecurityError" },
  });

  await test.step("the control: the book shows what it got, where it got something", async () => {
    await view.click("#beg");
    await awaitDialog(ui, panel);
    expect(await ui.text(at.dialog)).toContain("Mallory's Helpful Widgets");
    await ui.click(at.allow);
    await expect.poll(() => view.text("#note")).toContain("The host answered");
    const second = await bookOf(view);
    // That one ticket; not the others, nor the scope that Desk's policy gives nobody here.
    expect(gotSomething(second)).toEqual(["read-ticket"]);
    expect(second["other-ticket"]).toMatchObject({ answer: "SCOPE_DENIED" });
    expect(second["undeclared-scope"]).toMatchObject({ answer: "SCOPE_DENIED" });
  });

  await test.step("a structured clone ends the panel", async () => {
    await view.click("#post-clone");
    await expect.poll(() => stateOf(ui, panel)).toBe("error");
    await expect.poll(() => ui.text(`${panel} >> [part=error]`)).toContain("QUARANTINED");
  });

  // Desk and its other panels are none the worse.
  await ui.click('a[href="/tickets"]');
  await ui.click('a[href="/tickets/T-42"]');
  await ui.click(at.allow);
  await expect.poll(() => stateOf(ui)).toBe("ready");
  expect(await ui.frame(at.panel).text("#issue-id")).toBe("TRK-7");
});

test("a hostile site in a tab of its own gets nothing", async ({ ui, demo }) => {
  await signIn(ui, demo, "ada");
  const tab = await ui.newTab();
  await tab.goto(demo.addresses.mallory);
  const book = await bookOf(tab);
  expect(Object.keys(book).toSorted()).toEqual(["desk-api", "frame-desk", "hostile-embedder", "trackwell-api"]);
  expect(gotSomething(book)).toEqual([]);
});
