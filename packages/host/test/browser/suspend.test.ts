import { expect, test } from "vitest";
import { addPanel, frameOf, next, type Panel, part, viewCalls } from "./support.js";

const everyScope = { query: { required: "" } };

async function ready(attributes: Record<string, string> = {}): Promise<{ panel: Panel; states: string[] }> {
  const panel = addPanel(attributes, everyScope);
  panel.addEventListener("partner-consentrequest", (event) => event.respondWith(["ticket:read"]));
  await panel.ready;
  const states: string[] = [];
  panel.addEventListener("partner-statechange", ({ state }) => states.push(state));
  panel.addEventListener("partner-ready", () => states.push("told ready"));
  return { panel, states };
}

const heardBy = async (panel: Panel) =>
  (await panel.remote.view.seen()).heard.filter((word) => word === "suspend" || word === "resume");

test("suspend and resume: the view hears both, and frame, session, grant and the promise of ready stay", async () => {
  const { panel, states } = await ready();
  const { ready: promise, grant, instanceId } = panel;
  const frame = frameOf(panel);
  panel.suspend();
  panel.suspend();
  expect(panel.state).toBe("suspended");
  expect(panel.matches(":state(suspended)")).toBe(true);
  // What is under way goes on, in both directions.
  expect(await viewCalls(panel, "ticket.get", { id: "T-42" })).toEqual({ result: { id: "T-42", priority: "low" } });
  expect(await heardBy(panel)).toEqual(["suspend"]);
  panel.resume();
  expect(panel.state).toBe("ready");
  expect(await heardBy(panel)).toEqual(["suspend", "resume"]);
  expect(states).toEqual(["suspended", "ready"]);
  expect(panel.ready).toBe(promise);
  expect(panel.grant).toBe(grant);
  expect(panel.instanceId).toBe(instanceId);
  expect(frameOf(panel)).toBe(frame);
  expect((await panel.remote.view.seen()).heard.filter((word) => word === "opened")).toHaveLength(1);
});

test("a suspended view stays in sight, and being resumed is not announced as being ready was", async () => {
  const { panel } = await ready();
  const announced: (string | null)[] = [];
  const status = panel.shadowRoot?.querySelector(".announcement");
  const observer = new MutationObserver(() => announced.push(status?.textContent ?? null));
  await panel.updateComplete;
  if (status) observer.observe(status, { childList: true, characterData: true, subtree: true });
  panel.suspend();
  await panel.updateComplete;
  expect(frameOf(panel)?.checkVisibility({ visibilityProperty: true })).toBe(true);
  panel.resume();
  await panel.updateComplete;
  expect(announced).toEqual([]);
});

test("suspended before it is ready, a panel becomes ready all the same, and then suspended", async () => {
  const panel = addPanel();
  const states: string[] = [];
  panel.addEventListener("partner-statechange", ({ state }) => states.push(state));
  await panel.updateComplete;
  panel.suspend();
  await panel.ready;
  expect(states).toEqual(["loading", "connecting", "ready", "suspended"]);
  expect(await heardBy(panel)).toEqual(["suspend"]);
});

test("a view that loads anew while it is suspended is told so once it is ready", async () => {
  const { panel, states } = await ready();
  panel.suspend();
  await panel.remote.view.run({ what: "reload" });
  await next(panel, "partner-ready");
  await expect.poll(() => panel.state).toBe("suspended");
  expect(await heardBy(panel)).toEqual(["suspend"]);
  expect(states).toEqual(["suspended", "connecting", "ready", "told ready", "suspended"]);
});

test("keep-alive: suspended while it is hidden, has no box or is far away, and as it was left when it is seen again", async () => {
  const { panel, states } = await ready({ "keep-alive": "" });
  const spacer = document.createElement("div");
  spacer.style.height = "10000px";
  const frame = frameOf(panel);
  const hides: [string, () => void, () => void][] = [
    ["hidden", () => panel.setAttribute("hidden", ""), () => panel.removeAttribute("hidden")],
    ["display: none", () => panel.style.setProperty("display", "none"), () => panel.style.removeProperty("display")],
    ["far away", () => panel.before(spacer), () => spacer.remove()],
  ];
  for (const [how, hide, show] of hides) {
    hide();
    await expect.poll(() => panel.state, { message: how }).toBe("suspended");
    show();
    await expect.poll(() => panel.state, { message: how }).toBe("ready");
  }
  expect(frameOf(panel)).toBe(frame);
  expect(states).toEqual(["suspended", "ready", "suspended", "ready", "suspended", "ready"]);
  expect((await panel.remote.view.seen()).heard.filter((word) => word === "opened")).toHaveLength(1);
});

test("keep-alive: just below the edge is not far away, and what the page says counts first", async () => {
  const spacer = document.createElement("div");
  spacer.style.height = `${window.innerHeight + 50}px`;
  document.body.append(spacer);
  const { panel } = await ready({ "keep-alive": "" });
  await twoFrames();
  expect(panel.state).toBe("ready");

  panel.hidden = true;
  await expect.poll(() => panel.state).toBe("suspended");
  panel.resume();
  expect(panel.state).toBe("ready");
  panel.hidden = false;
  await twoFrames();
  panel.hidden = true;
  await expect.poll(() => panel.state).toBe("suspended");

  panel.suspend();
  panel.hidden = false;
  await twoFrames();
  expect(panel.state).toBe("suspended");
  panel.resume();
  expect(panel.state).toBe("ready");
});

test("without keep-alive a hidden panel goes on; with it from now on, it is suspended from now on", async () => {
  const { panel, states } = await ready();
  panel.hidden = true;
  await twoFrames();
  expect(states).toEqual([]);
  panel.keepAlive = true;
  await expect.poll(() => panel.state).toBe("suspended");
  panel.keepAlive = false;
  await expect.poll(() => panel.state).toBe("ready");
});

test("a suspended panel that is taken out of the page ends, and comes back as any other", async () => {
  const { panel } = await ready({ "keep-alive": "" });
  panel.suspend();
  panel.remove();
  expect(panel.state).toBe("closed");
  document.body.append(panel);
  await next(panel, "partner-ready");
  await twoFrames();
  expect(panel.state).toBe("ready");
  expect(part(panel, "frame")).not.toBe(null);
});

/** By then what an observer of this page has to tell is told. */
async function twoFrames(): Promise<void> {
  for (let times = 0; times < 3; times += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
}
