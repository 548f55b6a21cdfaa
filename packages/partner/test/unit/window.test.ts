import { readFile } from "node:fs/promises";
import type { ServerResponse } from "node:http";
import { createSignInPages } from "@partner-panel/server";
import { type Browser, chromium, type Page } from "@playwright/test";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { requireBrowser } from "../../../../scripts/browsers.mjs";
import { providerEnds } from "../provider.js";
import { listenNode, type Running } from "../servers.js";

/*
 * The window of mode `code` in a real browser, with its popup blocker and its partitioned storage on: a host on one site, the view on another, and
 * the provider on a third, as they are built and without a bundler.
 */
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

const root = new URL("../../../../", import.meta.url);
const libraries: Record<string, string> = {
  "/rpc/": "packages/postmessage-rpc/dist/",
  "/partner/": "packages/partner/dist/",
  "/oauth4webapi/": "node_modules/oauth4webapi/build/",
};
const importMap = JSON.stringify({
  imports: {
    "@partner-panel/postmessage-rpc": "/rpc/index.js",
    "@partner-panel/postmessage-rpc/panel": "/rpc/panel.js",
    "@partner-panel/partner": "/partner/index.js",
    oauth4webapi: "/oauth4webapi/index.js",
  },
});
const page = (body: string, script: string) =>
  `<!doctype html><html lang="en"><title>Test</title><script type="importmap">${importMap}</script>
   <body>${body}<script type="module">${script}</script>`;

const hostPage = (view: string, sandbox: string) =>
  page(
    `<iframe title="View" sandbox="allow-scripts allow-same-origin ${sandbox}" src="${view}/view"></iframe>`,
    `import { acceptSession, implement } from "@partner-panel/postmessage-rpc";
     import { hostPanel, viewPanel } from "@partner-panel/postmessage-rpc/panel";
     window.heard = [];
     addEventListener("message", ({ data }) => heard.push(JSON.stringify(data)));
     const ignore = () => {};
     const session = await acceptSession({
       target: document.querySelector("iframe").contentWindow,
       origin: ${JSON.stringify(view)},
       use: viewPanel,
       welcome: { instanceId: "panel-1", context: {}, signIn: { mode: "code", popups: true } },
       provide: implement(hostPanel, {
         ...Object.fromEntries(Object.keys(hostPanel.members).map((name) => [name, ignore])),
         "panel.signIn": (report) => heard.push(JSON.stringify(report)),
       }),
     });
     session.remote.panel.opened({});`,
  );

const viewPage = (host: string, auth: object, signInPages: object) =>
  page(
    `<button>Sign in</button><output></output>`,
    `import { connect } from "@partner-panel/partner";
     const panel = await connect({ hosts: [${JSON.stringify(host)}], auth: ${JSON.stringify(auth)},
       signInPages: ${JSON.stringify(signInPages)} });
     const out = document.querySelector("output");
     const button = document.querySelector("button");
     panel.onSignInOffer((offer) => { button.disabled = offer === null; });
     document.body.dataset.offer = panel.signInOffer?.code ?? "";
     panel.onSignInOffer((offer) => { document.body.dataset.offer = offer?.code ?? ""; });
     button.addEventListener("click", async () => {
       out.textContent = "…";
       try {
         await panel.signIn();
         const response = await panel.fetch("/issues/42");
         out.textContent = panel.account.name + " " + response.status;
       } catch (error) {
         out.textContent = error.code ?? String(error);
       }
     });`,
  );

