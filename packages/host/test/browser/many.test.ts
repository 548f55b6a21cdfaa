import { configurePartners, PartnerPanel } from "@partner-panel/host";
import { implement } from "@partner-panel/postmessage-rpc";
import { expect, test, vi } from "vitest";
import { desk, remoteControl } from "./partner/contracts.js";
import { addPanel, everything, frameOf, manifestUrl, next, type Panel, part, viewCalls } from "./support.js";

vi.setConfig({ testTimeout: 60_000 });

const handlers = implement(desk, {
  "ticket.get": ({ id }) => ({ id, priority: "low" }),
  "ticket.changes": async function* () {},
  "ticket.update": (ticket) => ticket,
});

/** As many panels as names, each showing that partner's view. */
function panels(names: readonly string[], attributes: Record<string, string> = {}): Panel[] {
  return names.map((partner) => {
    const panel = document.createElement("partner-panel") as unknown as Panel;
    panel.use = remoteControl;
    for (const [name, value] of Object.entries({ partner, view: "issue", label: partner, ...attributes }))
      panel.setAttribute(name, value);
    document.body.append(panel);
    return panel;
  });
}

test("50 panels, one of them hostile: it is cut off, and 49 are ready and answer; each manifest is fetched once", async () => {
  const names = ["trackwell", "mallory"];
  const partners = {
    trackwell: manifestUrl({ n: "many" }),
    mallory: manifestUrl({ n: "mallory", entry: "?hostile" }),
  };
  configurePartners({
    partners,
    policy: Object.fromEntries(names.map((name) => [name, everything])),
    provide: handlers,
  });
  const named = Array.from({ length: 50 }, (_, index) => (index === 7 ? "mallory" : "trackwell"));
  // Fifty documents at once, with their modules one by one: no panel's limit is what this is about.
  const all = panels(named, { timeout: "50000" });
  const hostile = all[7] as Panel;
  const honest = all.filter((panel) => panel !== hostile);
  const errors: unknown[] = [];
  for (const panel of honest) panel.addEventListener("partner-error", ({ code }) => errors.push(code));
  const failed = next(hostile, "partner-error");
  await Promise.all(honest.map(({ ready }) => ready));
  expect((await failed).code).toBe("QUARANTINED");
  expect(frameOf(hostile)).toBe(null);
  await Promise.all(honest.map((panel) => panel.grantScopes(["ticket:write"])));
  const ticket = { id: "T-1", priority: "high" };
  const answers = await Promise.all(honest.map((panel) => viewCalls(panel, "ticket.update", ticket)));
  expect(answers).toEqual(honest.map(() => ({ result: ticket })));
  expect(errors).toEqual([]);
  expect(new Set(all.map(({ instanceId }) => instanceId)).size).toBe(50);
  for (const url of Object.values(partners)) expect(performance.getEntriesByName(url)).toHaveLength(1);
});

test("50 lazy panels of a long page: only those near the viewport begin", async () => {
  configurePartners({ partners: { trackwell: manifestUrl({ n: "lazy" }) } });
  const all = panels(Array<string>(50).fill("trackwell"), { loading: "lazy", "min-height": "200" });
  for (const panel of all) panel.style.minHeight = "200px";
  const isNear = (panel: Panel) => panel.getBoundingClientRect().top < window.innerHeight + 256;
  const near = all.filter(isNear);
  expect(near.length).toBeLessThan(20);
  await Promise.all(near.map(({ ready }) => ready));
  expect(all.filter(({ state }) => state !== "idle")).toEqual(near);
  all.at(-1)?.scrollIntoView();
  await all.at(-1)?.ready;
  expect(all[25]?.state).toBe("idle");
});

test("`ready` or `error` comes, exactly once for each showing", async () => {
  const showings: [string, Parameters<typeof addPanel>[1]][] = [
    ["in order", {}],
    ["signed in", { query: { auth: "", entry: "?signin=done" } }],
    ["no manifest", { query: { status: "404" } }],
    ["a manifest with a fault", { query: { fault: "" } }],
    ["a view that stops", { query: { entry: "?stop=hello" } }],
    ["a view that refuses", { query: { entry: "?refuse" } }],
    ["a view that fails to sign in", { query: { auth: "", entry: "?signin=TOKEN_REFUSED" } }],
    ["a view that breaks the wire", { query: { entry: "?hostile" } }],
    ["no plan for it", { query: { required: "" }, plan: () => [] }],
    ["another version", { query: { with: JSON.stringify({ protocol: "^2.0.0" }) } }],
  ];
  for (const [how, config] of showings) {
    const told: string[] = [];
    const panel = addPanel({ timeout: "1000" }, config);
    panel.addEventListener("partner-ready", () => told.push("ready"));
    panel.addEventListener("partner-error", () => told.push("error"));
    const promised: string[] = [];
    void panel.ready.then(
      () => promised.push("ready"),
      () => promised.push("error"),
    );
    await expect.poll(() => told.length, { message: how, timeout: 5_000 }).toBe(1);
    // What is still under way, and another look of the page at its policy, add none.
    panel.requestUpdate();
    await panel.updateComplete;
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    expect(told, how).toEqual([panel.state]);
    expect(promised, how).toEqual([panel.state]);
    panel.remove();
  }
});

