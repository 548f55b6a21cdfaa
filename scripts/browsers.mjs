/**
 * Where the three browsers are, and how to get those that are missing.
 *
 * Taken in this order, each engine by itself: Playwright's own build, then the system's, then (after `ensureBrowsers`)
 * Debian's packages when apt may be used, then Playwright's download. A browser that is still missing after that is an
 * error that names it: a run that silently left an engine out would look like a run that passed in it.
 *
 * Run by itself it makes the browsers available and prints where they are: `node scripts/browsers.mjs [engine…]`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { chromium, firefox, webkit } from "@playwright/test";

/** @typedef {"chromium" | "firefox" | "webkit"} Engine */
/**
 * A browser that Playwright starts. `bundled` is true for Playwright's own build and false for the system's, which needs
 * another channel (see e2e's configuration).
 * @typedef {{ kind: "playwright", bundled: boolean, executablePath: string }} PlaywrightBrowser
 */
/**
 * WebKitGTK, driven over W3C WebDriver. `xvfbRun` is there when this machine has no display of its own.
 * @typedef {{ kind: "webdriver", driver: string, miniBrowser: string, xvfbRun?: string }} WebDriverBrowser
 */
/** @typedef {{ chromium?: PlaywrightBrowser, firefox?: PlaywrightBrowser, webkit?: PlaywrightBrowser | WebDriverBrowser }} Browsers */

/** @type {readonly Engine[]} */
export const engines = ["chromium", "firefox", "webkit"];

const systemPaths = {
  chromium: [
    "/usr/bin/chromium",
    "/usr/bin/google-chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
  ],
  // Debian's Firefox ESR before any other: it is the one whose remote protocol the pinned Playwright was tried with.
  firefox: ["/usr/bin/firefox-esr", "/usr/bin/firefox", "/Applications/Firefox.app/Contents/MacOS/firefox"],
};

/** @type {Record<Engine, readonly string[]>} */
const debianPackages = {
  chromium: ["chromium"],
  firefox: ["firefox-esr"],
  webkit: ["webkit2gtk-driver", "xvfb"],
};

/** @param {readonly string[]} paths */
const firstExisting = (paths) => paths.find((path) => existsSync(path));

/**
 * @param {"chromium" | "firefox"} engine
 * @returns {PlaywrightBrowser | undefined}
 */
function findPlaywrightBrowser(engine) {
  const bundled = { chromium, firefox }[engine].executablePath();
  if (existsSync(bundled)) return { kind: "playwright", bundled: true, executablePath: bundled };
  const system = firstExisting(systemPaths[engine]);
  return system === undefined ? undefined : { kind: "playwright", bundled: false, executablePath: system };
}

/** @returns {PlaywrightBrowser | WebDriverBrowser | undefined} */
function findWebKit() {
  const bundled = webkit.executablePath();
  if (existsSync(bundled)) return { kind: "playwright", bundled: true, executablePath: bundled };
  if (process.platform !== "linux") return undefined;
  const driver = firstExisting(["/usr/bin/WebKitWebDriver"]);
  const miniBrowser = firstExisting(
    readdirSync("/usr/lib").flatMap((folder) =>
      ["webkit2gtk-4.1", "webkitgtk-6.0"].map((version) => `/usr/lib/${folder}/${version}/MiniBrowser`),
    ),
  );
  if (driver === undefined || miniBrowser === undefined) return undefined;
  if (process.env["DISPLAY"] || process.env["WAYLAND_DISPLAY"]) return { kind: "webdriver", driver, miniBrowser };
  const xvfbRun = firstExisting(["/usr/bin/xvfb-run"]);
  return xvfbRun === undefined ? undefined : { kind: "webdriver", driver, miniBrowser, xvfbRun };
}

/**
 * What is on this machine now; an engine that is not there is absent.
 * @returns {Browsers}
 */
