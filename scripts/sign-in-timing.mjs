/**
 * Measures how long a panel's sign-in takes, in a real Chromium and over the demo, and writes docs/sign-in-timing.md.
 *
 *   node scripts/sign-in-timing.mjs               15 rounds of each mode; writes the file
 *   node scripts/sign-in-timing.mjs --rounds 3    a look: no file is written
 */
import { execFileSync } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "@playwright/test";
import { ensureBrowsers, requireBrowser } from "./browsers.mjs";
import { root } from "./lib/setup.mjs";

/** @typedef {import("@playwright/test").Page} Page */

const { values: options } = parseArgs({ options: { rounds: { type: "string" }, port: { type: "string" } } });
const rounds = Number(options.rounds ?? 15);
const basePort = Number(options.port ?? 9_800);
const modes = /** @type {const} */ (["assertion", "exchange", "code"]);

/** @param {string} line */
const say = (line) => process.stderr.write(`${line}\n`);
/** @param {readonly number[]} numbers @param {number} part */
const quantile = (numbers, part) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.round((sorted.length - 1) * part)] ?? 0;
};

/** What the demo's servers were asked, in this very process. @type {{ at: number, text: string }[]} */
const asked = [];
subscribe("http.server.request.start", (message) => {
  const { request } = /** @type {{ request: import("node:http").IncomingMessage }} */ (message);
  const [name = ""] = (request.headers.host ?? "").split(".");
  const path = (request.url ?? "").replace(/\?.*/, "").replace(/(?<=\/(?:auth|interaction)\/).*/, "…");
  const isOfSignIn =
    name.endsWith("-id") ||
    path.startsWith("/panel/") ||
    (name === "trackwell" && (path.startsWith("/api/") || path.startsWith("/.well-known/")));
  // The host's own look at the manifest is no part of it.
  if (isOfSignIn && !(path.startsWith("/.well-known/partner") && request.headers["sec-fetch-site"] !== "same-origin"))
    asked.push({ at: Date.now(), text: `${request.method} ${name} ${path}` });
});

/**
 * Where the frame is, and when the partner's API first said 200 there: milliseconds since the frame began, or since its button was pressed.
 *
 * @param {Page} page
 * @returns {Promise<{ ms: number, own: number, from: number, to: number }>} `own`: of it, since the frame first asked anybody for the sign-in's sake.
 */
async function firstAnswer(page) {
  const deadline = Date.now() + 20_000;
  for (;;) {
    const frame = page.frames().find((each) => each.url().includes("/embed/issue"));
    const seen = await frame
      ?.evaluate(() => {
        const pressed = Number(document.documentElement.dataset["pressed"] ?? 0);
        const entries = /** @type {PerformanceResourceTiming[]} */ (performance.getEntriesByType("resource"));
        const first = entries.find(
          ({ name, responseStatus, responseEnd }) =>
            name.startsWith(`${location.origin}/api/`) && responseStatus === 200 && responseEnd > pressed,
        );
        if (!first) return null;
        const { timeOrigin } = performance;
        const asked = entries.find(({ name, startTime }) => name.includes("/.well-known/") && startTime > pressed);
        const own = first.responseEnd - (asked?.startTime ?? pressed);
        return { ms: first.responseEnd - pressed, own, from: timeOrigin + pressed, to: timeOrigin + first.responseEnd };
      })
      .catch(() => null);
    if (seen) return seen;
    if (Date.now() > deadline) throw new Error("The partner's API never said 200");
    await page.waitForTimeout(20);
  }
}

