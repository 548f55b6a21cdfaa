import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { addPanel, everything, frameOf, manifestUrl, next, type Panel, viewCalls } from "./support.js";

/* Ten minutes in which nothing ran, or nothing was to be reached. The host's time is the test's; the view's runs, for it is another page. */

const minutes = 60_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** Lets so many of the host's seconds pass; between two of them all messages that are under way arrive. */
async function seconds(count: number): Promise<void> {
  for (let passed = 0; passed < count; passed += 1) {
    vi.advanceTimersByTime(1_000);
    for (let times = 0; times < 3; times += 1) await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}

/** As a browser freezes a tab: its clock goes on and none of its timers runs. */
function freezeFor(milliseconds: number): void {
  const { now } = performance;
  vi.spyOn(performance, "now").mockImplementation(() => now.call(performance) + milliseconds);
}

async function ready(): Promise<{ panel: Panel; told: string[] }> {
  const panel = addPanel({}, { query: { required: "" } });
  panel.addEventListener("partner-consentrequest", (event) => event.respondWith(["ticket:read"]));
  await panel.ready;
  const told: string[] = [];
  panel.addEventListener("partner-statechange", ({ state }) => told.push(state));
  return { panel, told };
}

const answers = (panel: Panel) => viewCalls(panel, "ticket.get", { id: "T-42" });
const ticket = { result: { id: "T-42", priority: "low" } };

test("frozen for 10 min with a view that stood still as well: ready all the while, and it answers in under 5 s", async () => {
  const { panel, told } = await ready();
  const frame = frameOf(panel);
  const { instanceId } = panel;
  // Seconds in which the view answers nothing, as after it has been woken up.
  await panel.remote.view.run({ what: "hang" });
  freezeFor(10 * minutes);
  await seconds(9);
  expect(await answers(panel)).toEqual(ticket);
  expect([panel.state, panel.instanceId, told]).toEqual(["ready", instanceId, []]);
  expect(frameOf(panel)).toBe(frame);
});

test("control: the same silence in time that runs is found out", async () => {
  const { panel } = await ready();
  await panel.remote.view.run({ what: "hang" });
  const failed = next(panel, "partner-error");
  vi.advanceTimersByTime(25_000);
  expect(await failed).toMatchObject({ code: "PARTNER_UNRESPONSIVE" });
});

test("offline for 10 min: what is open goes on, for it needs no network; what could not begin begins by itself", async () => {
  const partners = { trackwell: manifestUrl({ n: "open", required: "" }), later: manifestUrl({ n: "later" }) };
  const panel = addPanel({}, { partners, policy: { trackwell: everything, later: everything } });
  panel.addEventListener("partner-consentrequest", (event) => event.respondWith(["ticket:read"]));
  await panel.ready;
  const { instanceId } = panel;
  const fetch = vi.spyOn(window, "fetch").mockRejectedValue(new TypeError("Failed to fetch"));
  const onLine = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  window.dispatchEvent(new Event("offline"));
  const later = panel.cloneNode() as Panel;
  later.setAttribute("partner", "later");
  document.body.append(later);
  expect((await next(later, "partner-error")).code).toBe("MANIFEST_UNREACHABLE");
  await seconds(30);
  freezeFor(9 * minutes);
  await seconds(9);
  expect([panel.state, panel.instanceId, later.state]).toEqual(["ready", instanceId, "error"]);
  expect(await answers(panel)).toEqual(ticket);

  fetch.mockRestore();
  onLine.mockReturnValue(true);
  const begun = performance.now();
  window.dispatchEvent(new Event("online"));
  await next(later, "partner-ready");
  // At once: no timer had to run.
  expect(performance.now()).toBe(begun);
  expect([panel.state, panel.instanceId]).toEqual(["ready", instanceId]);
});
