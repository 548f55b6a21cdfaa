import { assertionFrom, auditLog, configurePartners, englishStrings, PanelError } from "@partner-panel/host";
import { expect, test, vi } from "vitest";
import { answer } from "./consent-support.js";
import { addPanel, frameOf, manifestUrl, next, type Panel, part, partnerOrigin, viewCalls } from "./support.js";

const cases: {
  title: string;
  attributes?: Record<string, string>;
  query?: Record<string, string>;
  expected: { phase: string; code: string; retryable: boolean };
}[] = [
  {
    title: "a partner that the page did not name",
    attributes: { partner: "constructor" },
    expected: { phase: "config", code: "PARTNER_UNKNOWN", retryable: false },
  },
  {
    title: "a view that the manifest lacks",
    attributes: { view: "toString" },
    expected: { phase: "config", code: "VIEW_UNKNOWN", retryable: false },
  },
  {
    title: "a context that is not JSON",
    attributes: { context: "{" },
    expected: { phase: "config", code: "CONFIG_REFUSED", retryable: false },
  },
  ...["https://evil.example/", "//evil.example", "javascript:alert(1)", "data:text/html,x", "\\\\evil.example"].map(
    (path) => ({
      title: `a path that leads to ${path}`,
      attributes: { path },
      expected: { phase: "config", code: "CONFIG_REFUSED", retryable: false },
    }),
  ),
  {
    title: "a manifest that answers 503",
    query: { status: "503" },
    expected: { phase: "config", code: "MANIFEST_UNREACHABLE", retryable: true },
  },
  {
    title: "a manifest that never comes",
    attributes: { timeout: "300" },
    query: { slow: "" },
    expected: { phase: "config", code: "MANIFEST_UNREACHABLE", retryable: true },
  },
  {
    title: "a manifest with a fault",
    query: { fault: "" },
    expected: { phase: "config", code: "MANIFEST_INVALID", retryable: false },
  },
  {
    title: "a manifest over 64 KiB",
    query: { bytes: "70000" },
    expected: { phase: "config", code: "MANIFEST_INVALID", retryable: false },
  },
  {
    title: "a view whose page never comes",
    attributes: { view: "endless", timeout: "600" },
    expected: { phase: "load", code: "LOAD_TIMEOUT", retryable: true },
  },
  {
    title: "a view that loads and says nothing",
    attributes: { view: "mute", timeout: "600" },
    expected: { phase: "load", code: "FRAMING_REFUSED", retryable: true },
  },
  {
    title: "a view that says hello and hears no welcome",
    attributes: { view: "deaf", timeout: "600" },
    expected: { phase: "handshake", code: "HANDSHAKE_TIMEOUT", retryable: true },
  },
  {
    title: "a view that the server redirects to another site, which says a perfect hello",
    attributes: { view: "redirected" },
    expected: { phase: "handshake", code: "ORIGIN_MISMATCH", retryable: false },
  },
  {
    title: "a view that does not name this host",
    query: { entry: "?refuse" },
    expected: { phase: "handshake", code: "EMBEDDER_REFUSED", retryable: false },
  },
  {
    title: "a view that never says ready",
    attributes: { timeout: "600" },
    query: { entry: "?stop" },
    expected: { phase: "session", code: "PARTNER_UNRESPONSIVE", retryable: true },
  },
  {
    title: "a view that says ready without the token that its manifest speaks of",
    attributes: { timeout: "600" },
    query: { auth: "" },
    expected: { phase: "session", code: "PARTNER_UNRESPONSIVE", retryable: true },
  },
  {
    title: "a view that begins to sign in and never ends",
    attributes: { timeout: "600" },
    query: { auth: "", entry: "?signin=never" },
    expected: { phase: "session", code: "PARTNER_UNRESPONSIVE", retryable: true },
  },
  ...["ASSERTION_REFUSED", "SIGN_IN_CANCELLED", "POPUP_BLOCKED", "ACCOUNT_NOT_LINKED"].map((code) => ({
    title: `a view whose sign-in fails with ${code}`,
    query: { auth: "", entry: `?signin=${code}` },
    expected: { phase: "sign-in", code, retryable: true },
  })),
  ...(["CONFIG_REFUSED", "MANIFEST_INVALID", "MANIFEST_UNREACHABLE"] as const).map((code) => ({
    title: `a view whose sign-in ends before it begins, by ${code}`,
    query: { auth: "", entry: `?signin=${code}` },
    expected: { phase: "config", code, retryable: code === "MANIFEST_UNREACHABLE" },
  })),
  {
    title: "a view whose sign-in fails with a code of its own",
    query: { auth: "", entry: "?signin=WHATEVER" },
    expected: { phase: "sign-in", code: "TOKEN_REFUSED", retryable: true },
  },
];

/** What the log says of this panel that is no call. */
const decisions = ({ instanceId }: Panel) =>
  auditLog()
    .records.filter(({ instance, method }) => instance === instanceId && method === null)
    .map(({ reason }) => reason);

