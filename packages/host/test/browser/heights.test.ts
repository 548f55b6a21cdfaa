import { configurePartners } from "@partner-panel/host";
import { expect, test } from "vitest";
import { addPanel, frameOf, manifestUrl, part, pause } from "./support.js";

/** The places that what stands below the panel is painted at, from its first paint until a while after the panel is ready. */
async function placesBelow(add: () => ReturnType<typeof addPanel>): Promise<number[]> {
  const below = document.createElement("p");
  below.textContent = "What the user reads";
  const places: number[] = [];
  const panel = add();
  panel.after(below);
  let isOver = false;
  // After layout and just before each paint.
  const observer = new ResizeObserver(() => look());
  const look = () => {
    const { top } = below.getBoundingClientRect();
    if (top !== places.at(-1)) places.push(top);
  };
  const each = () => {
    look();
    if (!isOver) requestAnimationFrame(each);
  };
  observer.observe(panel);
  requestAnimationFrame(each);
  await panel.ready;
  await panel.updateComplete;
  await pause(100);
  isOver = true;
  observer.disconnect();
  panel.remove();
  below.remove();
  return places;
}

const query = { entry: "?height=317" };

test("at the first time one reveal and no more; from then on what stands below does not move at all", async () => {
  const first = await placesBelow(() => addPanel({}, { query }));
  expect(first).toHaveLength(2);
  const again = await placesBelow(() => addPanel({}, { query }));
  expect(again).toEqual([first[1]]);
});

test("a view that asks for its required scope, and an error, move nothing either", async () => {
  await placesBelow(() => addPanel({}, { query }));
  const asked = await placesBelow(() => {
    const panel = addPanel({}, { query: { ...query, required: "" } });
    panel.addEventListener("partner-consentrequest", (event) => event.respondWith(["ticket:read"]));
    return panel;
  });
  expect(asked).toHaveLength(1);
  const panel = addPanel({ timeout: "300" }, { query: { entry: "?stop=hello" } });
  await panel.ready.catch(() => {});
  await panel.updateComplete;
  expect(panel.offsetHeight).toBe(317);
  expect(part(panel, "error")).not.toBe(null);
});

test("another width, view or partner is another height; the element's own bounds count first", async () => {
  await placesBelow(() => addPanel({}, { query }));
  const reserved = async (attributes: Record<string, string>, style = "") => {
    const panel = addPanel(attributes, { query: { late: "60000" } });
    panel.style.cssText = style;
    await panel.updateComplete;
    const place = panel.shadowRoot?.querySelector<HTMLElement>(".panel")?.style.minBlockSize;
    panel.remove();
    return place;
  };
  expect(await reserved({})).toBe("317px");
  expect(await reserved({ "max-height": "200" })).toBe("200px");
  expect(await reserved({ view: "mute" })).toBe("");
  expect(await reserved({ view: "mute", "min-height": "240" })).toBe("240px");
});

test("the height that a manifest gives is kept from the first paint on, where the manifest is there by then", async () => {
  const partners = { trackwell: manifestUrl({ entry: "?height=200", n: "hint" }) };
  await placesBelow(() => addPanel({}, { partners }));
  localStorage.clear();
  // The page has fetched it by now, and its views say minHeight 200.
  expect(await placesBelow(() => addPanel({}, { partners }))).toHaveLength(1);
});

test("what a view says before it is shown counts when it is shown; a panel shown before keeps its height", async () => {
  const panel = addPanel({}, { query });
  await panel.ready;
  expect(frameOf(panel)?.offsetHeight).toBe(317);
  await panel.remote.view.say({ name: "panel.size", params: { height: 400 } });
  await expect.poll(() => panel.offsetHeight).toBe(400);
  panel.reload();
  await panel.updateComplete;
  expect(panel.offsetHeight).toBe(400);
  await panel.ready;
  await panel.updateComplete;
  expect(panel.offsetHeight).toBe(317);
});

test("where storage is out of reach nothing is remembered, and nothing fails", async () => {
  const { getItem } = Storage.prototype;
  Storage.prototype.getItem = () => {
    throw new DOMException("denied", "SecurityError");
  };
  try {
    const panel = addPanel({}, { query });
    await panel.ready;
    expect(frameOf(panel)?.offsetHeight).toBe(317);
  } finally {
    Storage.prototype.getItem = getItem;
    configurePartners({ partners: {} });
  }
});
