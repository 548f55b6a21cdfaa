import { describe, expect, test } from "vitest";
import { actingPath, addActing, seen, view } from "./acting-support.js";
import { next } from "./support.js";

/* The element's `path` and the view's own route in step. */

const handling = { view: { listen: "navigate" } };
const path = (hash: string, query = handling.view) => `${actingPath(query)}#${hash}`;

describe("a view that listens to navigate", () => {
  test("is sent there in the document that it has, by the method and by the attribute", async () => {
    const panel = addActing({}, handling);
    await panel.ready;
    const { loadedAt } = await seen(panel);
    await panel.navigate("/issues/7?tab=log#top", { replace: true });
    expect(panel.getAttribute("path")).toBe("/issues/7?tab=log#top");
    panel.setAttribute("path", "next");
    await expect
      .poll(async () => (await seen(panel)).heard)
      .toEqual([
        { navigate: { path: "/issues/7?tab=log#top", replace: true } },
        { navigate: { path: "/next", replace: false } },
      ]);
    await panel.navigate("next");
    await panel.navigate("/next");
    const { heard, loadedAt: then } = await seen(panel);
    expect([heard.length, then]).toEqual([2, loadedAt]);
    panel.removeAttribute("path");
    await expect
      .poll(async () => (await seen(panel)).heard.at(-1), { message: "without a path: back at its entry" })
      .toEqual({ navigate: { path: actingPath(handling.view), replace: false } });
    expect(panel.state).toBe("ready");
  });

  test("that says it cannot gets a new document", async () => {
    const panel = addActing({}, { view: { listen: "navigate", answer: "false" } });
    await panel.ready;
    const { loadedAt } = await seen(panel);
    const to = path("there", { listen: "navigate" });
    await panel.navigate(to);
    await next(panel as never, "partner-ready");
    const now = await seen(panel);
    expect(now.loadedAt).toBeGreaterThan(loadedAt);
    expect(now.path).toBe(to);
  });
});

test("a view that does not listen gets a new document at that path, once", async () => {
  const panel = addActing();
  await panel.ready;
  let begun = 0;
  panel.addEventListener("partner-statechange", ({ state }) => {
    if (state === "loading") begun += 1;
  });
  panel.path = path("there", {} as never);
  await panel.updateComplete;
  await next(panel as never, "partner-ready");
  expect((await seen(panel)).path).toBe(path("there", {} as never));
  expect(begun).toBe(1);
});

test.each(["https://evil.example/", "//evil.example", "\\\\evil.example", "javascript:alert(1)", "blob:x"])(
  "a path that leads off the view's origin is refused: %s",
  async (evil) => {
    const panel = addActing({}, handling);
    await panel.ready;
    panel.path = evil;
    const { code } = await next(panel as never, "partner-error");
    expect(code).toBe("CONFIG_REFUSED");
  },
);

describe("the view reports its route", () => {
  test("path follows, and nothing begins anew", async () => {
    const panel = addActing();
    await panel.ready;
    const { loadedAt } = await seen(panel);
    const events: object[] = [];
    panel.addEventListener("partner-navigate", ({ path, previous }) => events.push({ path, previous }));
    await view(panel, "panel.navigation.report", "/issues/7#log");
    await view(panel, "panel.navigation.report", "/issues/7#log");
    await expect.poll(() => panel.path).toBe("/issues/7#log");
    expect(panel.getAttribute("path")).toBe("/issues/7#log");
    await view(panel, "history.pushState", null, "", "/issues/8");
    await view(panel, "panel.navigation.report");
    await expect.poll(() => panel.path).toBe("/issues/8");
    const now = await seen(panel);
    expect([now.loadedAt, panel.state]).toEqual([loadedAt, "ready"]);
    expect(events).toEqual([
      { path: "/issues/7#log", previous: actingPath() },
      { path: "/issues/8", previous: "/issues/7#log" },
    ]);
  });

  test("the page refuses: path stays, and the view is sent back", async () => {
    const panel = addActing({}, handling);
    await panel.ready;
    const answers = [
      (event: HTMLElementEventMap["partner-navigate"]) => event.preventDefault(),
      (event: HTMLElementEventMap["partner-navigate"]) => event.respondWith(Promise.resolve(false)),
      (event: HTMLElementEventMap["partner-navigate"]) => event.respondWith(Promise.reject(new Error("no"))),
    ];
    for (const [index, answer] of answers.entries()) {
      panel.addEventListener("partner-navigate", answer, { once: true });
      await view(panel, "panel.navigation.report", `/issues/${index}`);
      const back = { navigate: { path: actingPath(handling.view), replace: true } };
      await expect.poll(async () => (await seen(panel)).heard).toEqual(Array.from({ length: index + 1 }, () => back));
    }
    panel.addEventListener("partner-navigate", (event) => event.respondWith(true), { once: true });
    await view(panel, "panel.navigation.report", "/issues/9");
    await expect.poll(() => panel.path).toBe("/issues/9");
    expect(panel.state).toBe("ready");
  });

  test("what leads off its origin is not listened to", async () => {
    const panel = addActing();
    await panel.ready;
    const told: string[] = [];
    panel.addEventListener("partner-navigate", ({ path }) => told.push(path));
    for (const evil of ["https://evil.example/x", "//evil.example/x", "\\\\evil.example", "javascript:alert(1)"])
      await view(panel, "panel.navigation.report", evil);
    // They are heard in turn: what is told of the next one comes after what would be told of these.
    await view(panel, "panel.navigation.report", "/issues/7");
    await expect.poll(() => told.at(-1)).toBe("/issues/7");
    expect(told).toEqual(["/issues/7"]);
    await expect.poll(() => panel.path).toBe("/issues/7");
  });
});

test("context, and being sent somewhere, leave the page's history as it is", async () => {
  const panel = addActing({}, handling);
  await panel.ready;
  const { length } = history;
  for (let number = 0; number < 5; number += 1) {
    panel.context = { number };
    await panel.navigate(`/issues/${number}`);
  }
  expect(history.length).toBe(length);
  expect((await seen(panel)).history).toBe(length);
});