test("a manifest of another protocol's range → VERSION_MISMATCH, and there is never a frame", async () => {
  for (const [protocol, state] of [
    ["^1.0.0", "ready"],
    ["^1.1.0", "error"],
    ["^2.0.0", "error"],
    ["^0.9.0", "error"],
  ] as const) {
    const frames: Node[] = [];
    const panel = addPanel({}, { query: { with: JSON.stringify({ protocol }) } });
    const observer = new MutationObserver((records) => {
      for (const { addedNodes } of records)
        frames.push(...[...addedNodes].filter((node) => node instanceof HTMLIFrameElement));
    });
    if (panel.shadowRoot) observer.observe(panel.shadowRoot, { subtree: true, childList: true });
    await panel.ready.catch(() => {});
    observer.disconnect();
    expect(panel.state, protocol).toBe(state);
    expect(frames.length, protocol).toBe(state === "ready" ? 1 : 0);
    if (state === "error")
      expect(panel.error).toMatchObject({ code: "VERSION_MISMATCH", phase: "handshake", retryable: false });
  }
});

test("a second copy of the package does not throw, and the first one serves", async () => {
  const first = customElements.get("partner-panel");
  // This package's sources, where the tests use what they are built to: other modules, other classes, the same names.
  const copy = (name: string) => import(/* @vite-ignore */ `/packages/host/src/${name}.ts`);
  await copy("define");
  const { PartnerPanel: Second } = (await copy("partner-panel")) as { PartnerPanel: unknown };
  expect(Second).toBeTypeOf("function");
  expect(Second).not.toBe(PartnerPanel);
  expect(customElements.get("partner-panel")).toBe(first);
  const panel = addPanel();
  await panel.ready;
  expect(panel).toBeInstanceOf(first);
});

test("offline at the beginning: begins by itself when the browser is online again", async () => {
  const fetch = vi.spyOn(window, "fetch").mockRejectedValueOnce(new TypeError("Failed to fetch"));
  const onLine = vi.spyOn(navigator, "onLine", "get").mockReturnValue(false);
  try {
    const panel = addPanel();
    await next(panel, "partner-error");
    window.dispatchEvent(new Event("offline"));
    await panel.updateComplete;
    expect(part(panel, "error")?.querySelector("slot")?.name).toBe("offline");
    expect(panel.shadowRoot?.querySelector(".announcement")?.textContent).toContain("You seem to be offline.");
    onLine.mockReturnValue(true);
    window.dispatchEvent(new Event("online"));
    await next(panel, "partner-ready");
  } finally {
    fetch.mockRestore();
    onLine.mockRestore();
  }
});

test("online again: an open panel goes on, and one that a person said No to asks nobody anew", async () => {
  const open = addPanel();
  await open.ready;
  const { instanceId } = open;
  const panel = document.createElement("partner-panel") as unknown as Panel;
  let asked = 0;
  panel.addEventListener("partner-consentrequest", (event) => {
    asked += 1;
    event.respondWith([]);
  });
  configurePartners({
    partners: { trackwell: open.manifest ? manifestUrl({ n: "online", required: "" }) : "" },
    policy: { trackwell: everything },
  });
  for (const [name, value] of Object.entries({ partner: "trackwell", view: "issue", label: "Refused" }))
    panel.setAttribute(name, value);
  document.body.append(panel);
  expect((await next(panel, "partner-error")).code).toBe("CONSENT_REFUSED");
  // It began anew with the page's new configuration, and asks its user by now: what is still on its way there does begin anew.
  await expect.poll(() => open.state, { timeout: 10_000 }).toBe("consenting");
  const state = open.state;
  const before = open.instanceId;
  expect(before).not.toBe(instanceId);
  window.dispatchEvent(new Event("online"));
  await new Promise((resolve) => requestAnimationFrame(resolve));
  expect(asked).toBe(1);
  expect(panel.state).toBe("error");
  expect([open.state, open.instanceId]).toEqual([state, before]);
});