for (const { title, attributes = {}, query = {}, expected } of cases) {
  test(`${title} → ${expected.code}`, async () => {
    const panel = addPanel(attributes, { query });
    const ready = panel.ready;
    const event = await next(panel, "partner-error");
    expect({ phase: event.phase, code: event.code, retryable: event.retryable }).toEqual(expected);
    expect(event.hint.length).toBeGreaterThan(10);
    expect(event.docsUrl).toBe(`docs/errors.md#${expected.code.toLowerCase()}`);
    expect(event.instanceId).toBe(panel.instanceId);
    expect(panel.state).toBe("error");
    expect(panel.error).toBe(event.error);
    await expect(ready).rejects.toBe(event.error);
    const told = expected.phase === "session" || expected.phase === "sign-in" ? [] : [expected.code];
    expect(decisions(panel)).toEqual(told);
    expect(frameOf(panel)).toBe(null);
    await panel.updateComplete;
    expect(part(panel, "error")?.textContent).toContain(expected.code);
    expect(part(panel, "retry-button")?.textContent).toContain(englishStrings.retry);
    expect(panel.shadowRoot?.querySelector("[role=status]")?.textContent).toContain("can’t be shown");
  });
}

test("the host's own origin is refused as a partner, and no frame is made", async () => {
  const panel = addPanel({}, { partners: { trackwell: "/partner/manifest.json" } });
  const { code } = await next(panel, "partner-error");
  expect(code).toBe("CONFIG_REFUSED");
  expect(frameOf(panel)).toBe(null);
});

test("a plan without a required scope → NOT_ENTITLED, with a way to the partner's own page", async () => {
  const panel = addPanel({}, { query: { required: "" }, plan: () => [] });
  const { code, phase } = await next(panel, "partner-error");
  expect({ code, phase }).toEqual({ code: "NOT_ENTITLED", phase: "consent" });
  expect(decisions(panel)).toEqual(["NOT_ENTITLED"]);
  await panel.updateComplete;
  expect(part(panel, "link")?.getAttribute("href")).toBe(`${partnerOrigin}/partner/page`);
});

test("a policy without a required scope → SURFACE_NOT_GRANTED, with a way to the partner's own page", async () => {
  const panel = addPanel({}, { query: { required: "" }, policy: { trackwell: { scopes: [] } } });
  const { code, phase, message } = await next(panel, "partner-error");
  expect({ code, phase }).toEqual({ code: "SURFACE_NOT_GRANTED", phase: "config" });
  expect(message).toContain("ticket:read");
  await panel.updateComplete;
  expect(part(panel, "link")?.getAttribute("href")).toBe(`${partnerOrigin}/partner/page`);
});

test("a policy that throws grants nothing: the panel is an error", async () => {
  let isBroken = false;
  const policy = () => {
    if (isBroken) throw new Error("secret");
    return { scopes: [] };
  };
  const panel = addPanel({}, { policy: { trackwell: policy } });
  await panel.ready;
  isBroken = true;
  panel.refreshPolicy();
  expect(panel.error?.code).toBe("CONFIG_REFUSED");
  expect(panel.error?.message).not.toContain("secret");
  expect(frameOf(panel)).toBe(null);
});

test("a view that fails says why to the host's code, and a retry helps", async () => {
  const panel = addPanel();
  await panel.ready;
  const failed = next(panel, "partner-error");
  // Its own answer is lost with the session.
  await panel.remote.view
    .say({ name: "panel.fail", params: { code: "NO_ISSUE", message: "None", expected: true } })
    .catch(() => {});
  const event = await failed;
  expect(event.code).toBe("PARTNER_FAILED");
  expect(event.cause).toEqual({ code: "NO_ISSUE", message: "None", expected: true });
  panel.reload();
  await next(panel, "partner-ready");
  expect(panel.error).toBe(null);
});

test("what reads the manifest does not come: the same as with the rest of the code, and with a network again the panel begins by itself", async () => {
  // Through it Vitest has dynamic imports go.
  type Load = () => Promise<unknown>;
  const runner = Reflect.get(globalThis, "__vitest_browser_runner__") as { wrapDynamicImport(load: Load): unknown };
  const { wrapDynamicImport } = runner;
  vi.spyOn(runner, "wrapDynamicImport").mockImplementation((load) =>
    `${load}`.includes("read-manifest")
      ? Promise.reject(new TypeError("Failed to fetch"))
      : wrapDynamicImport.call(runner, load),
  );
  const panel = addPanel();
  expect(await next(panel, "partner-error")).toMatchObject({ code: "LOAD_TIMEOUT", phase: "load", retryable: true });
  vi.restoreAllMocks();
  window.dispatchEvent(new Event("online"));
  await panel.ready;
});

test("begun anew by who hears of the state first: what was the matter before is not what is to be ready now", async () => {
  const panel = addPanel({ view: "nothing" });
  const begun = new Promise<Promise<void>[]>((resolve) =>
    panel.addEventListener("partner-statechange", ({ state }) => {
      if (state !== "error") return;
      panel.view = "issue";
      panel.reload();
      resolve([panel.ready]);
    }),
  );
  const [ready] = await begun;
  await ready;
  expect(panel.state).toBe("ready");
});

