import { type Browser, test as base, expect } from "@playwright/test";
import { type PlaywrightBrowser, requireBrowser, type WebDriverBrowser } from "../../scripts/browsers.mjs";
import { PlaywrightUi, watchContext } from "./playwright-ui.js";
import { type Answer, type Site, startSite } from "./sites.js";
import type { Engine, Ui } from "./ui.js";
import { startWebKitDriver, type WebKitDriver } from "./webdriver.js";
import { WebDriverUi } from "./webdriver-ui.js";

export { expect };

export interface EngineOptions {
  /** Set by the project. */
  engine: Engine;
}

interface TestFixtures {
  /** The story's person in front of a fresh browser. */
  ui: Ui;
  /** Starts a small site of the test's own; it ends with the test. */
  site: (name: string, answer: (path: string) => string | Answer | undefined) => Promise<Site>;
}

interface WorkerFixtures {
  found: PlaywrightBrowser | WebDriverBrowser;
  webKitDriver: WebKitDriver | null;
}

const noBrowser = new Proxy({} as Browser, {
  get: () => {
    throw new Error("WebKitGTK is driven through the ui fixture alone");
  },
});

export const test = base.extend<TestFixtures, EngineOptions & WorkerFixtures>({
  engine: ["chromium", { option: true, scope: "worker" }],

  // Automatic, so that not even a test without a page passes where its browser is missing.
  found: [
    async ({ engine }, use) => {
      await use(requireBrowser(engine));
    },
    { scope: "worker", auto: true },
  ],

  webKitDriver: [
    async ({ found }, use) => {
      const driver = found.kind === "webdriver" ? await startWebKitDriver(found) : null;
      await use(driver);
      await driver?.stop();
    },
    { scope: "worker" },
  ],

  // Playwright's own fixture would try to launch WebKitGTK.
  browser: [
    async ({ found, engine, playwright, launchOptions }, use) => {
      if (found.kind === "webdriver") return use(noBrowser);
      const { bundled, executablePath } = found;
      const system = { executablePath, ...(engine === "firefox" ? { channel: "moz-firefox" } : {}) };
      // Of Playwright's own Chromium the full one: its headless shell has neither popups nor cookie rules.
      const own = engine === "chromium" ? { channel: "chromium" } : {};
      const browser = await playwright[engine].launch({ ...launchOptions, ...(bundled ? own : system) });
      await use(browser);
      await browser.close();
    },
    { scope: "worker" },
  ],

  ui: async ({ engine, webKitDriver, browser }, use, testInfo) => {
    const open = async (): Promise<{ ui: Ui; close(): Promise<void> }> => {
      if (webKitDriver) {
        const { send, close } = await webKitDriver.open();
        return { ui: await WebDriverUi.open(send), close };
      }
      const context = await browser.newContext();
      const errors = await watchContext(context);
      return {
        ui: new PlaywrightUi(await context.newPage(), engine, errors),
        close: () => context.close(),
      };
    };
    const { ui, close } = await open();
    await use(ui);
    if (webKitDriver && testInfo.status !== testInfo.expectedStatus) {
      const picture = await ui.screenshot().catch(() => null);
      if (picture)
        await testInfo.attach("screenshot", {
          body: picture,
          contentType: "image/png",
        });
    }
    await close();
  },

  page: async ({ ui }, use) => {
    if (!(ui instanceof PlaywrightUi)) throw new Error("WebKitGTK has no Playwright page: tag the test for chromium");
    await use(ui.page);
  },

  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of a fixture's needs from the pattern.
  site: async ({}, use) => {
    const sites: Site[] = [];
    await use(async (name, answer) => {
      const site = await startSite(name, answer);
      sites.push(site);
      return site;
    });
    await Promise.all(sites.map((site) => site.close()));
  },
});
