/** The panel beside a bare frame with a bare MessagePort: how soon it is there, what it shifts, what it leaves, what it weighs. */
import { createServer } from "node:http";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { firstLoad, panelPage } from "./build.mjs";

/** @typedef {import("./report.mjs").Row} Row */
/** @typedef {{ panelPage: import("./panel/host.js").PanelPage }} Globals */
/** @typedef {import("@playwright/test").Browser} Browser */
/** @typedef {import("@playwright/test").Page} Page */

const mounts = 500;
/** CSS pixels. */
const viewHeight = 200;
/** Of the page's performance metrics, those that show what was left behind. */
const counted = /** @type {const} */ ([
  ["JSEventListeners", "listeners"],
  ["Documents", "documents"],
  ["Frames", "frames"],
  ["Nodes", "nodes"],
  ["JSHeapUsedSize", "heap"],
]);
const html = (/** @type {string} */ script) =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><link rel="icon" href="data:,"><title>Bench</title>
<body style="margin: 0"><script type="module" src="/${script}.js"></script><p style="margin: 0; block-size: ${viewHeight}px">Bench</p>`;

/** @param {string} origin of the view. */
const manifest = (origin) => ({
  manifest_version: 1,
  id: "localhost.bench",
  version: "1.0.0",
  name: "Bench",
  origin,
  protocol: "^1.0.0",
  scopes: { "ticket:read": { title: "See the open ticket", reason: "To measure", optional: true } },
  surfaces: {
    link: { entry: "/" },
    panel: {
      views: {
        bench: { entry: "/view", title: "Bench", minHeight: viewHeight, scopes: ["ticket:read"] },
        endless: { entry: "/waiting", title: "Bench", minHeight: viewHeight },
        hostile: { entry: "/hostile", title: "Bench", minHeight: viewHeight },
        talkative: { entry: "/waiting?calls=1000", title: "Bench", minHeight: viewHeight },
      },
    },
  },
});

/** The pages of this folder, each at its name, as `host.localhost`, `view.localhost` or any other site sees them. */
export async function serve() {
  const scripts = new Map();
  for (const name of /** @type {const} */ (["host", "view", "bare", "waiting", "hostile"]))
    for (const [fileName, code] of await panelPage(name)) scripts.set(`/${fileName}`, code);
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    response.setHeader("access-control-allow-origin", "*");
    const script = scripts.get(pathname);
    if (script !== undefined) response.setHeader("content-type", "text/javascript").end(script);
    else if (pathname === "/manifest.json")
      response
        .setHeader("content-type", "application/json")
        .end(JSON.stringify(manifest(`http://${request.headers.host}`)));
    else if (scripts.has(`${pathname}.js`))
      response.setHeader("content-type", "text/html").end(html(pathname.slice(1)));
    else response.writeHead(404).end();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(null)));
  const address = server.address();
  return {
    port: typeof address === "object" && address ? address.port : 0,
    close: () => server.close().closeAllConnections(),
  };
}

/**
 * Runs one of the page's functions there.
 * @template {keyof import("./panel/host.js").PanelPage} Name
 * @param {Page} page
 * @param {Name} name
 * @param {Parameters<import("./panel/host.js").PanelPage[Name]>} args
 * @returns {Promise<Awaited<ReturnType<import("./panel/host.js").PanelPage[Name]>>>}
 */
export const run = (page, name, ...args) =>
  page.evaluate(
    ([name, args]) => {
      const own = /** @type {Globals} */ (/** @type {unknown} */ (globalThis)).panelPage;
      return /** @type {(...args: unknown[]) => any} */ (own[name])(...args);
    },
    /** @type {const} */ ([name, args]),
  );

/** What the page holds, after what can be collected has been. @param {Page} page */
export async function held(page) {
  const session = await page.context().newCDPSession(page);
  for (let time = 0; time < 3; time++) await session.send("HeapProfiler.collectGarbage");
  await session.send("Performance.enable");
  const { metrics } = await session.send("Performance.getMetrics");
  await session.detach();
  return Object.fromEntries(metrics.map(({ name, value }) => [name, value]));
}

const hostScript =
  'import "@partner-panel/host/define"; export { configurePartners, implement } from "@partner-panel/host";';
const viewScript = 'export { connect } from "@partner-panel/partner";';

/**
 * What a page loads before a panel can show, which is the entry and all that it imports at once, and Lit, of that; and what it has loaded when a panel is
 * ready to which consent was given before.
 *
 * @type {Record<string, [code: string, later?: readonly string[]]>}
 */
const weights = {
  "script of a host": [hostScript],
  "of it, Lit": ['export { html, LitElement } from "lit";'],
  "script of a host, by the time of ready": [hostScript, ["panel-controller", "read-manifest"]],
  "script of a view without sign-in": [viewScript],
  "script of a view without sign-in, by the time of ready": [viewScript, ["embedded"]],
};

