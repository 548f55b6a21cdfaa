/** A panel before the code that runs it is there, on a page of its own that has not loaded it. */
import { configurePartners, type PartnerPanel, signOut } from "@partner-panel/host";
import { afterEach, describe, expect, test } from "vitest";
import { remoteControl } from "./partner/contracts.js";
import { manifestUrl, type Panel } from "./support.js";

const soon = <T>(read: () => T) => expect.poll(read, { timeout: 10_000 });
let page: HTMLIFrameElement | null = null;

afterEach(() => page?.remove());

const fetches = () =>
  (page?.contentWindow as (Window & typeof globalThis) | null)?.performance
    .getEntriesByType("resource")
    .filter(({ name }) => name.includes("start=")).length;

/** @param late milliseconds until the manifest comes. */
async function onNewPage(how: Record<string, string>, late = "0"): Promise<{ panel: PartnerPanel; come: () => void }> {
  const query = new URLSearchParams({
    script: "/packages/host/test/browser/partner/other-tab.ts",
    manifest: manifestUrl({ start: JSON.stringify(how), late }),
    user: "1",
    ...how,
  });
  const tab = document.createElement("iframe");
  page = tab;
  tab.src = `/test-page?${query}`;
  document.body.append(tab);
  const find = () => tab.contentDocument?.querySelector("partner-panel") ?? null;
  await soon(find).not.toBe(null);
  return {
    panel: find() as unknown as PartnerPanel,
    come: () => tab.contentWindow?.dispatchEvent(new Event("let-it-come")),
  };
}

/** A call of the view, which waits. */
async function called(panel: PartnerPanel): Promise<Promise<unknown>[]> {
  (panel as unknown as Panel).use = remoteControl;
  await panel.updateComplete;
  const call = (panel as unknown as Panel).remote.view.seen(undefined);
  call.catch(() => {});
  return [call];
}

const shown = (panel: PartnerPanel) => panel.shadowRoot?.querySelector("[part=loading], [part=error]")?.textContent;

test("it loads beside the manifest, and says so; the panel is ready once both are there", async () => {
  const { panel, come } = await onNewPage({ code: "late" });
  await soon(() => panel.state).toBe("loading");
  expect(shown(panel)).toContain("Loading Linked issue…");
  await soon(fetches).toBe(1);
  const { instanceId } = panel;
  expect(instanceId).toMatch(/^[0-9a-f]{24}$/);
  come();
  await panel.ready;
  expect(panel.state).toBe("ready");
  expect(panel.instanceId, "one showing").toBe(instanceId);
  expect(fetches(), "the manifest, fetched once").toBe(1);
});

test("it comes before the manifest: that is waited for, and fetched once as well", async () => {
  const { panel } = await onNewPage({ code: "now" }, "1500");
  await panel.ready;
  expect(fetches()).toBe(1);
});

test("prewarmed, a panel has it at once, and asks for it no more", async () => {
  const { panel } = await onNewPage({ code: "once", prewarm: "" });
  await panel.ready;
  expect(fetches()).toBe(1);
});

test("it does not come: an error that says what to look at; tried again, it is ready", async () => {
  const { panel } = await onNewPage({ code: "missing" });
  await expect(panel.ready).rejects.toMatchObject({ code: "LOAD_TIMEOUT" });
  expect(panel.error).toMatchObject({ code: "LOAD_TIMEOUT", phase: "load", retryable: true });
  expect(panel.error?.hint).toContain("scripts");
  expect(panel.error?.instanceId).toBe(panel.instanceId);
  expect(panel.error?.cause).toMatchObject({ name: "TypeError" });
  await soon(() => shown(panel)).toContain("takes too long to answer");
  const retry = panel.shadowRoot?.querySelector<HTMLElement>("[part=retry-button]");
  retry?.click();
  await panel.ready;
  expect(panel.error).toBe(null);
});

