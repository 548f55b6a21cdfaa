import { configurePartners, PanelError } from "@partner-panel/host";
import { expect, test } from "vitest";
import { commands } from "vitest/browser";
import { opened } from "./consent-support.js";
import { addPanel, calls, frameOf, manifestUrl, next, part, partnerOrigin, pause, viewCalls } from "./support.js";

test("goes from the tag to ready, and tells each state once", async () => {
  const panel = addPanel();
  const states: string[] = [];
  panel.addEventListener("partner-statechange", ({ state, previous }) => states.push(`${previous} → ${state}`));
  const event = await next(panel, "partner-ready");
  await panel.ready;
  expect(states).toEqual(["idle → loading", "loading → connecting", "connecting → ready"]);
  expect(event.instanceId).toBe(panel.instanceId);
  expect(panel.matches(":state(ready)")).toBe(true);
  expect(panel.matches(":state(connecting)")).toBe(false);
  expect(panel.error).toBe(null);
  expect(panel.manifest?.id).toBe("localhost.partner.issues");
  expect(panel.shadowRoot?.querySelector("[role=status]")?.textContent).toBe("Linked issue is ready.");
  expect(panel.shadowRoot?.querySelector(".stage")?.hasAttribute("data-hidden")).toBe(false);
});

test("inserts the frame with every attribute set, by manifest and policy, and without a name", async () => {
  const inserted: (string | null)[] = [];
  const panel = addPanel(
    {},
    { policy: { trackwell: { scopes: [], permissions: ["clipboard-write", "forms", "camera"] } } },
  );
  const observer = new MutationObserver((records) => {
    for (const { addedNodes } of records) {
      for (const node of addedNodes) if (node instanceof HTMLIFrameElement) inserted.push(node.getAttribute("src"));
    }
  });
  if (panel.shadowRoot) observer.observe(panel.shadowRoot, { subtree: true, childList: true });
  await panel.ready;
  observer.disconnect();
  const frame = frameOf(panel);
  expect(inserted).toEqual([`${partnerOrigin}/partner/view`]);
  expect(frame?.getAttribute("sandbox")).toBe("allow-scripts allow-same-origin allow-forms");
  expect(frame?.getAttribute("allow")).toBe(`clipboard-write ${partnerOrigin}`);
  expect(frame?.getAttribute("referrerpolicy")).toBe("strict-origin");
  expect(frame?.title).toBe("Linked issue");
  expect(frame?.hasAttribute("name")).toBe(false);
  expect(window.length).toBe(0);
  panel.label = "Another";
  await panel.updateComplete;
  expect(frameOf(panel)).toBe(frame);
  expect(frame?.title).toBe("Another");
});

test("tells the view who the host is, its looks and the context, in the welcome and live, the grant first", async () => {
  let open = "T-42";
  const panel = addPanel(
    { context: '{"ticketId":"T-42"}', theme: "dark", locale: "ar-EG", "time-zone": "Africa/Cairo" },
    {
      query: { required: "" },
      policy: { trackwell: () => ({ scopes: [{ scope: "ticket:read", where: { id: [open] } }] }) },
      designTokens: { "--color": "red" },
    },
  );
  panel.addEventListener("partner-consentrequest", (event) => event.respondWith(["ticket:read"]));
  await panel.ready;
  const { welcome, heard } = await panel.remote.view.seen();
  expect(welcome).toMatchObject({
    instanceId: panel.instanceId,
    context: { ticketId: "T-42" },
    colorScheme: "dark",
    locale: "ar-EG",
    timeZone: "Africa/Cairo",
    designTokens: { "--color": "red" },
  });
  expect(heard).toEqual(["opened"]);
  expect(await viewCalls(panel, "ticket.get", { id: "T-43" })).toMatchObject({ code: "SCOPE_DENIED" });

  open = "T-43";
  panel.context = { ticketId: "T-43" };
  panel.theme = "light";
  await panel.updateComplete;
  expect(await viewCalls(panel, "ticket.get", { id: "T-43" })).toEqual({ result: { id: "T-43", priority: "low" } });
  expect(await viewCalls(panel, "ticket.get", { id: "T-42" })).toMatchObject({ code: "SCOPE_DENIED" });
  const later = (await panel.remote.view.seen()).heard;
  expect(later[1]).toEqual({ context: { ticketId: "T-43" }, grant: [{ id: ["T-43"] }] });
  expect(later[2]).toMatchObject({ colorScheme: "light" });
  expect(calls).toEqual([{ id: "T-43" }]);

  // The page's own looks, wherever they are set, with nobody who tells the panel.
  Object.assign(panel, { theme: "auto", locale: "" });
  const { documentElement: root, body } = document;
  const lastHeard = async () => (await panel.remote.view.seen()).heard.at(-1);
  try {
    for (const colorScheme of ["dark", "light"]) {
      body.style.colorScheme = colorScheme;
      await expect.poll(lastHeard).toMatchObject({ colorScheme });
      expect(frameOf(panel)?.style.colorScheme).toBe(colorScheme);
    }
    panel.style.display = "none";
    await expect.poll(() => frameOf(panel)?.clientHeight).toBe(0);
    body.style.colorScheme = "dark";
    panel.style.display = "";
    await expect
      .poll(lastHeard, { message: "changed while it was not rendered" })
      .toMatchObject({ colorScheme: "dark" });
    root.lang = "ar";
    root.dir = "rtl";
    await expect.poll(lastHeard).toMatchObject({ locale: "ar", direction: "rtl" });
    await expect.poll(() => panel.shadowRoot?.querySelector(".announcement")?.textContent).toContain("جاهز");
  } finally {
    body.style.colorScheme = "";
    root.lang = "en";
    root.dir = "";
  }
});

