import { afterEach, expect, test, vi } from "vitest";
import { addPanel, frameOf, manifestUrl, next, type Panel } from "./support.js";

/* Views of another age than this host, and another copy of the host on the page. */

const heard: Record<string, unknown>[] = [];
const listen = ({ data }: MessageEvent) => {
  if (data?.at === "view") heard.push(data as Record<string, unknown>);
};
window.addEventListener("message", listen);
afterEach(() => {
  heard.length = 0;
});

const rawView = (age: "old" | "new") =>
  addPanel({}, { query: { with: JSON.stringify(rawSurfaces(age)), required: "" } });
const rawSurfaces = (age: string) => ({
  surfaces: { link: { entry: "/partner/page" }, panel: { views: { issue: { entry: `/partner/raw?age=${age}` } } } },
});
const methods = () => heard.map(({ method }) => method);

test("an older view, which lacks most words: whatever the host says or asks, the panel goes on as far as it can", async () => {
  const panel = rawView("old");
  panel.addEventListener("partner-consentrequest", (event) => event.respondWith(["ticket:read"]));
  const errors: unknown[] = [];
  panel.addEventListener("partner-error", ({ code }) => errors.push(code));
  await panel.ready;
  const frame = frameOf(panel);
  panel.suspend();
  panel.resume();
  panel.context = { ticketId: "T-43" };
  panel.theme = "dark";
  panel.locale = "ar";
  await panel.updateComplete;
  await panel.grantScopes(["ticket:write"]);
  panel.focus({ edge: "start" });
  expect(await panel.requestDisplay("dialog")).toEqual({ mode: "dialog" });
  expect(await panel.requestDisplay("inline")).toEqual({ mode: "inline" });
  for (const word of ["panel.suspend", "panel.resume", "panel.context", "panel.theme", "rpc.grant", "panel.displayed"])
    await expect.poll(methods, { message: word }).toContain(word);
  await expect(panel.remote.view.seen()).rejects.toMatchObject({ code: "METHOD_NOT_FOUND" });
  expect([panel.state, errors]).toEqual(["ready", []]);
  expect(frameOf(panel)).toBe(frame);
  // One that cannot be sent somewhere gets a new document, and one that cannot be asked whether it may be closed is closed.
  const again = next(panel, "partner-ready");
  void panel.navigate("/partner/raw?age=old&there");
  await again;
  expect(await panel.requestClose({ reason: "done" })).toEqual({ closed: true });
  expect(errors).toEqual([]);
});

test("a newer view, which says more: in the version that both know, and what is unknown is no strike", async () => {
  const panel = rawView("new");
  panel.addEventListener("partner-consentrequest", (event) => event.respondWith(["ticket:read"]));
  await panel.ready;
  await expect
    .poll(() => heard)
    .toContainEqual({ at: "view", error: expect.objectContaining({ data: { code: "METHOD_NOT_FOUND" } }) });
  expect(heard).toContainEqual({ at: "view", version: "1.0.0" });
  expect(frameOf(panel)?.offsetHeight).toBe(333);
  expect(panel.state).toBe("ready");
});

type Copies = Window &
  typeof globalThis & {
    partnerPanel?: unknown;
    otherPanel?: { PartnerPanel?: unknown; configurePartners(config: object): void };
  };

/** The page of docs/script-tag.md, with a second script beside the first: another copy, of another version. */
async function pageOfTwo(): Promise<HTMLIFrameElement> {
  const page = document.createElement("iframe");
  page.src = `/script-tag/page?${new URLSearchParams({ manifest: manifestUrl({ n: "two" }), second: "" })}`;
  const loaded = new Promise((resolve) => page.addEventListener("load", resolve, { once: true }));
  document.body.append(page);
  await loaded;
  return page;
}

test("two versions on a page: the first one serves, the second one says so in the console, and neither throws", async () => {
  const page = await pageOfTwo();
  const view = page.contentWindow as Copies & { told?: string[]; errors?: string[] };
  const panel = page.contentDocument?.querySelector("partner-panel") as unknown as Panel;
  await panel.ready;
  expect(view.otherPanel?.PartnerPanel).toBeTypeOf("function");
  expect(panel).not.toBeInstanceOf(view.otherPanel?.PartnerPanel);
  expect(view.errors).toEqual([]);
  expect(view.told).toEqual([expect.stringContaining("another copy or version of @partner-panel/host")]);
  // The control: who does not look first throws.
  expect(() => view.customElements.define("partner-panel", class extends view.HTMLElement {})).toThrow("already");
  // What is said to the second copy is not for the first one's panels, and takes nothing from them.
  view.otherPanel?.configurePartners({ partners: {} });
  await vi.waitFor(() => expect(panel.state).toBe("ready"));
  panel.reload();
  await panel.ready;
});
