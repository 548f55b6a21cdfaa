import { afterEach, describe, expect, test } from "vitest";
import { commands } from "vitest/browser";
import { addActing, appears, inShadow, pressFrame, seen, view, viewPressed, windowOf } from "./acting-support.js";
import { frameOf, press } from "./support.js";

/* How a panel is shown, in the same frame and document. */

const { documentElement } = document;
afterEach(() => {
  document.body.replaceChildren();
  expect(documentElement.style.overflow).toBe("");
});

test("to a dialog, to the whole page and back: one document, the frame as large as there is room", async () => {
  const panel = addActing({}, { view: { fixed: "" } });
  await panel.ready;
  const frame = frameOf(panel as never) as HTMLIFrameElement;
  const { loadedAt } = await seen(panel);
  const inline = frame.getBoundingClientRect();
  const below = document.createElement("p");
  document.body.append(below);
  const { top } = below.getBoundingClientRect();

  expect(await panel.requestDisplay("dialog")).toEqual({ mode: "dialog" });
  expect(panel.getAttribute("display")).toBe("dialog");
  expect(windowOf(panel)?.matches(":modal")).toBe(true);
  // Under all that is in the window, so that the page is seen through none of it.
  const ground = windowOf(panel)?.querySelector(".ground") as HTMLElement;
  expect(getComputedStyle(ground).backgroundColor).toBe("rgb(255, 255, 255)");
  expect(ground.getBoundingClientRect()).toEqual(windowOf(panel)?.getBoundingClientRect());
  expect(frame.offsetHeight).toBe(inline.height);
  const inWindow = frame.getBoundingClientRect();
  expect(document.elementFromPoint(inWindow.left + 20, inWindow.top + 20)).toBe(panel);
  expect(below.getBoundingClientRect().top).toBe(top);
  expect(documentElement.style.overflow).toBe("hidden");

  expect(await panel.requestDisplay("fullscreen")).toEqual({ mode: "fullscreen" });
  await expect.poll(() => frame.getBoundingClientRect().bottom).toBe(innerHeight);
  expect(frame.offsetWidth).toBe(innerWidth);
  expect(frame.getBoundingClientRect().top).toBe(inShadow(panel, "[part=header]")?.getBoundingClientRect().bottom);

  expect(await panel.requestDisplay("inline")).toEqual({ mode: "inline" });
  expect(panel.hasAttribute("display")).toBe(false);
  expect(windowOf(panel)?.open).toBe(false);
  expect(frame.offsetHeight).toBe(inline.height);
  expect(frameOf(panel as never)).toBe(frame);
  const { heard, loadedAt: then } = await seen(panel);
  expect(then).toBe(loadedAt);
  expect(heard).toEqual([{ display: "dialog" }, { display: "fullscreen" }, { display: "inline" }]);
  expect(documentElement.style.overflow).toBe("");
});

test("a view that is higher than the window scrolls inside", async () => {
  const panel = addActing({}, { view: { height: "3000" } });
  await panel.ready;
  const frame = frameOf(panel as never) as HTMLIFrameElement;
  await expect.poll(() => frame.offsetHeight).toBeGreaterThan(3_000);
  await panel.requestDisplay("dialog");
  const { top, bottom } = frame.getBoundingClientRect();
  expect(bottom).toBeLessThanOrEqual(innerHeight);
  expect(top).toBeGreaterThan(inShadow(panel, "[part=header]")?.getBoundingClientRect().top ?? innerHeight);

  // While it comes anew, its place is as high as it was: what stands there meanwhile must be in the window all the same.
  panel.reload();
  await expect.poll(() => inShadow(panel, "[part=loading]")).not.toBe(null);
  expect(inShadow(panel, "[part=loading]")?.getBoundingClientRect().bottom).toBeLessThanOrEqual(innerHeight);
  await panel.ready;
  await panel.requestDisplay("inline");
  expect(frameOf(panel as never)?.offsetHeight).toBeGreaterThan(3_000);
});

