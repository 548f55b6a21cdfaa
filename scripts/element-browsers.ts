import { playwright } from "@vitest/browser-playwright";
import type { BrowserCommand, BrowserProvider, BrowserProviderOption } from "vitest/node";
import { startWebKitDriver, type WebKitDriver } from "../e2e/support/webdriver.js";
import { type Engine, engines, requireBrowser, type WebDriverBrowser } from "./browsers.mjs";

type LaunchOptions = NonNullable<NonNullable<Parameters<typeof playwright>[0]>["launchOptions"]>;

/**
 * The engines for Vitest's browser mode, found as the user stories find theirs: each only when it is to run, so that a machine without
 * it can run everything else.
 */
export function browsers(): BrowserProviderOption {
  // Vitest wants its own server beside the factory; it is the same for every provider.
  const { serverFactory } = playwright();
  return {
    name: "partner-panel",
    supportedBrowser: engines,
    options: {},
    serverFactory,
    providerFactory: (project) => {
      const engine = project.config.browser.name as Engine;
      const found = requireBrowser(engine);
      if (found.kind === "webdriver") return new WebKitProvider(found);
      const launchOptions: LaunchOptions = {
        ...(found.bundled ? {} : { executablePath: found.executablePath }),
        ...(engine === "firefox" ? firefoxOptions(found.bundled) : {}),
        // Popups open as on the open web: with a person's click.
        ...(engine === "chromium" ? { ignoreDefaultArgs: ["--disable-popup-blocking"] } : {}),
      };
      return playwright({ launchOptions }).providerFactory(project);
    },
  };
}

function firefoxOptions(bundled: boolean): LaunchOptions {
  return {
    ...(bundled ? {} : { channel: "moz-firefox" }),
    // With Fission on, Playwright's clicks and keys miss frames of another site.
    firefoxUserPrefs: { "fission.webContentIsolationStrategy": 0 },
  };
}

/** WebKitGTK's own browser over W3C WebDriver. */
class WebKitProvider implements BrowserProvider {
  readonly name = "webkit";
  readonly supportsParallelism = false;
  readonly #browser: WebDriverBrowser;
  #driver: Promise<WebKitDriver> | null = null;
  #session: Awaited<ReturnType<WebKitDriver["open"]>> | null = null;
  #isClosed = false;

  constructor(browser: WebDriverBrowser) {
    this.#browser = browser;
  }

  async openPage(_sessionId: string, url: string): Promise<void> {
    this.#driver ??= startWebKitDriver(this.#browser);
    const driver = await this.#driver;
    await this.#session?.close();
    this.#session = await driver.open();
    if (this.#isClosed) return this.close();
    await this.#session.send("POST", "/url", { url });
  }

  getCommandsContext(): { point: Press; press: Press; key: Key } {
    return {
      point: (x, y) => this.#act("pointer", [{ type: "pointerMove", x, y }]),
      press: (x, y) =>
        this.#act("pointer", [
          { type: "pointerMove", x, y },
          { type: "pointerDown", button: 0 },
          { type: "pointerUp", button: 0 },
        ]),
      key: (name) => {
        const value = webDriverKeys[name];
        return this.#act("key", [
          { type: "keyDown", value },
          { type: "keyUp", value },
        ]);
      },
    };
  }

  async #act(type: "pointer" | "key", actions: readonly object[]): Promise<void> {
    const send = this.#session?.send;
    if (!send) throw new Error("No page is open");
    await send("POST", "/actions", { actions: [{ type, id: type, actions }] });
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const [session, driver] = [this.#session, await this.#driver];
    this.#session = null;
    this.#driver = null;
    await session?.close();
    await driver?.stop();
  }
}

type Press = (x: number, y: number) => Promise<void>;

/** Keys by their names in `KeyboardEvent.key`, as WebDriver writes them (https://www.w3.org/TR/webdriver2/#keyboard-actions). */
const webDriverKeys = { Enter: "\uE007", Escape: "\uE00C", Tab: "\uE004", " ": " " } as const;
type Key = (name: keyof typeof webDriverKeys) => Promise<void>;

/** A person's click at this place of the window, in CSS pixels. By place, as Playwright finds no element in a frame of Debian's Firefox. */
export const press: BrowserCommand<Parameters<Press>> = async (context, x, y) => {
  const given = context as unknown as { press: Press } | { press?: undefined; page: { mouse: { click: Press } } };
  await (given.press ? given.press(x, y) : given.page.mouse.click(x, y));
};

/** The same without the press. */
export const point: BrowserCommand<Parameters<Press>> = async (context, x, y) => {
  const given = context as unknown as { point: Press } | { point?: undefined; page: { mouse: { move: Press } } };
  await (given.point ? given.point(x, y) : given.page.mouse.move(x, y));
};

/** A person's press of this key, wherever the focus is. */
export const key: BrowserCommand<Parameters<Key>> = async (context, name) => {
  const given = context as unknown as { key: Key } | { key?: undefined; page: { keyboard: { press: Key } } };
  await (given.key ? given.key(name) : given.page.keyboard.press(name));
};
