import { configurePartners } from "@partner-panel/host";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { addPanel, frameOf, manifestUrl, next, pause } from "./support.js";

/** Listeners on what outlives a panel, counted: each that is added must be taken away. */
const targets: EventTarget[] = [window, document];
let held: string[] = [];
const restores: (() => void)[] = [];

beforeEach(() => {
  held = [];
  for (const target of targets) {
    const { addEventListener, removeEventListener } = target;
    const add = vi.spyOn(target, "addEventListener").mockImplementation((type, listener, options) => {
      held.push(type);
      addEventListener.call(target, type, listener, options);
    });
    const remove = vi.spyOn(target, "removeEventListener").mockImplementation((type, listener, options) => {
      const index = held.indexOf(type);
      if (index >= 0) held.splice(index, 1);
      removeEventListener.call(target, type, listener, options);
    });
    restores.push(
      () => add.mockRestore(),
      () => remove.mockRestore(),
    );
  }
});

afterEach(() => {
  for (const restore of restores.splice(0)) restore();
});

test("twenty mounts and removals, at every stage, leave no listener and no frame", async () => {
  const panel = addPanel({}, { query: { required: "" } });
  panel.addEventListener("partner-consentrequest", (event) => event.respondWith(["ticket:read"]));
  await panel.ready;
  expect(held).toContain("message");
  for (let times = 0; times < 20; times += 1) {
    panel.remove();
    expect(frameOf(panel)).toBe(null);
    document.body.append(panel);
    // Taken out while idle, loading, connecting and ready.
    if (times % 4 === 1) await panel.updateComplete;
    if (times % 4 === 2) await pause(20);
    if (times % 4 === 3) await next(panel, "partner-ready");
  }
  panel.remove();
  await pause(100);
  expect(held.filter((type) => !["scroll", "resize"].includes(type))).toEqual([]);
});

test("a removed panel does not follow the configuration any more", async () => {
  const panel = addPanel();
  await panel.ready;
  panel.remove();
  configurePartners({ partners: { trackwell: manifestUrl({ n: "after" }) } });
  await pause(100);
  expect(panel.state).toBe("closed");
});

test("a removed panel with its dialog up takes the dialog along", async () => {
  const panel = addPanel({}, { query: { required: "" } });
  await expect.poll(() => panel.shadowRoot?.querySelector("dialog")).toBeTruthy();
  panel.remove();
  await pause(20);
  expect(panel.shadowRoot?.querySelector("dialog")).toBe(null);
  expect(held).toEqual([]);
});

test("moved with moveBefore, a panel keeps its frame and its session", async () => {
  const panel = addPanel();
  await panel.ready;
  const frame = frameOf(panel);
  const home = document.createElement("div");
  document.body.append(home);
  const states: string[] = [];
  panel.addEventListener("partner-statechange", ({ state }) => states.push(state));
  (home as unknown as { moveBefore(node: Node, before: Node | null): void }).moveBefore(panel, null);
  await pause(300);
  expect(states).toEqual([]);
  expect(frameOf(panel)).toBe(frame);
  expect((await panel.remote.view.seen()).heard).toEqual(["opened"]);
});

test("moved with append, which loads the frame anew: a new handshake, and nobody is asked again", async () => {
  const panel = addPanel({}, { query: { required: "" } });
  let asked = 0;
  panel.addEventListener("partner-consentrequest", (event) => {
    asked += 1;
    event.respondWith(["ticket:read"]);
  });
  await panel.ready;
  const { instanceId } = panel;
  const home = document.createElement("div");
  document.body.append(home);
  home.append(panel);
  await next(panel, "partner-ready");
  expect(panel.instanceId).not.toBe(instanceId);
  expect(asked).toBe(1);
  expect(panel.grant).toEqual([{ scope: "ticket:read" }]);
});

test("removed in mid-call, by either side's call: both end before any other task, and no timer is left", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval"] });
  try {
    const panel = addPanel();
    await panel.ready;
    const outcomes: unknown[] = [];
    for (const call of [panel.remote.view.seen(), panel.remote.view.say({ name: "panel.size", params: { height: 9 } })])
      call.catch((error: { code: string }) => outcomes.push(error.code));
    const { port1, port2 } = new MessageChannel();
    const nextTask = new Promise<unknown>((resolve) => {
      port1.onmessage = () => resolve([...outcomes]);
    });
    panel.remove();
    port2.postMessage(null);
    expect(await nextTask).toEqual(["SESSION_CLOSED", "SESSION_CLOSED"]);
    port1.close();
    expect(vi.getTimerCount()).toBe(0);
  } finally {
    vi.useRealTimers();
  }
});
