import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Browser, type BrowserType, test as base, expect, type LaunchOptions } from "@playwright/test";
import { type PlaywrightBrowser, requireBrowser, type WebDriverBrowser } from "../../scripts/browsers.mjs";
import { startTestDemo, type TestDemo } from "./demo.js";
import { PlaywrightUi, watchContext } from "./playwright-ui.js";
import { type Answer, type Site, startSite } from "./sites.js";
import type { Engine, Ui } from "./ui.js";
import { startWebKitDriver, type WebKitDriver } from "./webdriver.js";
import { WebDriverUi } from "./webdriver-ui.js";

export { expect };

export interface EngineOptions {
  /** Set by the project. */
  engine: Engine;
  /**
   * Chromium in a profile that lets third parties have cookies, as its users on other systems may have it. Unset, they
   * are blocked: Playwright's contexts are incognito.
   */
  thirdPartyCookies: boolean;
}

interface TestFixtures {
  /** The whole demo, started for this test alone. */
  demo: TestDemo;
  /** The story's person in front of a fresh browser. */
  ui: Ui;
  /** Starts a small site of the test's own; it ends with the test. */
  site: (name: string, answer: (path: string) => string | Answer | undefined, port?: number) => Promise<Site>;
}

interface WorkerFixtures {
  found: PlaywrightBrowser | WebDriverBrowser;
  webKitDriver: WebKitDriver | null;
}

const launchOf = ({ bundled, executablePath }: PlaywrightBrowser, engine: Engine) => {
  if (!bundled) return { executablePath, ...(engine === "firefox" ? { channel: "moz-firefox" } : {}) };
  // Of Playwright's own Chromium the full one: its headless shell has neither popups nor cookie rules.
  return engine === "chromium" ? { channel: "chromium" } : {};
};

/** A context with a profile of its own; the setting can be made in no other way. */
async function openWithThirdPartyCookies(chromium: BrowserType, directory: string, options: LaunchOptions) {
  await mkdir(join(directory, "Default"), { recursive: true });
  await writeFile(join(directory, "Default/Preferences"), JSON.stringify({ profile: { cookie_controls_mode: 0 } }));
  return chromium.launchPersistentContext(directory, options);
}

const noBrowser = new Proxy({} as Browser, {
  get: () => {
    throw new Error("This project has no Playwright browser: use the ui fixture");
  },
});

export const test = base.extend<TestFixtures, EngineOptions & WorkerFixtures>({
  engine: ["chromium", { option: true, scope: "worker" }],

  thirdPartyCookies: [false, { option: true, scope: "worker" }],

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

  // Playwright's own fixture would launch a browser in every project.
  browser: [
    async ({ found, engine, playwright, launchOptions, thirdPartyCookies }, use) => {
      if (found.kind === "webdriver" || thirdPartyCookies) return use(noBrowser);
      const browser = await playwright[engine].launch({ ...launchOptions, ...launchOf(found, engine) });
      await use(browser);
      await browser.close();
    },
    { scope: "worker" },
  ],

  ui: async ({ engine, thirdPartyCookies, found, webKitDriver, browser, playwright, launchOptions }, use, testInfo) => {
    const open = async (): Promise<{ ui: Ui; close(): Promise<void> }> => {
      if (webKitDriver) {
        const { send, close } = await webKitDriver.open();
        return { ui: await WebDriverUi.open(send), close };
      }
      const context =
        thirdPartyCookies && found.kind === "playwright"
          ? await openWithThirdPartyCookies(playwright[engine], testInfo.outputPath("profile"), {
              ...launchOptions,
              ...launchOf(found, engine),
            })
          : await browser.newContext();
      const errors = await watchContext(context);
      return {
        ui: new PlaywrightUi(context.pages()[0] ?? (await context.newPage()), engine, errors),
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
  demo: async ({}, use, testInfo) => {
    const demo = await startTestDemo(testInfo.parallelIndex);
    await use(demo);
    await demo.close();
  },

  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of a fixture's needs from the pattern.
  site: async ({}, use) => {
    const sites: Site[] = [];
    await use(async (name, answer, port) => {
      const site = await startSite(name, answer, port);
      sites.push(site);
      return site;
    });
    await Promise.all(sites.map((site) => site.close()));
  },
});