describe("the window of mode code, in Chromium", () => {
  let browser: Browser;
  let host = "";
  let view = "";
  let ends: Awaited<ReturnType<typeof providerEnds>>;
  let sandbox = "";
  let openerPolicy = "";
  let relay = "";
  const running: Running[] = [];
  const pages = createSignInPages();

  beforeAll(async () => {
    const found = requireBrowser("chromium");
    browser = await chromium.launch({
      ...(found.bundled ? {} : { executablePath: found.executablePath }),
      // Without these the browser is as on the open web: it blocks popups and partitions storage.
      args: ["--disable-features=HttpsUpgrades,PaintHolding"],
      ignoreDefaultArgs: ["--disable-popup-blocking", "--disable-features"],
    });
    const url = await listenNode(running, async (req, res) => {
      const { pathname, search } = new URL(req.url ?? "/", "http://localhost");
      const send = (type: string, text: string | Uint8Array) => res.writeHead(200, { "content-type": type }).end(text);
      const [prefix, folder] = Object.entries(libraries).find(([start]) => pathname.startsWith(start)) ?? [];
      if (prefix && folder)
        return send("text/javascript", await readFile(new URL(folder + pathname.slice(prefix.length), root)));
      if (pathname === "/view") return send("text/html", viewPage(host, ends.auth, relay ? { relay } : {}));
      if (pathname === "/") {
        res.setHeader("cross-origin-opener-policy", openerPolicy);
        return send("text/html", hostPage(view, sandbox));
      }
      return answer(res, await pages.fetch(new Request(`${view}${pathname}${search}`)));
    });
    const { port } = new URL(url);
    host = `http://desk.localhost:${port}`;
    view = `http://trackwell.localhost:${port}`;
  });
  beforeEach(async () => {
    ends = await providerEnds(`${view}/panel/callback`);
    sandbox = "allow-popups allow-popups-to-escape-sandbox";
    openerPolicy = "same-origin-allow-popups";
    relay = "";
  });
  afterEach(() => ends.close());
  afterAll(async () => {
    await browser.close();
    for (const each of running) each.close();
  });

  async function clicked(
    run: (opened: {
      frame: ReturnType<Page["frameLocator"]>;
      top: Page;
      said: string[];
      codes: string[];
    }) => Promise<void>,
  ) {
    const context = await browser.newContext();
    try {
      const top = await context.newPage();
      /** What was written to the console, and the addresses of all requests but those to the callback page, which are the code's way. */
      const said: string[] = [];
      context.on("console", (message) => said.push(message.text()));
      const codes: string[] = [];
      context.on("request", (request) => (request.url().startsWith(ends.callback) ? codes : said).push(request.url()));
      await top.goto(host);
      const frame = top.frameLocator("iframe");
      await frame.locator("body[data-offer=SIGN_IN_REQUIRED]").waitFor();
      await frame.locator("button").click();
      await run({ frame, top, said, codes });
    } finally {
      await context.close();
    }
  }
  const says = (frame: ReturnType<Page["frameLocator"]>, text: string) =>
    expect.poll(() => frame.locator("output").textContent(), { timeout: 20_000 }).toBe(text);

  it("signs in, closes, and leaves code and token nowhere: not with the host's page, and in no storage, address, markup or console", async () => {
    await clicked(async ({ frame, top, said, codes }) => {
      await says(frame, "Ada 200");
      await expect.poll(() => top.context().pages().length).toBe(1);
      const heard = (await top.evaluate(() => Reflect.get(window, "heard") as string[])).join("\n");
      expect(heard).toContain('"state":"done"');
      const inFrame = await frame.locator("body").evaluate(async (body) => {
        const databases = await indexedDB.databases();
        const stored = { ...localStorage, ...sessionStorage };
        return JSON.stringify([
          stored,
          databases,
          document.cookie,
          location.href,
          body.ownerDocument.documentElement.outerHTML,
        ]);
      });
      // The control: what is looked for was there to be seen.
      expect(inFrame).toContain("Ada 200");
      expect(codes.join()).toContain("code=");
      for (const place of [heard, inFrame, top.url(), ...said]) expect(place).not.toMatch(/code=|eyJ/);
    });
  });

  it("is of no use to a host's page that starts our client's flow by itself", async () => {
    await clicked(async ({ frame, top }) => {
      // The control: started by the view, the same flow hands the view its code.
      await expect.poll(() => frame.locator("output").textContent(), { timeout: 20_000 }).toBe("Ada 200");
      const address = new URL(`${ends.auth.issuer}/auth`);
      const query = {
        client_id: "panel",
        response_type: "code",
        scope: "openid",
        redirect_uri: ends.callback,
        state: "s",
      };
      for (const [name, value] of Object.entries(query)) address.searchParams.set(name, value);
      address.searchParams.set("code_challenge_method", "S256");
      address.searchParams.set("code_challenge", "x".repeat(43));
      const [popup] = await Promise.all([
        top.context().waitForEvent("page"),
        top.evaluate((url) => void window.open(url), address.href),
      ]);
      await popup.getByText("There is nothing to do here").waitFor();
      expect(popup.url()).toBe(ends.callback);
      expect(ends.seen.filter((request) => request.startsWith("GET /auth/"))).not.toEqual([]);
      const heard = await top.evaluate(() => Reflect.get(window, "heard") as string[]);
      expect(heard.filter((words) => words.includes("code="))).toEqual([]);
    });
  });

  it("is another error where the frame may open none, where the host cuts it off, and where the provider does", async () => {
    sandbox = "";
    await clicked(({ frame }) => says(frame, "POPUP_BLOCKED"));
    sandbox = "allow-popups allow-popups-to-escape-sandbox";
    openerPolicy = "same-origin";
    await clicked(({ frame }) => says(frame, "POPUP_SEVERED"));
    openerPolicy = "same-origin-allow-popups";
    ends.knobs.isSevering = true;
    await clicked(({ frame }) => says(frame, "POPUP_CLOSED"));
  });

  it("goes through the relay where the provider's pages cut their window off", async () => {
    ends.knobs.isSevering = true;
    relay = "/panel/relay";
    await clicked(async ({ frame, top }) => {
      const popup = top.context().pages()[1] ?? (await top.context().waitForEvent("page"));
      await popup.getByRole("button", { name: "Continue" }).click();
      await says(frame, "Ada 200");
      await expect.poll(() => top.context().pages().length).toBe(1);
    });
  });

  it("tells that it was closed, and that somebody said no; a second try signs in", async () => {
    ends.knobs.isWaiting = true;
    await clicked(async ({ frame, top }) => {
      const popup = top.context().pages()[1] ?? (await top.context().waitForEvent("page"));
      await popup.getByText("Who are you?").waitFor();
      await popup.close();
      await says(frame, "POPUP_CLOSED");
      ends.knobs.isWaiting = false;
      ends.knobs.isDenied = true;
      await frame.locator("body[data-offer=POPUP_CLOSED] button").click();
      await says(frame, "SIGN_IN_CANCELLED");
      ends.knobs.isDenied = false;
      await frame.locator("body[data-offer=SIGN_IN_CANCELLED] button").click();
      await says(frame, "Ada 200");
    });
  });
});

async function answer(res: ServerResponse, response: Response | undefined): Promise<void> {
  res.writeHead(response?.status ?? 404, Object.fromEntries(response?.headers ?? []));
  res.end(await response?.text());
}
