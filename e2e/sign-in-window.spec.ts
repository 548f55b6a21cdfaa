import { offered, openWindow, openWith } from "./support/attacker.js";
import type { TestDemo } from "./support/demo.js";
import { moduleAt, pageWith } from "./support/modules.js";
import { expect, test } from "./support/test.js";
import type { Surface, Ui } from "./support/ui.js";

/*
 * The sign-in table of the attack catalogue, its rows about the window of mode `code`, where the demo's own stories do not have them: an answer that is
 * not the one to this sign-in, and a window that the host's page cuts off. What the callback and the relay page hand to whom: sign-in-pages.spec.ts.
 */

/** From the view: the `state` of its sign-in, which no attacker has, and how often it asked for a token. */
const watchView = (view: Surface) =>
  view.eval(() => {
    const page = window as unknown as { state: string; asked: number };
    page.asked = 0;
    const original = window.fetch;
    window.fetch = (input, init) => {
      const url = String(input instanceof Request ? input.url : input);
      if (url.endsWith("/token")) page.asked += 1;
      const pushed = new URLSearchParams(init?.body instanceof URLSearchParams ? init.body : String(init?.body ?? ""));
      page.state = pushed.get("state") ?? page.state;
      return original(input, init);
    };
  });

const seen = (view: Surface) =>
  view.eval(() => {
    const { state, asked } = window as unknown as { state: string; asked: number };
    return { state, asked };
  });

for (const [what, change, asked] of [
  ["of another sign-in", { state: "x".repeat(43) }, 0],
  ["of another provider, which is mixed up with the right one", { iss: "desk" }, 0],
  ["that does not name its provider", { iss: "" }, 0],
  ["that names two", { iss: "both" }, 0],
  // The control: with all of that as it should be the code is sent to the provider, to whom it is a stranger's.
  ["with a code of nobody's", {}, 1],
] as const) {
  test(`an answer ${what} gets ${asked} codes sent anywhere @cookies`, async ({ ui, demo }) => {
    const { deskId, trackwell, trackwellId } = demo.addresses;
    const view = await openWith(ui, demo, "code", "ada");
    await expect.poll(() => view.visible("#sign-in")).toBe(true);
    await watchView(view);
    const popup = await openWindow(ui, view, demo);
    const { state } = await seen(view);
    expect(state).toMatch(/^[\w-]{43}$/);
    const answer = new URLSearchParams({ code: "injected", state, iss: trackwellId, ...change });
    if (answer.get("iss") === "desk") answer.set("iss", deskId);
    if (answer.get("iss") === "") answer.delete("iss");
    if (answer.get("iss") === "both") {
      answer.set("iss", trackwellId);
      answer.append("iss", deskId);
    }
    // Whoever answers in the provider's place. By the page itself, for a browser takes a window that is sent elsewhere by hand from its opener; and later,
    // for the window closes by itself, and the driver must have its answer by then.
    await popup.eval((url) => {
      setTimeout(() => location.assign(url), 100);
    }, `${trackwell}/panel/callback?${answer}`);
    await expect.poll(() => offered(view)).toBe("TOKEN_REFUSED");
    expect((await seen(view)).asked).toBe(asked);
    expect(await ui.errors()).toEqual([]);

    // Nothing is lost: the next one signs in.
    const again = await openWindow(ui, view, demo);
    await again.click('button[value="ada.t"]');
    await expect.poll(() => view.text("#issue-id")).toBe("TRK-7");
  });
}

for (const [what, issuer, problem] of [
  ["another provider's", "trackwellId", /another issuer/],
  // The control: an answer of the right one, to which the code is a stranger's.
  ["its own provider's", "deskId", /grant|invalid/],
] as const) {
  test(`Desk's own sign-in, with an answer that says it is ${what}`, async ({ ui, demo }) => {
    const { desk, deskId } = demo.addresses;
    await ui.goto(`${desk}/tickets`);
    await ui.click("#sign-in");
    await expect.poll(() => ui.url()).toContain(deskId);
    // What the provider sees of it: with no request pushed, its own address has the state.
    await ui.goto(`${desk}/icon.svg`);
    const state = await ui.eval(() => {
      const all = { ...localStorage, ...sessionStorage };
      return Object.keys(all).find((name) => /^oidc\.[0-9a-f]{32}$/.test(name)) ?? "";
    });
    const answer = new URLSearchParams({
      code: "injected",
      state: state.slice("oidc.".length),
      iss: demo.addresses[issuer],
    });
    await ui.goto(`${desk}/callback?${answer}`);
    await expect.poll(() => ui.text("#sign-in-problem")).toMatch(problem);
    expect(await ui.url()).not.toContain("code=");
  });
}

/** A host in Desk's place that has nothing but a frame for Trackwell's view, and lets it sign in by a window. */
const bareHost = (demo: TestDemo, sandbox: string) =>
  pageWith(
    `import { acceptSession, implement } from "@partner-panel/postmessage-rpc";
     import { hostPanel, viewPanel } from "@partner-panel/postmessage-rpc/panel";
     const handlers = Object.fromEntries(Object.keys(hostPanel.members).map((name) => [name, () => ({})]));
     const session = await acceptSession({
       target: document.querySelector("iframe").contentWindow,
       origin: ${JSON.stringify(demo.addresses.trackwell)},
       use: viewPanel,
       provide: implement(hostPanel, handlers),
       welcome: { instanceId: "panel-1", context: {}, signIn: { mode: "code", popups: true } },
     });
     session.remote.panel.opened({});`,
    `<iframe id=panel title=View sandbox="allow-scripts allow-same-origin ${sandbox}"
       src="${demo.addresses.trackwell}/embed/issue"></iframe>`,
  );

test.describe("where no window comes of a press @cookies", () => {
  const popups = "allow-popups allow-popups-to-escape-sandbox";
  const at = async (
    { ui, demo }: { ui: Ui; demo: TestDemo },
    site: (name: string, answer: (path: string) => never, port: number) => Promise<unknown>,
    policy: string,
    sandbox: string,
  ) => {
    await demo.servers.desk.close();
    const headers = { "cross-origin-opener-policy": policy };
    const answer = (path: string) => moduleAt(path) ?? { headers, body: bareHost(demo, sandbox) };
    await site("desk", answer as (path: string) => never, Number(new URL(demo.addresses.desk).port));
    await ui.goto(demo.addresses.desk);
    const view = ui.frame("#panel");
    await expect.poll(() => offered(view)).toBe("SIGN_IN_REQUIRED");
    return view;
  };

  test("a host that cuts the window off is told of, in the view and in the window", async ({ ui, demo, site }) => {
    const view = await at({ ui, demo }, site, "same-origin", popups);
    const popup = await ui.popup(() => view.click("#sign-in"));
    await expect.poll(() => popup.visible("#severed")).toBe(true);
    // WebKit tells a frame of no difference.
    await expect.poll(() => offered(view)).toBe(ui.engine === "webkit" ? "POPUP_BLOCKED" : "POPUP_SEVERED");
  });

  test("a frame that may open none is told of", async ({ ui, demo, site }) => {
    const view = await at({ ui, demo }, site, "same-origin-allow-popups", "");
    await view.click("#sign-in");
    await expect.poll(() => offered(view)).toBe("POPUP_BLOCKED");
  });

  test("the control: a host that does neither has the window at the provider", async ({ ui, demo, site }) => {
    const view = await at({ ui, demo }, site, "same-origin-allow-popups", popups);
    await openWindow(ui, view, demo);
  });
});