/** @returns {Promise<Row[]>} */
export async function panelSizes() {
  /** @type {Row[]} */
  const rows = [];
  for (const [metric, [code, later]] of Object.entries(weights)) {
    const text = (await firstLoad(code, later)).join("");
    const sizes = {
      minified: text.length,
      gzip: gzipSync(text, { level: 9 }).length,
      brotli: brotliCompressSync(text).length,
    };
    for (const [unit, size] of Object.entries(sizes))
      rows.push({
        metric: `panel: ${metric}, ${unit}`,
        unit: "bytes",
        limits: "default",
        values: { "partner-panel": size },
      });
  }
  return rows;
}

/**
 * @param {Browser} browser
 * @param {{ rounds: number, isQuick: boolean, say: (line: string) => void, median: (numbers: readonly number[]) => number }} options
 * @returns {Promise<Row[]>}
 */
export async function measurePanel(browser, { rounds, isQuick, say, median }) {
  const times = isQuick ? 50 : mounts;
  say("the panel: bundling");
  const rows = await panelSizes();
  const server = await serve();
  try {
    /** @param {(page: Page) => Promise<number>} measure in a profile of its own, where nothing was loaded before. */
    const fresh = async (measure) => {
      const context = await browser.newContext();
      const page = await context.newPage();
      await page.goto(`http://host.localhost:${server.port}/host`);
      await page.waitForFunction("globalThis.panelPage !== undefined");
      const value = await measure(page);
      await context.close();
      return value;
    };
    /** @type {[metric: string, unit: string, own: (page: Page) => Promise<number>, raw: ((page: Page) => Promise<number>) | null][]} */
    const metrics = [
      ["insertion to ready, cold", "ms", (page) => run(page, "panel"), (page) => run(page, "bare")],
      [
        "insertion to ready, prewarmed",
        "ms",
        async (page) => {
          await run(page, "prewarm");
          return run(page, "panel");
        },
        null,
      ],
      [
        "insertion to ready, the second of a page",
        "ms",
        async (page) => {
          await run(page, "panels", 1);
          return run(page, "panel");
        },
        async (page) => {
          await run(page, "bares", 1);
          return run(page, "bare");
        },
      ],
      [
        "50 one after another, one of them hostile, longest host stall",
        "ms",
        (page) => run(page, "scrolledPanels", 50),
        (page) => run(page, "scrolledBares", 50),
      ],
      [
        "50 at once, one of them hostile, longest host stall",
        "ms",
        (page) => run(page, "crowdOfPanels", 50),
        (page) => run(page, "crowdOfBares", 50),
      ],
      ["layout shift, height in the tag", "", (page) => run(page, "shift", viewHeight), null],
      [
        "layout shift, height in a manifest that was prewarmed",
        "",
        async (page) => {
          await run(page, "prewarm");
          return run(page, "shift");
        },
        null,
      ],
      ["layout shift, height unknown", "", (page) => run(page, "shift"), null],
    ];
    /** @type {Map<string, { own: number[], raw: number[] }>} */
    const samples = new Map(metrics.map(([metric]) => [metric, { own: [], raw: [] }]));
    for (let round = 0; round <= rounds; round++) {
      for (const [metric, , own, raw] of metrics) {
        // By turns, so that neither always runs on a machine that the other has warmed.
        const turns = round % 2 === 0 ? /** @type {const} */ (["own", "raw"]) : /** @type {const} */ (["raw", "own"]);
        for (const turn of turns) {
          const measure = turn === "own" ? own : raw;
          if (measure === null) continue;
          const value = await fresh(measure);
          if (round > 0) samples.get(metric)?.[turn].push(value);
        }
      }
      say(round === 0 ? "the panel: warmed up" : `the panel: round ${round} of ${rounds}`);
    }
    for (const [metric, unit] of metrics) {
      const { own, raw } = samples.get(metric) ?? { own: [], raw: [] };
      rows.push({
        metric: `panel: ${metric}`,
        unit,
        limits: "default",
        values: { ...(raw.length > 0 ? { raw: median(raw) } : {}), "partner-panel": median(own) },
      });
    }

    /** @type {(mount: "panels" | "bares") => Promise<Record<string, number>>} what the page holds more than before. */
    const left = async (mount) => {
      /** @type {Record<string, number>} */
      const growth = {};
      await fresh(async (page) => {
        // What the first ones leave is compiled code and what the page keeps for all that follow: the audit log's thousand records, above all.
        await run(page, mount, times * 2);
        const before = await held(page);
        await run(page, mount, times);
        const after = await held(page);
        for (const [name, what] of counted) growth[what] = (after[name] ?? 0) - (before[name] ?? 0);
        return 0;
      });
      say(`the panel: ${times} mounts of ${mount}`);
      return growth;
    };
    const [own, raw] = [await left("panels"), await left("bares")];
    for (const [name, what] of counted) {
      const unit = name === "JSHeapUsedSize" ? "KB" : "";
      const scale = unit === "KB" ? 1_024 : 1;
      const values = { raw: (raw[what] ?? 0) / scale, "partner-panel": (own[what] ?? 0) / scale };
      rows.push({ metric: `panel: left by ${times} mounts, ${what}`, unit, limits: "default", values });
    }
    return rows;
  } finally {
    server.close();
  }
}
