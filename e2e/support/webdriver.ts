import { type ChildProcess, spawn } from "node:child_process";
import { createServer } from "node:net";
import type { WebDriverBrowser } from "../../scripts/browsers.mjs";

/** https://www.w3.org/TR/webdriver2/#elements and #shadow-roots: how an element stands in JSON. */
const elementKey = "element-6066-11e4-a52e-4f735466cecf";
export type ElementReference = { [elementKey]: string };
export const isElement = (value: unknown): value is ElementReference =>
  typeof value === "object" && value !== null && elementKey in value;
export const elementId = (element: ElementReference) => element[elementKey];

/** An error of the W3C table, `code` its first column: "no such element", "stale element reference" … */
export class WebDriverError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.name = "WebDriverError";
    this.code = code;
  }
}

export type Send = (method: "GET" | "POST" | "DELETE", path: string, body?: object) => Promise<unknown>;

/** Each command has its own limit at the driver; this one is for a driver that hangs. */
const commandLimit = 40_000;

const sender =
  (base: string, limit = commandLimit): Send =>
  async (method, path, body) => {
    const response = await fetch(base + path, {
      method,
      ...(method === "POST" ? { body: JSON.stringify(body ?? {}) } : {}),
      signal: AbortSignal.timeout(limit),
    });
    const { value } = (await response.json()) as { value: unknown };
    if (response.ok) return value;
    const { error = "unknown error", message = "" } = (value ?? {}) as {
      error?: string;
      message?: string;
    };
    throw new WebDriverError(error, `${message} (${method} ${path})`);
  };

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });

const stop = (child: ChildProcess) =>
  new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill();
  });

/** A virtual screen of its own. The server picks a free number and writes it to the descriptor it was given. */
const startScreen = () =>
  new Promise<{ child: ChildProcess; name: string }>((resolve, reject) => {
    const child = spawn("Xvfb", ["-displayfd", "3", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"], {
      stdio: ["ignore", "ignore", "ignore", "pipe"],
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`Xvfb ended with ${code} before it was ready`)));
    child.stdio[3]?.once("data", (number: Buffer) => resolve({ child, name: `:${number.toString().trim()}` }));
  });

export interface WebKitDriver {
  /** A browser with nothing in it. One at a time: that is all WebKitWebDriver does. */
  open(): Promise<{ send: Send; close(): Promise<void> }>;
  stop(): Promise<void>;
}

/** WebKitWebDriver now and then never answers when a browser is to start just as the last one ends. */
const openLimit = 15_000;

/** Starts a screen and WebKitWebDriver on it; the browser starts with each session. */
export async function startWebKitDriver(browser: WebDriverBrowser): Promise<WebKitDriver> {
  // Not by xvfb-run: ended by a signal, that script leaves the screen and what runs on it behind.
  const screen = browser.xvfbRun === undefined ? null : await startScreen();
  let driver = await startDriver(browser, screen?.name);
  return {
    async open() {
      try {
        return await openSession(browser, driver.base);
      } catch (error) {
        if ((error as Error).name !== "TimeoutError") throw error;
        // No test has begun: a driver that hangs is replaced, once, and the test gets its browser from the new one.
        await stop(driver.child);
        driver = await startDriver(browser, screen?.name);
        return openSession(browser, driver.base);
      }
    },
    async stop() {
      await stop(driver.child);
      if (screen) await stop(screen.child);
    },
  };
}

async function startDriver(browser: WebDriverBrowser, display: string | undefined) {
  const port = await freePort();
  const child = spawn(browser.driver, [`--port=${port}`], {
    env: { ...process.env, NO_AT_BRIDGE: "1", ...(display ? { DISPLAY: display, GDK_BACKEND: "x11" } : {}) },
    stdio: "ignore",
  });
  const base = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 10_000;
  for (;;) {
    try {
      await sender(base)("GET", "/status");
      return { child, base };
    } catch (error) {
      if (child.exitCode !== null || Date.now() > deadline)
        throw new Error("WebKitWebDriver did not start", { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

async function openSession(browser: WebDriverBrowser, base: string) {
  const created = (await sender(base, openLimit)("POST", "/session", {
    capabilities: {
      alwaysMatch: {
        browserName: "MiniBrowser",
        "webkitgtk:browserOptions": {
          binary: browser.miniBrowser,
          args: ["--automation", "--enable-itp=true"],
        },
        timeouts: { script: 30_000, pageLoad: 30_000, implicit: 0 },
      },
    },
  })) as { sessionId: string };
  const path = `/session/${created.sessionId}`;
  return {
    send: sender(`${base}${path}`),
    close: async () => {
      await sender(base)("DELETE", path);
    },
  };
}