test("a narrower policy holds when refreshPolicy returns; another permission takes a new frame", async () => {
  const policy = { scopes: [{ scope: "ticket:write" }], permissions: [] as string[] };
  const panel = addPanel({}, { policy: { trackwell: () => policy } });
  await panel.ready;
  await panel.grantScopes(["ticket:write"]);
  expect(panel.grant).toEqual([{ scope: "ticket:write" }]);
  const ticket = { id: "T-42", priority: "high" };
  expect(await viewCalls(panel, "ticket.update", ticket)).toEqual({ result: ticket });
  policy.scopes = [];
  panel.refreshPolicy();
  expect(panel.grant).toEqual([]);
  expect(await viewCalls(panel, "ticket.update", ticket)).toMatchObject({ code: "SCOPE_DENIED" });

  const frame = frameOf(panel);
  policy.permissions = ["forms"];
  panel.refreshPolicy();
  await next(panel, "partner-ready");
  expect(frameOf(panel)).not.toBe(frame);
  expect(frame?.isConnected).toBe(false);
  expect(frameOf(panel)?.getAttribute("sandbox")).toContain("allow-forms");
});

test("a view that reloads connects again in the same frame, without new consent", async () => {
  const panel = addPanel({}, { query: { required: "" } });
  let asked = 0;
  panel.addEventListener("partner-consentrequest", (event) => {
    asked += 1;
    event.respondWith(["ticket:read"]);
  });
  await panel.ready;
  const frame = frameOf(panel);
  await panel.remote.view.run({ what: "reload" });
  await next(panel, "partner-ready");
  expect(frameOf(panel)).toBe(frame);
  expect(asked).toBe(1);
  expect(await viewCalls(panel, "ticket.get", { id: "T-42" })).toHaveProperty("result");
});

test("a view that leaves for a page that says nothing is an error that can be retried", async () => {
  const panel = addPanel({ timeout: "1500" });
  await panel.ready;
  await panel.remote.view.run({ what: "leave" });
  const { code, phase, retryable, hint } = await next(panel, "partner-error");
  expect({ code, phase, retryable }).toEqual({ code: "FRAMING_REFUSED", phase: "load", retryable: true });
  expect(hint).toContain("frame-ancestors");
  expect(frameOf(panel)).toBe(null);
  part(panel, "retry-button")?.click();
  await next(panel, "partner-ready");
});

test("a view that leaves for another site, which says a perfect hello: everything pending fails, and the frame goes", async () => {
  const panel = addPanel();
  await panel.ready;
  const pending = viewCalls(panel, "panel.scopes.request", { scopes: ["ticket:write"] });
  pending.catch(() => {});
  const failed = next(panel, "partner-error");
  await panel.remote.view.run({ what: "defect" });
  const { code, phase, retryable } = await failed;
  expect({ code, phase, retryable }).toEqual({ code: "ORIGIN_MISMATCH", phase: "handshake", retryable: false });
  await expect(pending).rejects.toMatchObject({ code: "SESSION_CLOSED" });
  await pause(300);
  expect(frameOf(panel)).toBe(null);
  expect(part(panel, "consent")).toBe(null);
  expect(panel.state).toBe("error");
});

test("calls made before there is a session wait for it, within bounds", async () => {
  const panel = addPanel();
  await panel.updateComplete;
  const early = Array.from({ length: 33 }, () => panel.remote.view.seen());
  const settled = await Promise.allSettled(early);
  expect(settled.map(({ status }) => status)).toEqual([...Array.from({ length: 32 }, () => "fulfilled"), "rejected"]);
  expect(settled[32]).toMatchObject({ reason: { code: "BUSY" } });
});