test("it takes too long: the same, within the time limit; with a network again the panel begins by itself, as the page had said", async () => {
  const { panel, come } = await onNewPage({ code: "late", timeout: "500" });
  const audited: unknown[] = [];
  panel.addEventListener("partner-audit", ({ record: { method, reason } }) => audited.push([method, reason]));
  const [call] = await called(panel);
  panel.suspend();
  await expect(panel.ready).rejects.toMatchObject({ code: "LOAD_TIMEOUT" });
  expect(panel.state).toBe("error");
  await expect(call).rejects.toMatchObject({ code: "SESSION_CLOSED" });
  expect(audited).toEqual([
    ["view.seen", "SESSION_CLOSED"],
    [null, "LOAD_TIMEOUT"],
  ]);
  come();
  panel.timeout = 10_000;
  page?.contentWindow?.dispatchEvent(new Event("online"));
  come();
  await soon(() => panel.state).toBe("suspended");
});

test("what was called goes to nobody else: another partner by then, or no user any more", async () => {
  const { panel, come } = await onNewPage({ code: "late" });
  const [one] = await called(panel);
  panel.partner = "other";
  await expect(one).rejects.toMatchObject({ code: "SESSION_CLOSED" });
  panel.partner = "trackwell";
  const [two] = await called(panel);
  panel.signOut();
  expect(panel.state).toBe("signing-in");
  await expect(two).rejects.toMatchObject({ code: "SESSION_CLOSED" });
  // Its `user()` tells of somebody.
  panel.refreshPolicy();
  expect(panel.state).toBe("loading");

  // Another tab, as far as that page can tell.
  configurePartners({ partners: {}, user: () => "2" });
  signOut();
  configurePartners({ partners: {}, user: () => "1" });
  signOut();
  await soon(() => panel.state).toBe("signing-in");
  await soon(() => shown(panel) ?? panel.shadowRoot?.querySelector("[part=waiting]")?.textContent).toContain(
    "signed out",
  );
  const there = panel.requestDisplay("inline");
  come();
  await there;
  await panel.updateComplete;
  expect([panel.state, panel.manifest]).toEqual(["signing-in", null]);
  panel.reload();
  await panel.ready;
});

test("what was called before is done then", async () => {
  const { panel, come } = await onNewPage({ code: "late" });
  await soon(() => panel.state).toBe("loading");
  panel.suspend();
  const shownAs = panel.requestDisplay("dialog");
  come();
  expect(await shownAs).toEqual({ mode: "dialog" });
  await soon(() => panel.state).toBe("suspended");
});

test("taken out of the page before: closed, and nothing begins when it comes", async () => {
  const { panel, come } = await onNewPage({ code: "late" });
  await soon(() => panel.state).toBe("loading");
  const { ready } = panel;
  panel.remove();
  expect(panel.state).toBe("closed");
  await expect(ready).rejects.toMatchObject({ code: "SESSION_CLOSED" });
  const there = panel.requestClose();
  come();
  await there;
  expect(panel.state).toBe("closed");
  expect(panel.shadowRoot?.querySelector("iframe")).toBe(null);
  page?.contentDocument?.body.append(panel);
  await soon(() => panel.state).toBe("ready");
});

describe("a lazy panel that is far away", () => {
  /** The page has another one in view; the rest is about one that is not. */
  async function far(change: (panel: PartnerPanel) => void = () => {}): Promise<PartnerPanel> {
    const { panel } = await onNewPage({ code: "now", loading: "lazy" });
    const top = document.createElement("div");
    top.style.blockSize = "5000px";
    await soon(() => panel.state).not.toBe("closed");
    const far = panel.cloneNode() as PartnerPanel;
    change(far);
    page?.contentDocument?.body.append(top, far);
    await panel.ready;
    return far;
  }

  test("does not begin, until it is said to be eager", async () => {
    const panel = await far();
    expect(panel.state).toBe("idle");
    panel.loading = "eager";
    await panel.ready;
  });

  test("or to be shown above the page", async () => {
    const panel = await far();
    expect(panel.state).toBe("idle");
    panel.display = "dialog";
    await panel.ready;
  });

  test("begins at once where it always was to be shown there", async () => {
    const panel = await far((panel) => panel.setAttribute("display", "dialog"));
    await panel.ready;
  });
});
