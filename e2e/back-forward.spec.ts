import { readFileSync } from "node:fs";
import { stateOf } from "./support/desk.js";
import { moduleAt, pageWith } from "./support/modules.js";
import { expectSignedIn, openBy, pressForQa, tokensOfPanels } from "./support/sign-in.js";
import { expect, test } from "./support/test.js";

// Playwright turns Chromium's back/forward cache off; Firefox has its own with the settings of the project, which are said again here.
test.use({
  launchOptions: {
    ignoreDefaultArgs: ["--disable-popup-blocking", "--disable-back-forward-cache"],
    firefoxUserPrefs: { "fission.webContentIsolationStrategy": 0, "dom.disable_open_during_load": true },
  },
});

const script = readFileSync(new URL("../packages/host/dist/script/partner-panel.js", import.meta.url), "utf8");

/** Headers for which one engine or the other keeps no page: the control. */
const unkept = { "cache-control": "no-store", "cross-origin-opener-policy": "same-origin-allow-popups" };

/** A host page that tells whether it was restored, once its panel is ready, and that can have its panel called in both directions. */
const hostPage = (manifest: string) => `<!doctype html><script src="/partner-panel.js"></script><script>
  const { defineContract, method, implement } = partnerPanel;
  partnerPanel.configurePartners({
    partners: { echo: "${manifest}" },
    policy: { echo: { scopes: [] } },
    provide: implement(defineContract({ "host.echo": method({ scope: null }) }), { "host.echo": () => "from the host" }),
  });
  const use = defineContract({ "view.echo": method({ scope: null }) });
</script><partner-panel id=panel partner=echo view=echo label="Echo"></partner-panel><script>
  panel.use = use;
  addEventListener("pageshow", async ({ persisted }) => {
    await panel.ready;
    fetch("/told?" + (persisted ? "restored" : "loaded"));
  });
</script>`;

/** Asked by its host, it asks its host before it answers. */
const viewPage = (host: string) =>
  pageWith(`
    import { connect } from "@partner-panel/partner";
    import { defineContract, implement, method } from "@partner-panel/postmessage-rpc";
    const panel = await connect({
      hosts: ["${host}"],
      auth: false,
      contract: defineContract({ "host.echo": method({ scope: null }) }),
      provide: implement(defineContract({ "view.echo": method({ scope: null }) }), {
        "view.echo": async () => { await panel.host.host.echo(); },
      }),
    });
    panel.ready();
  `);

test("a page with a panel is kept when it is left; restored, the session goes on in both directions", async ({
  ui,
  site,
}) => {
  // Told by the page, for WebKit's driver may hang where it looks at a page that is just coming.
  const told: string[] = [];
  let host = "";
  const partner = await site("partner", (path) => {
    if (path === "/view") return { headers: { "cache-control": "max-age=60" }, body: viewPage(host) };
    if (path !== "/partner-panel.json") return moduleAt(path);
    const { origin } = partner;
    const surfaces = { link: { entry: "/" }, panel: { views: { echo: { entry: "/view", title: "Echo" } } } };
    const manifest = { manifest_version: 1, id: "localhost.echo", version: "1.0.0", name: "Echo", origin, surfaces };
    return {
      headers: { "content-type": "application/json", "access-control-allow-origin": "*" },
      body: JSON.stringify({ ...manifest, protocol: "^1.0.0", scopes: {} }),
    };
  });
  const other = await site("other", () => "<p>Another page</p>");
  const { origin } = await site("host", (path) => {
    const said = /^\/told\?(\w+)$/.exec(path)?.[1];
    if (said !== undefined) {
      told.push(said);
      return { status: 204 };
    }
    if (path === "/partner-panel.js") return { headers: { "content-type": "text/javascript" }, body: script };
    const headers = path === "/unkept" ? unkept : { "cache-control": "max-age=60" };
    return { headers, body: hostPage(`${partner.origin}/partner-panel.json`) };
  });
  host = origin;
  const instance = () =>
    ui.eval(() => (document.querySelector("#panel") as unknown as { instanceId: string }).instanceId);
  const called = () =>
    ui.eval(async () => {
      const panel = document.querySelector("#panel") as unknown as { remote: { view: { echo(): Promise<unknown> } } };
      await panel.remote.view.echo();
      return "answered";
    });
  const leaveAndReturn = async (page: string) => {
    told.length = 0;
    await ui.goto(page);
    await expect.poll(() => told).toEqual(["loaded"]);
    const before = await instance();
    expect(await called()).toBe("answered");
    await ui.goto(other.origin);
    await ui.eval(() => void setTimeout(() => history.back()));
    await expect.poll(() => told).toHaveLength(2);
    expect(await stateOf(ui, "#panel")).toBe("ready");
    expect(await called()).toBe("answered");
    return { told: [...told], isSame: (await instance()) === before };
  };
  expect(await leaveAndReturn(`${host}/`)).toEqual({ told: ["loaded", "restored"], isSame: true });
  await test.step("the control: a page that is not kept begins anew", async () => {
    expect(await leaveAndReturn(`${host}/unkept`)).toEqual({ told: ["loaded", "loaded"], isSame: false });
  });
});

/** How long the token lives that the view has when its page is put away. */
const life = 20_000;

// Desk's own page is kept by Chromium alone. Firefox keeps no page with a request under way, which Desk's live changes are; WebKitGTK none with a
// Cross-Origin-Opener-Policy, which Desk's pages have. Tried on the page above with nothing but that added: with either, it is loaded anew.
test("Desk's page goes into the back/forward cache; restored, the panel goes on with a token looked at anew @chromium", async ({
  ui,
  demo,
}) => {
  test.slow();
  await pressForQa(demo.addresses.trackwellId, "tokens-20");
  const view = await openBy(ui, demo, "");
  await expectSignedIn(ui, view, "Ada O.");
  const first = await tokensOfPanels(demo);
  expect(first).toHaveLength(1);
  const began = Date.now();
  await ui.eval(() => {
    const page = window as unknown as { told: unknown[] };
    page.told = [];
    window.addEventListener("pageshow", ({ persisted }) => page.told.push({ persisted }));
    for (const name of ["partner-statechange", "partner-error"])
      document.addEventListener(name, ({ type }) => page.told.push(type));
  });

  await ui.goto(`${demo.addresses.desk}/config.json`);
  await expect.poll(() => Date.now() - began, { timeout: life + 10_000 }).toBeGreaterThan(life);
  expect(await tokensOfPanels(demo), "nothing is renewed for a page that is put away").toEqual(first);

  await ui.eval(() => void setTimeout(() => history.back()));
  await expect.poll(() => ui.url()).toContain("/tickets/T-42");
  await expect.poll(() => stateOf(ui).catch(() => null)).toBe("ready");
  const told = () => ui.eval(() => (window as unknown as { told?: unknown[] }).told ?? null);
  expect(await told()).toEqual([{ persisted: true }]);
  // Got over the session: by an assertion that the view asked the host for.
  await expect.poll(() => tokensOfPanels(demo)).toHaveLength(2);
  expect(await stateOf(ui)).toBe("ready");
  expect(await told()).toEqual([{ persisted: true }]);
});