test("by the attribute, from the first paint on; the welcome says so", async () => {
  const panel = addActing({ display: "dialog" });
  await panel.ready;
  expect(windowOf(panel)?.matches(":modal")).toBe(true);
  expect((await seen(panel)).display).toBe("dialog");
  panel.display = "inline";
  await expect.poll(() => windowOf(panel)?.open).toBe(false);
  panel.setAttribute("display", "fullscreen");
  await expect.poll(() => windowOf(panel)?.matches(":modal")).toBe(true);
  panel.setAttribute("display", "elsewhere");
  await expect.poll(() => windowOf(panel)?.open).toBe(false);
  await expect(panel.requestDisplay("elsewhere" as never)).rejects.toThrow(TypeError);
});

test("the window has the panel's name, and all else is inert", async () => {
  const outside = document.createElement("button");
  document.body.append(outside);
  const panel = addActing();
  await panel.ready;
  await panel.requestDisplay("dialog");
  expect(windowOf(panel)?.getAttribute("aria-label")).toBe("Linked issue");
  expect(inShadow(panel, "[part=header]")?.textContent).toContain("Linked issue");
  outside.focus();
  expect(document.activeElement).not.toBe(outside);
  const close = inShadow(panel, "[part=close-button]");
  expect(close?.getAttribute("aria-label")).toBe("Close");
});

test("the user closes it by its button, or by Escape on either side of the frame's edge; the focus goes back", async () => {
  const opener = document.createElement("button");
  opener.textContent = "Open";
  document.body.append(opener);
  const panel = addActing();
  await panel.ready;
  opener.focus();
  for (const close of [
    async () => press(inShadow(panel, "[part=close-button]")),
    async () => commands.key("Escape"),
    async () => {
      // A press, for WebKit gives a frame the focus for nothing else before.
      await pressFrame(panel);
      await expect.poll(async () => (await seen(panel)).hasFocus).toBe(true);
      await commands.key("Escape");
    },
  ]) {
    await panel.requestDisplay("dialog");
    // At its top, not in the view: what is pressed there is the view's.
    expect(panel.shadowRoot?.activeElement?.localName).not.toBe("iframe");
    expect(document.activeElement).not.toBe(opener);
    await close();
    await expect.poll(() => windowOf(panel)?.open).toBe(false);
    expect(panel.display).toBe("inline");
    await expect.poll(() => document.activeElement).toBe(opener);
    expect(panel.state).toBe("ready");
  }
});

test("shown again at once, it stays: what closed it before is told late", async () => {
  const panel = addActing();
  await panel.ready;
  await panel.requestDisplay("dialog");
  const dialog = windowOf(panel) as HTMLDialogElement;
  const told = new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  await panel.requestDisplay("inline");
  await panel.requestDisplay("dialog");
  await told;
  expect(panel.display).toBe("dialog");
  expect(dialog.open).toBe(true);
  expect(dialog.querySelector("slot")).not.toBe(null);
  await panel.requestDisplay("inline");
});

describe("the view asks", () => {
  test("upon a press in it: done; without one: it stays, and hears so", async () => {
    const panel = addActing();
    await panel.ready;
    expect(await view(panel, "panel.ui.requestDisplay", "dialog")).toEqual({ result: { mode: "inline" } });
    await viewPressed(panel, "panel.ui.requestDisplay", "dialog");
    await expect.poll(() => windowOf(panel)?.matches(":modal")).toBe(true);
    await expect
      .poll(async () => (await seen(panel)).heard)
      .toContainEqual({ pressed: { result: { mode: "dialog" } } });
    // Who pressed in the view is in it still.
    expect((await seen(panel)).hasFocus).toBe(true);
    expect(await view(panel, "panel.ui.requestDisplay", "inline")).toEqual({ result: { mode: "inline" } });
    await expect.poll(async () => (await seen(panel)).hasFocus).toBe(true);
  });

  test("the page decides: what it answers is done, a refusal and preventDefault leave it", async () => {
    const panel = addActing();
    await panel.ready;
    const ask = () => view(panel, "panel.ui.requestDisplay", "fullscreen");
    const answers = [
      [(event: HTMLElementEventMap["partner-displayrequest"]) => event.respondWith("dialog"), "dialog"],
      [(event: HTMLElementEventMap["partner-displayrequest"]) => event.preventDefault(), "dialog"],
      [(event: HTMLElementEventMap["partner-displayrequest"]) => event.respondWith(Promise.reject(1)), "dialog"],
      [(event: HTMLElementEventMap["partner-displayrequest"]) => event.respondWith(event.mode), "fullscreen"],
    ] as const;
    for (const [listener, mode] of answers) {
      panel.addEventListener("partner-displayrequest", listener, { once: true });
      expect(await ask()).toEqual({ result: { mode } });
    }
    await panel.requestDisplay("inline");
  });

  test("for what its manifest does not offer: it stays, for the page as well", async () => {
    const panel = addActing({}, { entry: { display: ["inline", "dialog"] } });
    await panel.ready;
    panel.addEventListener("partner-displayrequest", (event) => event.respondWith(event.mode));
    expect(await view(panel, "panel.ui.requestDisplay", "fullscreen")).toEqual({ result: { mode: "inline" } });
    expect(await panel.requestDisplay("fullscreen")).toEqual({ mode: "inline" });
    expect(await panel.requestDisplay("dialog")).toEqual({ mode: "dialog" });
  });
});