test("a failed manifest is fetched again by a retry", async () => {
  const url = manifestUrl({ n: "comes-back" });
  const panel = addPanel({}, { partners: { trackwell: `${url}&status=500` } });
  await next(panel, "partner-error");
  configurePartners({ partners: { trackwell: url } });
  await next(panel, "partner-ready");
});

test("sign-in required is a state, no error, until it is called off", async () => {
  const panel = addPanel({ timeout: "400" }, { query: { auth: "", entry: "?signin=SIGN_IN_REQUIRED" } });
  const states: string[] = [];
  panel.addEventListener("partner-statechange", ({ state }) => states.push(state));
  await expect.poll(() => part(panel, "cancel-button")).not.toBe(null);
  await new Promise((resolve) => setTimeout(resolve, 800));
  expect(panel.state).toBe("signing-in");
  part(panel, "cancel-button")?.click();
  await expect(panel.ready).rejects.toBeInstanceOf(PanelError);
  expect(panel.error).toMatchObject({ code: "SIGN_IN_REQUIRED", phase: "sign-in" });
  expect(states).toEqual(["loading", "connecting", "signing-in", "error"]);
});

test("a session that ended is told from one that never began", async () => {
  const words = (panel: HTMLElement) => panel.shadowRoot?.querySelector("[part=waiting]")?.textContent;
  const before = addPanel({}, { query: { auth: "", entry: "?signin=SIGN_IN_REQUIRED" } });
  await expect.poll(() => words(before)).toContain("You need to sign in");
  const panel = addPanel({}, { query: { auth: "", entry: "?signin=done" } });
  await panel.ready;
  for (let time = 0; time < 2; time++) {
    panel.remote.view.say({ name: "panel.signIn", params: { state: "failed", code: "SIGN_IN_REQUIRED" } });
    await expect.poll(() => words(panel)).toContain("Your session has ended");
  }
  panel.remote.view.say({ name: "panel.signIn", params: { state: "done" } });
  await expect.poll(() => panel.state).toBe("ready");
});

test("assertion: the host page checks key and scope, and its back end gets name, key and scope", async () => {
  const panel = addPanel(
    {},
    {
      query: { auth: "", id: "com.somebody.else", entry: "?signin=done" },
      signIn: { trackwell: assertionFrom("/partner/assertion", { headers: () => ({ authorization: "Bearer x" }) }) },
    },
  );
  await panel.ready;
  const jkt = "a".repeat(43);
  const { result } = await viewCalls(panel, "panel.assertion", { jkt, scope: "issues:read" });
  const { assertion } = result as { assertion: string };
  // The name that the page gave, whatever the manifest calls itself.
  expect(JSON.parse(atob(assertion))).toEqual({ jkt, scope: "issues:read", partner: "trackwell" });
  for (const params of [
    { jkt, scope: "issues:read issues:write" },
    { jkt, scope: "" },
    { jkt: "short", scope: "issues:read" },
  ]) {
    expect(await viewCalls(panel, "panel.assertion", params)).toMatchObject({ code: "ASSERTION_REFUSED" });
  }
});

test("assertion: no session at the host is SIGN_IN_REQUIRED, no strategy and the policy's No are ASSERTION_REFUSED", async () => {
  const params = { jkt: "a".repeat(43), scope: "issues:read" };
  const query = { auth: "", entry: "?signin=done" };
  const signIn = { trackwell: assertionFrom("/partner/assertion") };
  const nobody = addPanel({}, { query, signIn });
  await nobody.ready;
  expect(await viewCalls(nobody, "panel.assertion", params)).toMatchObject({ code: "SIGN_IN_REQUIRED" });
  const without = addPanel({}, { query });
  await without.ready;
  expect(await viewCalls(without, "panel.assertion", params)).toMatchObject({ code: "ASSERTION_REFUSED" });
  const refused = addPanel({}, { query, signIn, policy: { trackwell: { scopes: [], auth: [] } } });
  await refused.ready;
  expect(await viewCalls(refused, "panel.assertion", params)).toMatchObject({ code: "ASSERTION_REFUSED" });
});

test("one panel's short time limit is its own: the others go on waiting for the manifest that they share", async () => {
  const partners = { trackwell: manifestUrl({ late: "1500", n: crypto.randomUUID() }) };
  const patient = addPanel({}, { partners });
  const hasty = addPanel({ timeout: "300" }, { partners });
  expect(await next(hasty, "partner-error")).toMatchObject({ code: "MANIFEST_UNREACHABLE" });
  await patient.ready;
});

test("where nobody is asked again there is no retry that could only fail", async () => {
  const panel = addPanel({}, { query: { required: "", id: "localhost.partner.no-retry" } });
  for (const isLast of [false, false, true]) {
    const refused = next(panel, "partner-error");
    await answer(panel, "deny");
    expect(await refused).toMatchObject({ code: "CONSENT_REFUSED", retryable: !isLast });
    await panel.updateComplete;
    expect(part(panel, "error")?.textContent).toContain("CONSENT_REFUSED");
    const retry = part(panel, "retry-button");
    if (isLast) expect(retry).toBe(null);
    else retry?.click();
  }
});
