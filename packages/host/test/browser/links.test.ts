import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { commands } from "vitest/browser";
import { checkLink } from "../../src/actions/open-link.js";
import { addActing, appears, inShadow, seen, view, viewPressed } from "./acting-support.js";
import { press } from "./support.js";

/* What a view has its host do in the panel: open a link, ask, tell. */

const link = "https://docs.trackwell.example/issues?id=7#top";
const opened = vi.fn<(...given: unknown[]) => null>(() => null);
beforeEach(() => {
  opened.mockClear();
  vi.spyOn(window, "open").mockImplementation(opened as never);
});
afterEach(() => vi.restoreAllMocks());

const armed = (panel: HTMLElement) =>
  expect.poll(() => panel.shadowRoot?.querySelector("[part=question]")?.hasAttribute("data-arming")).toBe(false);
const gone = (panel: HTMLElement) => expect.poll(() => panel.shadowRoot?.querySelector("[part=question]")).toBe(null);

/** What a press on the page itself leaves behind is over when this resolves. */
const calm = () => expect.poll(() => navigator.userActivation.isActive, { timeout: 15_000 }).toBe(false);

describe("a link", () => {
  test("upon a press in the view: opened at once, in a tab that knows nothing of this page", async () => {
    const panel = addActing();
    await panel.ready;
    await viewPressed(panel, "panel.ui.openLink", link);
    await expect.poll(async () => (await seen(panel)).heard).toEqual([{ pressed: { result: { opened: true } } }]);
    expect(opened.mock.calls).toEqual([[link, "_blank", "noopener,noreferrer"]]);
    expect(inShadow(panel, "[part=question]")).toBe(null);
  });

  test("with no press: the user is asked, with the whole origin; a fresh yes opens it", async () => {
    await calm();
    const panel = addActing();
    await panel.ready;
    const answer = view(panel, "panel.ui.openLink", link);
    const question = await appears(panel, "[part=question]");
    expect(question.querySelector(".origin")?.textContent).toBe("https://docs.trackwell.example");
    expect(question.textContent).toContain("Trackwell Issues wants to open another page");
    expect(document.activeElement).toBe(document.body);
    // A second question meanwhile is none.
    expect(await view(panel, "panel.ui.openLink", link)).toMatchObject({ code: "BUSY" });
    await armed(panel);
    (inShadow(panel, "[part=question-confirm]") as HTMLElement).click();
    expect(opened).not.toHaveBeenCalled();
    await press(inShadow(panel, "[part=question-confirm]"));
    expect(await answer).toEqual({ result: { opened: true } });
    expect(opened.mock.calls).toEqual([[link, "_blank", "noopener,noreferrer"]]);
    await gone(panel);

    await calm();
    const second = view(panel, "panel.ui.openLink", link);
    await appears(panel, "[part=question]");
    await press(inShadow(panel, "[part=question-cancel]"));
    expect(await second).toEqual({ result: { opened: false } });
    expect(opened).toHaveBeenCalledTimes(1);
  }, 40_000);

  test("the page's own way, and its refusal", async () => {
    const panel = addActing();
    await panel.ready;
    const urls: string[] = [];
    panel.addEventListener("partner-openlink", (event) => {
      urls.push(event.url);
      if (urls.length === 1) event.respondWith(true);
      else event.preventDefault();
    });
    expect(await view(panel, "panel.ui.openLink", "HTTPS://Docs.Trackwell.example:443/a")).toEqual({
      result: { opened: true },
    });
    expect(await view(panel, "panel.ui.openLink", link)).toEqual({ result: { opened: false } });
    expect(urls).toEqual(["https://docs.trackwell.example/a", link]);
    expect(opened).not.toHaveBeenCalled();
  });

  const refused = [
    "//evil.example",
    "\\\\evil.example",
    "https:\\\\evil.example",
    "https:/evil.example",
    "https:evil.example",
    "https:///evil.example",
    "javascript:alert(1)",
    "java\tscript:alert(1)",
    " https://evil.example",
    "data:text/html,x",
    "blob:https://evil.example/1",
    "about:blank",
    "http://evil.example/",
    "https://user@evil.example/",
    "https://docs.trackwell.example\\@evil.example/",
    "https://evil\u3002example/",
    "https://e\tvil.example/",
    "/issues",
    "",
  ];
  test.each(refused)("is none: %j", (text) => {
    expect(checkLink(text)).toBeTypeOf("string");
  });
  test.each([
    link,
    "http://localhost:4100/a",
    "http://desk.localhost/",
    "https://[::1]/",
    "https://xn--bcher-kva.example/",
  ])("is one: %s", (text) => {
    expect(checkLink(text)).toBeInstanceOf(URL);
  });

  test("that is none is refused to the view, and nobody is asked", async () => {
    const panel = addActing();
    await panel.ready;
    let told = 0;
    panel.addEventListener("partner-openlink", () => {
      told += 1;
    });
    for (const text of ["//evil.example", "javascript:alert(1)", "https://user@evil.example/"])
      expect(await view(panel, "panel.ui.openLink", text)).toMatchObject({ code: "LINK_REFUSED" });
    expect([told, opened.mock.calls.length]).toEqual([0, 0]);
  });
});

