import { describe, expect, test } from "vitest";
import { commands } from "vitest/browser";
import { addActing, appears, inShadow, seen, view, windowOf } from "./acting-support.js";
import { next, press } from "./support.js";

/* What would be lost, and who is asked before a panel or its window is closed. */

const armed = (panel: HTMLElement) =>
  expect.poll(() => panel.shadowRoot?.querySelector("[part=question]")?.hasAttribute("data-arming")).toBe(false);

test("dirty: told when it changes, and over with the session", async () => {
  const panel = addActing();
  await panel.ready;
  const told: boolean[] = [];
  panel.addEventListener("partner-dirty", ({ dirty }) => told.push(dirty));
  await view(panel, "panel.ui.setDirty");
  await view(panel, "panel.ui.setDirty", true);
  await seen(panel);
  expect([panel.dirty, told]).toEqual([true, [true]]);
  await view(panel, "panel.ui.setDirty", false);
  await expect.poll(() => told).toEqual([true, false]);
  await view(panel, "panel.ui.setDirty", true);
  await expect.poll(() => panel.dirty).toBe(true);
  panel.reload();
  expect([panel.dirty, told]).toEqual([false, [true, false, true, false]]);
});

describe("requestClose", () => {
  test("ends a panel that nothing speaks for: closed until reload, whatever is set meanwhile", async () => {
    const panel = addActing();
    await panel.ready;
    expect(await panel.requestClose({ reason: "done" })).toEqual({ closed: true });
    expect(panel.state).toBe("closed");
    expect(inShadow(panel, "iframe")).toBe(null);
    panel.context = { another: true };
    await panel.updateComplete;
    await panel.updateComplete;
    expect(panel.state).toBe("closed");
    panel.reload();
    await panel.ready;
  });

  test("the view is asked with the reason, and its false counts", async () => {
    const panel = addActing({}, { view: { listen: "beforeclose", answer: "false" } });
    await panel.ready;
    let asked = 0;
    panel.addEventListener("partner-closerequest", () => {
      asked += 1;
    });
    expect(await panel.requestClose({ reason: "route change" })).toEqual({ closed: false });
    expect((await seen(panel)).heard).toEqual([{ beforeclose: { reason: "route change" } }]);
    expect([panel.state, asked]).toEqual(["ready", 0]);
  });

  test("what is dirty stays, unless a listener of the page answers otherwise", async () => {
    const panel = addActing();
    await panel.ready;
    await view(panel, "panel.ui.setDirty");
    expect(await panel.requestClose({ reason: "a" })).toEqual({ closed: false });
    expect(inShadow(panel, "[part=question]")).toBe(null);
    const events: object[] = [];
    const answers = [() => false, () => Promise.reject(new Error("no")), () => Promise.resolve(true)];
    for (const answer of answers) {
      panel.addEventListener(
        "partner-closerequest",
        (event) => {
          const { reason, dirty, display } = event;
          events.push({ reason, dirty, display });
          event.respondWith(answer());
        },
        { once: true },
      );
      const { closed } = await panel.requestClose({ reason: "b" });
      expect(closed).toBe(answer === answers[2]);
    }
    expect(events).toEqual(answers.map(() => ({ reason: "b", dirty: true, display: "inline" })));
    expect(panel.state).toBe("closed");
  });

  test("preventDefault alone leaves it open", async () => {
    const panel = addActing();
    await panel.ready;
    panel.addEventListener("partner-closerequest", (event) => event.preventDefault());
    expect(await panel.requestClose()).toEqual({ closed: false });
    expect(panel.state).toBe("ready");
  });

  test("a view that never answers holds nobody back for longer than 5 s", async () => {
    const panel = addActing({}, { view: { listen: "beforeclose", wait: "forever" } });
    await panel.ready;
    const start = performance.now();
    expect(await panel.requestClose()).toEqual({ closed: true });
    expect(performance.now() - start).toBeGreaterThan(4_500);
  }, 20_000);

  test("before there is a session, and after its end", async () => {
    const panel = addActing();
    await panel.updateComplete;
    expect(await panel.requestClose()).toEqual({ closed: true });
    panel.reload();
    await panel.ready;
    panel.reload();
    expect(await panel.requestClose()).toEqual({ closed: true });
  });
});

describe("the window of a panel that would lose something", () => {
  async function opened() {
    const panel = addActing();
    await panel.ready;
    await view(panel, "panel.ui.setDirty");
    await panel.requestDisplay("dialog");
    return panel;
  }

  test("Escape asks the user, and Escape again keeps it open", async () => {
    const panel = await opened();
    await commands.key("Escape");
    const question = await appears(panel, "[part=question]");
    expect(question.textContent).toContain("Some changes are not saved yet.");
    await expect.poll(() => panel.shadowRoot?.activeElement).toBe(question);
    expect(inShadow(panel, ".stage")?.inert).toBe(true);
    expect(inShadow(panel, ".announcement")?.textContent).toContain("Some changes are not saved yet.");
    await commands.key("Escape");
    await expect.poll(() => inShadow(panel, "[part=question]")).toBe(null);
    expect(windowOf(panel)?.open).toBe(true);
    expect(inShadow(panel, ".stage")?.inert).toBe(false);
  });

  test("the button asks as well; a yes closes it, and the document stays as it was", async () => {
    const panel = await opened();
    const { loadedAt } = await seen(panel);
    await press(inShadow(panel, "[part=close-button]"));
    await appears(panel, "[part=question]");
    await armed(panel);
    await press(inShadow(panel, "[part=question-confirm]"));
    await expect.poll(() => windowOf(panel)?.open).toBe(false);
    expect([panel.state, panel.display, panel.dirty]).toEqual(["ready", "inline", true]);
    expect((await seen(panel)).loadedAt).toBe(loadedAt);
  });

  test("a press that was under way when the question came is none", async () => {
    const panel = await opened();
    await commands.key("Escape");
    await appears(panel, "[part=question]");
    await press(inShadow(panel, "[part=question-confirm]"));
    await armed(panel);
    expect(inShadow(panel, "[part=question]")).not.toBe(null);
    expect(windowOf(panel)?.open).toBe(true);
  });

  test("the page answers in the user's place", async () => {
    const panel = await opened();
    const asked = next(panel as never, "partner-closerequest");
    panel.addEventListener("partner-closerequest", (event) => event.respondWith(true), { once: true });
    await commands.key("Escape");
    const { reason, dirty, display } = await asked;
    expect({ reason, dirty, display }).toEqual({ reason: "escape", dirty: true, display: "dialog" });
    await expect.poll(() => windowOf(panel)?.open).toBe(false);
    expect(inShadow(panel, "[part=question]")).toBe(null);
  });
});