export function findBrowsers() {
  const found = {
    chromium: findPlaywrightBrowser("chromium"),
    firefox: findPlaywrightBrowser("firefox"),
    webkit: findWebKit(),
  };
  return Object.fromEntries(Object.entries(found).filter(([, browser]) => browser !== undefined));
}

/**
 * One engine, for a test configuration.
 * @template {Engine} E
 * @param {E} engine
 * @returns {NonNullable<Browsers[E]>}
 * @throws {Error} naming the engine and what would provide it.
 */
export function requireBrowser(engine) {
  const browser = findBrowsers()[engine];
  if (browser === undefined) throw new Error(describeMissing([engine]));
  return browser;
}

/** @param {readonly Engine[]} missing */
function describeMissing(missing) {
  const debian = [...missing.flatMap((engine) => debianPackages[engine]), "fonts-liberation"].join(" ");
  return [
    `Missing browser: ${missing.join(", ")}.`,
    `On Debian: apt-get install --no-install-recommends ${debian}`,
    `Elsewhere: npx playwright install --with-deps ${missing.join(" ")}`,
  ].join("\n");
}

/** The way to run apt here: as root, through a sudo that asks nothing, or not at all. */
function aptPrefix() {
  if (process.platform !== "linux" || !existsSync("/usr/bin/apt-get")) return undefined;
  // Ubuntu's chromium and firefox packages only fetch a snap, which Playwright cannot drive.
  if (!/^ID=debian$/m.test(readFileSync("/etc/os-release", "utf8"))) return undefined;
  if (process.getuid?.() === 0) return [];
  return spawnSync("sudo", ["-n", "true"], { stdio: "ignore" }).status === 0 ? ["sudo", "-n"] : undefined;
}

/**
 * Installs what is missing of the engines asked for.
 *
 * @param {readonly Engine[]} [wanted] all three when left out.
 * @param {(line: string) => void} [log] told what is being done.
 * @returns {Browsers}
 * @throws {Error} naming every engine that is missing still.
 */
export function ensureBrowsers(wanted = engines, log = console.log) {
  const missing = () => wanted.filter((engine) => findBrowsers()[engine] === undefined);
  let open = missing();
  const apt = open.length > 0 ? aptPrefix() : undefined;
  if (open.length > 0 && apt !== undefined) {
    const packages = [...open.flatMap((engine) => debianPackages[engine]), "fonts-liberation"];
    log(`installing with apt: ${packages.join(" ")}`);
    const run = (/** @type {string[]} */ ...args) => {
      const [command = "", ...rest] = [...apt, "apt-get", "-o", "DPkg::Lock::Timeout=300", ...args];
      execFileSync(command, rest, {
        stdio: ["ignore", "ignore", "inherit"],
        env: { ...process.env, DEBIAN_FRONTEND: "noninteractive" },
      });
    };
    try {
      run("update", "-qq");
      run("install", "-y", "-qq", "--no-install-recommends", ...packages);
    } catch (cause) {
      log(`apt failed: ${cause instanceof Error ? cause.message : String(cause)}`);
    }
    open = missing();
  }
  if (open.length > 0) {
    log(`installing Playwright's own: ${open.join(" ")}`);
    const root = process.getuid?.() === 0;
    spawnSync("npx", ["--no-install", "playwright", "install", ...(root ? ["--with-deps"] : []), ...open], {
      stdio: ["ignore", "inherit", "inherit"],
      shell: process.platform === "win32",
      timeout: 10 * 60_000,
    });
    open = missing();
  }
  if (open.length > 0) throw new Error(describeMissing(open));
  return findBrowsers();
}

/**
 * One line for a person.
 * @param {Browsers} browsers
 */
export function describeBrowsers(browsers) {
  return Object.entries(browsers)
    .map(
      ([engine, browser]) => `${engine} ${browser.kind === "webdriver" ? browser.miniBrowser : browser.executablePath}`,
    )
    .join(", ");
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const asked = engines.filter((engine) => process.argv.includes(engine));
  try {
    console.log(describeBrowsers(ensureBrowsers(asked.length > 0 ? asked : engines)));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