describe("a question of the view's", () => {
  test("is asked under the partner's name, escaped and bounded, and answered by a fresh press", async () => {
    const panel = addActing();
    await panel.ready;
    const hostile = `<img src=x onerror="document.title='owned'">\u202Egnp.${"x".repeat(400)}`;
    const answer = view(panel, "panel.ui.confirm", { message: hostile, confirmLabel: "Delete", cancelLabel: "<b>No" });
    const question = await appears(panel, "[part=question]");
    expect(question.getAttribute("role")).toBe("alertdialog");
    expect(question.querySelector(".title")?.textContent).toBe("Trackwell Issues asks:");
    expect(question.querySelector("img, b")).toBe(null);
    expect(question.querySelector(".message")?.textContent).toContain("[U+202E]");
    expect(inShadow(panel, "[part=question-confirm]")?.textContent).toBe("Delete");
    expect(inShadow(panel, "[part=question-cancel]")?.textContent).toBe("<b>No");
    expect(inShadow(panel, ".stage")?.inert).toBe(true);
    await armed(panel);
    await press(inShadow(panel, "[part=question-confirm]"));
    expect(await answer).toEqual({ result: true });
    await gone(panel);
  });

  test("has the focus where the view had it, and gives it back; Escape is a no", async () => {
    const panel = addActing();
    await panel.ready;
    await viewPressed(panel, "panel.ui.confirm", "Really?");
    const question = await appears(panel, "[part=question]");
    await expect.poll(() => panel.shadowRoot?.activeElement).toBe(question);
    await commands.key("Escape");
    await expect.poll(async () => (await seen(panel)).heard).toEqual([{ pressed: { result: false } }]);
    await expect.poll(async () => (await seen(panel)).hasFocus).toBe(true);
  });

  test("is not asked after the third No in a row, until the session ends", async () => {
    const panel = addActing();
    await panel.ready;
    const ask = () => view(panel, "panel.ui.confirm", "Really?");
    for (let times = 0; times < 3; times += 1) {
      const answer = ask();
      await appears(panel, "[part=question]");
      (inShadow(panel, "[part=question-cancel]") as HTMLElement).click();
      expect(await answer).toEqual({ result: false });
    }
    expect(await ask()).toEqual({ result: false });
    expect(await view(panel, "panel.ui.openLink", link)).toEqual({ result: { opened: false } });
    expect(inShadow(panel, "[part=question]")).toBe(null);
    // The panel's own question is another matter.
    await view(panel, "panel.ui.setDirty");
    await panel.requestDisplay("dialog");
    (inShadow(panel, "[part=close-button]") as HTMLElement).click();
    await appears(panel, "[part=question]");
    panel.reload();
    await panel.ready;
    ask().catch(() => {});
    await appears(panel, "[part=question]");
    await panel.requestDisplay("inline");
  });

  test("may have lines, and lies over toasts", async () => {
    const panel = addActing();
    await panel.ready;
    await view(panel, "panel.ui.toast", "Saved");
    view(panel, "panel.ui.confirm", "Delete?\nFor good.").catch(() => {});
    const question = await appears(panel, "[part=question]");
    expect(question.querySelector(".message")?.textContent).toBe("Delete?\nFor good.");
    const toast = await appears(panel, ".toast");
    const { left, top } = toast.getBoundingClientRect();
    expect(question.contains(panel.shadowRoot?.elementFromPoint(left + 5, top + 5) ?? null)).toBe(true);
    expect(getComputedStyle(question).zIndex > getComputedStyle(toast.parentElement as Element).zIndex).toBe(true);
  });

  test("too long is not asked; and it goes with the session", async () => {
    const panel = addActing();
    await panel.ready;
    expect(await view(panel, "panel.ui.confirm", "x".repeat(501))).toMatchObject({ code: "INVALID_PARAMS" });
    expect(await view(panel, "panel.ui.confirm", " ")).toMatchObject({ code: "INVALID_PARAMS" });
    view(panel, "panel.ui.confirm", "x".repeat(500)).catch(() => {});
    await appears(panel, "[part=question]");
    panel.reload();
    await gone(panel);
    await panel.ready;
    expect(inShadow(panel, ".stage")?.inert).toBe(false);
  });
});

describe("a toast", () => {
  const toasts = (panel: HTMLElement) =>
    [...(panel.shadowRoot?.querySelectorAll(".toast") ?? [])].map((each) => each.textContent);

  test("is text in a polite live region that was there before, and the view can be pressed through it", async () => {
    const panel = addActing();
    await panel.ready;
    const region = inShadow(panel, ".toasts") as HTMLElement;
    expect(region.getAttribute("role")).toBe("status");
    await view(panel, "panel.ui.toast", { message: "<b>Saved</b>", kind: "success" });
    await expect.poll(() => toasts(panel)).toEqual(["<b>Saved</b>"]);
    expect(region.querySelector("b")).toBe(null);
    const { left, top } = (region.querySelector(".toast") as HTMLElement).getBoundingClientRect();
    expect(panel.shadowRoot?.elementFromPoint(left + 5, top + 5)?.localName).toBe("iframe");
  });

  test("three at a time, five in ten seconds, and what is too long not at all", async () => {
    const panel = addActing();
    await panel.ready;
    await view(panel, "panel.ui.toast", "x".repeat(501));
    for (let number = 1; number <= 8; number += 1) await view(panel, "panel.ui.toast", `${number}`);
    await seen(panel);
    await expect.poll(() => toasts(panel)).toEqual(["3", "4", "5"]);
  });

  test("goes by itself, and with the panel", async () => {
    const panel = addActing();
    await panel.ready;
    await view(panel, "panel.ui.toast", "Saved");
    await expect.poll(() => toasts(panel)).toEqual(["Saved"]);
    await expect.poll(() => toasts(panel), { timeout: 10_000 }).toEqual([]);
    await view(panel, "panel.ui.toast", "Saved again");
    await expect.poll(() => toasts(panel)).toEqual(["Saved again"]);
    panel.reload();
    await expect.poll(() => toasts(panel)).toEqual([]);
  }, 30_000);
});
