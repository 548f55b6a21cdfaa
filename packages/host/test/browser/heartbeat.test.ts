import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { addPanel, frameOf, next, pause, viewCalls } from "./support.js";

/** The host's time stands still but for what a test lets pass; the view's runs, for it is another page. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets so many of the host's seconds pass; between two of them all messages that are under way arrive. */
async function seconds(count: number): Promise<void> {
  for (let passed = 0; passed < count; passed += 1) {
    vi.advanceTimersByTime(1_000);
    await arrived();
  }
}

/** Through another process and back there is no telling when, so a few real frames have to do. */
async function arrived(): Promise<void> {
  for (let times = 0; times < 3; times += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
}

test("a view that answers is left alone for as long as one likes", async () => {
  const panel = addPanel();
  await panel.ready;
  await seconds(60);
  expect(panel.state).toBe("ready");
});

test("a view that went without a word is found out within 25 s → PARTNER_UNRESPONSIVE, and all pending calls end", async () => {
  const panel = addPanel();
  await panel.ready;
  const frame = frameOf(panel);
  await seconds(3);
  await panel.remote.view.run({ what: "hang" });
  await arrived();
  const pending = viewCalls(panel, "ticket.get", { id: "T-42" });
  const outcome = pending.catch((error: { code: string }) => error.code);
  const failed = next(panel, "partner-error");
  await seconds(9);
  expect(panel.state).toBe("ready");
  await seconds(16);
  expect(await failed).toMatchObject({ code: "PARTNER_UNRESPONSIVE", phase: "session", retryable: true });
  expect(await outcome).toBe("SESSION_CLOSED");
  expect(frame?.isConnected).toBe(false);
  expect(vi.getTimerCount()).toBe(0);
});

test("while it is suspended a view is not asked; once resumed it is found out as well", async () => {
  const panel = addPanel();
  await panel.ready;
  panel.suspend();
  await panel.remote.view.run({ what: "hang" });
  await arrived();
  await seconds(26);
  expect(panel.state).toBe("suspended");
  panel.resume();
  await seconds(15);
  expect(panel.error?.code).toBe("PARTNER_UNRESPONSIVE");
});

test("one timer serves all the panels of the page, and none is left without them", async () => {
  const panel = addPanel();
  await panel.ready;
  const others = Array.from({ length: 5 }, () => panel.cloneNode() as typeof panel);
  document.body.append(...others);
  await Promise.all(others.map(({ ready }) => ready));
  // The time limits of what was said at opening are over by then.
  await seconds(35);
  expect(vi.getTimerCount()).toBe(1);
  document.body.replaceChildren();
  expect(vi.getTimerCount()).toBe(0);
});

test("a view that loads anew without a word is connected again by its hello, at once", async () => {
  const panel = addPanel({}, { query: { entry: "?silent" } });
  await panel.ready;
  const before = performance.now();
  const again = next(panel, "partner-ready");
  await panel.remote.view.run({ what: "reload" });
  await again;
  expect(performance.now()).toBe(before);
  vi.useRealTimers();
  await pause(0);
});