test("two panels of one partner are two sessions, and share one fetch of the manifest", async () => {
  const url = manifestUrl({ shared: crypto.randomUUID() });
  const partners = { trackwell: url };
  const first = addPanel({}, { partners });
  const second = addPanel({ view: "issue" }, { partners });
  await Promise.all([first.ready, second.ready]);
  expect(first.instanceId).not.toBe(second.instanceId);
  expect(performance.getEntriesByName(url).length).toBe(1);
  first.remove();
  expect(await viewCalls(second, "ticket.get", { id: "T-1" })).toMatchObject({ code: "SCOPE_DENIED" });
});

test("a removed element leaves nothing: calls reject at once, the frame is gone, and it comes back whole", async () => {
  const panel = addPanel();
  await panel.ready;
  const pending = panel.remote.view.call({ name: "panel.scopes.request", params: { scopes: ["ticket:write"] } });
  await pause(50);
  panel.remove();
  await expect(pending).rejects.toMatchObject({ code: "SESSION_CLOSED" });
  expect(panel.state).toBe("closed");
  expect(frameOf(panel)).toBe(null);
  await pause(50);
  expect(part(panel, "consent")).toBe(null);
  document.body.append(panel);
  await next(panel, "partner-ready");
  await panel.ready;
});

test("removal before ready rejects ready, and nothing arrives later", async () => {
  const panel = addPanel();
  const ready = panel.ready;
  await panel.updateComplete;
  panel.remove();
  await expect(ready).rejects.toBeInstanceOf(PanelError);
  await pause(500);
  expect(panel.state).toBe("closed");
});

test("waits for configurePartners, and follows a second call", async () => {
  const panel = addPanel({ partner: "later" });
  const { code } = await next(panel, "partner-error");
  expect(code).toBe("PARTNER_UNKNOWN");
  configurePartners({ partners: { later: manifestUrl({ n: "later" }) } });
  await next(panel, "partner-ready");
});

test("lazy: begins when it comes near the viewport", async () => {
  const spacer = document.createElement("div");
  spacer.style.height = "5000px";
  document.body.append(spacer);
  const panel = addPanel({ loading: "lazy" });
  await pause(300);
  expect(panel.state).toBe("idle");
  panel.scrollIntoView();
  await next(panel, "partner-ready");
});

test("height: follows the view within its bounds, and ignores a shrink of 4 px", async () => {
  const panel = addPanel({ "max-height": "500" });
  await panel.ready;
  const frame = frameOf(panel);
  expect(frame?.offsetHeight).toBe(200);
  for (const [reported, height] of [
    [300.4, 301],
    [298, 301],
    [297, 301],
    [296, 296],
    [90, 200],
    [4_000, 500],
  ] as const) {
    await panel.remote.view.say({ name: "panel.size", params: { height: reported } });
    await pause(20);
    expect(frame?.offsetHeight, `${reported} reported`).toBe(height);
  }
  // Other bounds: what the view said last counts, for it has nothing new to say.
  panel.maxHeight = 0;
  await panel.updateComplete;
  expect(frame?.offsetHeight).toBe(4_000);
  await panel.remote.view.say({ name: "panel.size", params: { height: 90 } });
  await expect.poll(() => frame?.offsetHeight).toBe(200);
  panel.minHeight = 100;
  await panel.updateComplete;
  expect(frame?.offsetHeight).toBe(100);
});

test("audit: each decision is an event and in the ring, with partner and instance", async () => {
  const panel = addPanel();
  await panel.ready;
  const denied = new Promise((resolve) => {
    panel.addEventListener("partner-audit", ({ record }) => {
      if (record.decision === "denied") resolve(record);
    });
  });
  await viewCalls(panel, "ticket.get", { id: "T-42" });
  expect(await denied).toMatchObject({
    partner: "trackwell",
    instance: panel.instanceId,
    method: "ticket.get",
    scope: "ticket:read",
    reason: "SCOPE_DENIED",
  });
});

test("everything speaks one language: what the panel says of the partner, and what it has the partner say", async () => {
  const names = { en: "Issues", de: "Vorgänge" };
  const views = { issue: { entry: "/partner/view", title: { en: "Linked issue", de: "Verknüpfter Vorgang" } } };
  const surfaces = { link: { entry: "/partner/page" }, panel: { views } };
  const query = { required: "", with: JSON.stringify({ name: names, surfaces }) };
  document.body.lang = "de-AT";
  try {
    const panel = addPanel({ label: "" }, { query });
    const dialog = await opened(panel);
    expect(dialog.querySelector("h2")?.textContent).toBe("Allow Vorgänge?");
    await commands.key("Escape");
    await expect.poll(() => part(panel, "consent-badge")?.textContent).toContain("Vorgänge asks");
    expect(frameOf(panel)?.title).toBe("Verknüpfter Vorgang");
  } finally {
    document.body.removeAttribute("lang");
  }
});
