import { afterEach, expect, test, vi } from "vitest";
import { addPanel, everything, frameOf, next, part, partnerOrigin, press } from "./support.js";

/* The frame's rows of the attack catalogue that an engine decides and no other test shows; all of them: docs/panel-attacks.md. */

const script = "parent.document.documentElement.dataset.taken = 'yes'";
const taken = () => document.documentElement.dataset["taken"];

afterEach(() => {
  delete document.documentElement.dataset["taken"];
});

/** A frame as a careless page makes one. */
function bareFrame(attributes: Record<string, string>): HTMLIFrameElement {
  const frame = document.createElement("iframe");
  for (const [name, value] of Object.entries(attributes)) frame.setAttribute(name, value);
  document.body.append(frame);
  return frame;
}

/** Hears what frames say to this window by hand. */
function hear(): Record<string, unknown>[] {
  const heard: Record<string, unknown>[] = [];
  const listen = ({ data }: MessageEvent) => {
    if (data !== null && typeof data === "object" && "at" in data) heard.push(data as Record<string, unknown>);
  };
  window.addEventListener("message", listen);
  afterListening.push(() => window.removeEventListener("message", listen));
  return heard;
}
const afterListening: (() => void)[] = [];
afterEach(() => {
  for (const stop of afterListening.splice(0)) stop();
});

test("addresses that carry code or lead elsewhere, and srcdoc: no frame, and nothing runs", async () => {
  const paths = [
    `javascript:${script}`,
    `java\tscript:${script}`,
    ` javascript:${script}`,
    `data:text/html,<script>${script}</script>`,
    `blob:${partnerOrigin}/1`,
    `${partnerOrigin.replace("//", "//user@")}/partner/view`,
    `${partnerOrigin}@evil.example/`,
  ];
  for (const path of paths) {
    const panel = addPanel({ path, srcdoc: `<script>${script}</script>` });
    expect(await next(panel, "partner-error"), path).toMatchObject({ code: "CONFIG_REFUSED" });
    expect(frameOf(panel), path).toBe(null);
    panel.remove();
  }
  const entries = [...paths, "about:srcdoc"];
  for (const entry of entries) {
    const surfaces = { link: { entry: "/partner/page" }, panel: { views: { issue: { entry } } } };
    const panel = addPanel({}, { query: { with: JSON.stringify({ surfaces }) } });
    expect(await next(panel, "partner-error"), entry).toMatchObject({ code: "MANIFEST_INVALID" });
    expect(frameOf(panel), entry).toBe(null);
    panel.remove();
  }
  const panel = addPanel({ srcdoc: `<script>${script}</script>` });
  await panel.ready;
  expect(frameOf(panel)?.hasAttribute("srcdoc")).toBe(false);
  expect(taken()).toBe(undefined);
});

test.each([
  { how: "src", attributes: { src: `javascript:${script}` } },
  { how: "src with a tab", attributes: { src: `java\tscript:${script}` } },
  { how: "srcdoc", attributes: { srcdoc: `<script>${script}</script>` } },
])("control: in a frame's $how, code runs as the page's own", async ({ attributes }) => {
  bareFrame({ ...attributes, sandbox: "allow-scripts allow-same-origin" });
  await expect.poll(taken).toBe("yes");
});

test("the host's own origin is refused; control: a frame from there takes off its own sandbox", async () => {
  const panel = addPanel({}, { partners: { trackwell: "/partner/manifest.json" } });
  expect(await next(panel, "partner-error")).toMatchObject({ code: "CONFIG_REFUSED" });
  expect(frameOf(panel)).toBe(null);

  const frame = bareFrame({ src: "/partner/mute", sandbox: "allow-scripts allow-same-origin" });
  await new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  const own = (frame.contentWindow as unknown as { eval(code: string): void }).eval;
  own('frameElement.removeAttribute("sandbox")');
  expect(frame.hasAttribute("sandbox")).toBe(false);
});