async function main() {
  const [load = 0] = loadavg();
  execFileSync(process.execPath, [join(root, "node_modules/typescript/bin/tsc"), "-b"], {
    cwd: root,
    stdio: "inherit",
  });
  execFileSync("npm", ["run", "--silent", "build", "--workspace", "@partner-panel/demo"], { cwd: root });
  ensureBrowsers(["chromium"], say);
  const { executablePath } = requireBrowser("chromium");
  const { startDemo } = await import("@partner-panel/demo");
  const dataDir = mkdtempSync(join(tmpdir(), "partner-panel-timing-"));
  const demo = await startDemo({ basePort, dataDir });
  const browser = await chromium.launch({
    executablePath,
    // As on the open web: third parties' storage is partitioned, and a window needs a click.
    args: ["--disable-features=HttpsUpgrades,PaintHolding"],
    ignoreDefaultArgs: ["--disable-popup-blocking", "--disable-features"],
  });

  /** @type {Awaited<ReturnType<import("@playwright/test").BrowserContext["storageState"]>> | undefined} */
  let state;
  /**
   * In a browser with nothing cached, that knows ada at both providers, and her yes to the panel.
   *
   * @param {(typeof modes)[number]} mode
   */
  const round = async (mode) => {
    const context = await browser.newContext(state ? { storageState: state } : {});
    try {
      const page = await context.newPage();
      await page.goto(`${demo.addresses.desk}/tickets`);
      await page.click("#sign-in");
      if (!state) await page.click("button[value=ada]");
      await page.waitForSelector("#agent-menu-button");
      await page.waitForLoadState("networkidle");
      await page.evaluate((mode) => {
        const link = Object.assign(document.createElement("a"), { href: `/tickets/T-42?sign-in=${mode}` });
        document.body.append(link);
        link.click();
      }, mode);
      if (!state) await page.click("dialog[part=consent]:not([data-arming]) button[part=consent-allow]");
      if (mode === "code") {
        const view = page.frameLocator("#linked-issue iframe");
        await view.locator("#sign-in").evaluate((button) =>
          button.addEventListener("click", ({ timeStamp }) => {
            document.documentElement.dataset["pressed"] = String(timeStamp);
          }),
        );
        const [popup] = await Promise.all([page.waitForEvent("popup"), view.locator("#sign-in").click()]);
        if (!state) await popup.click('button[value="ada.t"]');
      }
      const { ms, own, from, to } = await firstAnswer(page);
      const requests = asked.filter(({ at }) => at >= Math.floor(from) && at <= to).map(({ text }) => text);
      state ??= await context.storageState();
      return { ms, own, requests };
    } finally {
      await context.close();
    }
  };

  try {
    // Who ada is at either provider, and what she allows.
    await round("code");
    /** @type {Map<string, { ms: number, own: number, requests: string[] }[]>} */
    const samples = new Map(modes.map((mode) => [mode, []]));
    // The first round only warms up the servers.
    for (let number = 0; number <= rounds; number++) {
      for (const mode of modes) {
        const sample = await round(mode);
        if (number > 0) samples.get(mode)?.push(sample);
      }
      if (number > 0) say(`round ${number} of ${rounds}`);
    }
    const text = report(samples, browser.version(), load);
    console.log(text);
    if (options.rounds === undefined) writeFileSync(join(root, "docs/sign-in-timing.md"), text);
  } finally {
    await browser.close();
    await demo.close();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

/** @param {Map<string, { ms: number, own: number, requests: string[] }[]>} samples @param {string} version @param {number} load */
function report(samples, version, load) {
  const from = { assertion: "the frame's start", exchange: "the frame's start", code: "the click in the view" };
  const prototype = { assertion: "158 ms", exchange: "125 ms", code: "—" };
  const rows = modes.map((mode) => {
    const found = samples.get(mode) ?? [];
    const times = found.map(({ ms }) => ms);
    const count = quantile(
      found.map(({ requests }) => requests.length),
      0.5,
    );
    const [median, low, high] = [0.5, 0.1, 0.9].map((part) => Math.round(quantile(times, part)));
    const own = Math.round(
      quantile(
        found.map((each) => each.own),
        0.5,
      ),
    );
    return `| \`${mode}\` | ${from[mode]} | **${median} ms** | ${low}–${high} ms | ${own} ms | ${prototype[mode]} | ${count} |`;
  });
  const lists = modes.map((mode) => {
    const found = samples.get(mode) ?? [];
    const count = quantile(
      found.map(({ requests }) => requests.length),
      0.5,
    );
    const typical = found.find(({ requests }) => requests.length === count)?.requests ?? [];
    return `- \`${mode}\`: ${typical.map((each) => `\`${each}\``).join(" · ")}`;
  });
  return `# How long a sign-in takes

Written by \`node scripts/sign-in-timing.mjs\`: the demo's five servers and a Chromium ${version} on one machine (Node ${process.versions.node}, ${cpus().length} cores, load ${load.toFixed(1)}
before), ${rounds} rounds of each mode in turn. Every round is a fresh browser profile with nothing cached, in which the user is signed in at the host (and, for mode \`code\`, at the
partner's provider) and has allowed the panel before. It ends when the first 200 of the partner's API is all there.

| mode | from | median | 10–90 % | of it, sign-in and API | prototype | requests |
|---|---|---|---|---|---|---|
${rows.join("\n")}

The prototype's view did nothing else. This one is the demo's: in the same time it loads its script, connects, asks the host for the ticket, and only then its own API. "Sign-in and API" begins with the first request that the view
makes for the sign-in's sake, when its script is there. Requests are
those of the sign-in and the API that reached a server, preflights included; the typical list of each mode:

${lists.join("\n")}
`;
}

await main();