test("not where it is not rendered, or no longer: a dialog that nobody sees would leave the page inert", async () => {
  const panel = addActing();
  await panel.ready;
  panel.hidden = true;
  expect(await panel.requestDisplay("dialog")).toEqual({ mode: "inline" });
  panel.hidden = false;
  await panel.requestDisplay("dialog");
  panel.hidden = true;
  await expect.poll(() => windowOf(panel)?.open).toBe(false);
  expect(panel.display).toBe("inline");
});

test("a panel that is taken away takes its window along", async () => {
  const panel = addActing();
  await panel.ready;
  await panel.requestDisplay("dialog");
  panel.remove();
  expect(document.querySelector(":modal")).toBe(null);
  expect(documentElement.style.overflow).toBe("");
  document.body.append(panel);
  await expect.poll(() => panel.state).toBe("ready");
  expect(panel.display).toBe("inline");
});

test("consent is asked above the window, which waits its turn where the question was first", async () => {
  const panel = addActing();
  await panel.ready;
  await panel.requestDisplay("dialog");
  await viewPressed(panel, "panel.scopes.request", ["ticket:write"]);
  const dialog = (await appears(panel, "[part=consent]")) as HTMLDialogElement;
  const allow = inShadow(panel, "[part=consent-allow]") as HTMLElement;
  const { left, top, width, height } = allow.getBoundingClientRect();
  expect(panel.shadowRoot?.elementFromPoint(left + width / 2, top + height / 2)).toBe(allow);
  await commands.key("Escape");
  await expect.poll(() => dialog.isConnected).toBe(false);
  expect(windowOf(panel)?.matches(":modal")).toBe(true);
  // What is left of the question is in the window, and can be pressed there.
  const badge = await appears(panel, "[part=consent-badge]");
  await press(badge);
  await appears(panel, "[part=consent]");
  await panel.requestDisplay("inline");
  let isShown = false;
  const shown = panel.requestDisplay("dialog").then(() => {
    isShown = true;
  });
  await seen(panel);
  expect(isShown).toBe(false);
  await expect.poll(() => inShadow(panel, "[part=consent]")?.hasAttribute("data-arming")).toBe(false);
  await press(inShadow(panel, "[part=consent-deny]"));
  await shown;
  expect(windowOf(panel)?.matches(":modal")).toBe(true);
});

test("the focus goes back into the frame after the consent dialog that was asked for there", async () => {
  const panel = addActing();
  await panel.ready;
  for (const button of ["consent-deny", "consent-allow"]) {
    await viewPressed(panel, "panel.scopes.request", ["ticket:write"]);
    const dialog = await appears(panel, "[part=consent]");
    await expect.poll(() => dialog.hasAttribute("data-arming")).toBe(false);
    await press(inShadow(panel, `[part=${button}]`));
    await expect.poll(() => dialog.isConnected).toBe(false);
    await expect.poll(() => panel.shadowRoot?.activeElement?.localName).toBe("iframe");
    await expect.poll(async () => (await seen(panel)).hasFocus).toBe(true);
  }
});