test("a feature is the partner's alone: gone once its frame is at another site; control: with * it goes along", async () => {
  const surfaces = { link: { entry: "/partner/page" }, panel: { views: { issue: { entry: "/partner/roaming" } } } };
  const heard = hear();
  const panel = addPanel(
    {},
    {
      query: { with: JSON.stringify({ surfaces, permissions: { camera: {} } }) },
      policy: { trackwell: { ...everything, permissions: ["camera"] } },
    },
  );
  await expect.poll(() => heard.length).toBe(2);
  expect(heard).toEqual([
    { at: "partner.localhost", camera: true },
    { at: "other.localhost", camera: false },
  ]);
  panel.remove();

  bareFrame({ src: `${partnerOrigin}/partner/roaming`, allow: "camera *" });
  await expect
    .poll(() => heard.slice(2))
    .toEqual([
      { at: "partner.localhost", camera: true },
      { at: "other.localhost", camera: true },
    ]);
});

/** Entries of the joint session history, of which a browser keeps so many. */
const after = (more: number) => Math.min(50, more);

test("a view that fills the history is closed and left all the same, and no entry of the page's is spent", async () => {
  const back = vi.spyOn(history, "back");
  const go = vi.spyOn(history, "go");
  const popped = vi.fn();
  window.addEventListener("popstate", popped);
  try {
    history.pushState("the page's", "");
    const panel = addPanel({ display: "dialog" });
    await panel.ready;
    const { length } = history;
    await panel.remote.view.run({ what: "push" });
    await expect.poll(() => history.length).toBe(after(length + 20));
    await expect.poll(() => part(panel, "close-button")?.checkVisibility()).toBe(true);
    await press(part(panel, "close-button"));
    await expect.poll(() => panel.display).toBe("inline");
    expect(frameOf(panel)).not.toBe(null);
    expect(await panel.requestClose({ reason: "done" })).toEqual({ closed: true });
    expect(history.state).toBe("the page's");
    expect([back.mock.calls, go.mock.calls, popped.mock.calls]).toEqual([[], [], []]);
  } finally {
    window.removeEventListener("popstate", popped);
    back.mockRestore();
    go.mockRestore();
  }
});

test("control: a page that closes by history.back() goes back in the view's entries, and not in its own", async () => {
  const panel = addPanel();
  await panel.ready;
  history.pushState("open", "");
  const { length } = history;
  await panel.remote.view.run({ what: "push" });
  await expect.poll(() => history.length).toBe(after(length + 20));
  const popped = vi.fn();
  window.addEventListener("popstate", popped);
  history.back();
  await expect.poll(async () => (await panel.remote.view.seen()).heard).toContainEqual({ popped: 18 });
  window.removeEventListener("popstate", popped);
  expect(popped).not.toHaveBeenCalled();
  expect(history.state).toBe("open");
});

/** The longest time in which this page did not get to run, in milliseconds, until `until` settles. */
async function longestStandstill(until: Promise<unknown>): Promise<number> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  until.then(over, over);
  let longest = 0;
  for (let last = performance.now(); !isOver; ) {
    await new Promise((resolve) => setTimeout(resolve));
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
  }
  return longest;
}

test("a view that is busy for seconds holds up nothing here; control: on the page's own site it holds up all", async () => {
  const panel = addPanel();
  await panel.ready;
  await panel.remote.view.run({ what: "hang" });
  let slowest = 0;
  const answered = async () => {
    // The first question may come before the loop.
    while (slowest < 2_000) {
      const asked = performance.now();
      await panel.remote.view.seen();
      slowest = Math.max(slowest, performance.now() - asked);
    }
  };
  const beside = await longestStandstill(answered());

  const frame = bareFrame({ src: "/partner/mute" });
  await new Promise((resolve) => frame.addEventListener("load", resolve, { once: true }));
  const own = (frame.contentWindow as unknown as { eval(code: string): void }).eval;
  own(
    "setTimeout(() => { for (const end = performance.now() + 2000; performance.now() < end; ); parent.isOver = true })",
  );
  const within = await longestStandstill(expect.poll(() => "isOver" in window, { timeout: 10_000 }).toBe(true));
  expect(within).toBeGreaterThan(1_900);
  // 100 ms on a machine with nothing else to do: `npm run bench -- --panel` has the figure.
  expect(beside).toBeLessThan(within / 2);
});
