/**
 * Measures the bridge in a real Chromium beside other bridges, and the panel beside a bare frame; writes docs/benchmark.md.
 *
 *   npm run bench                 everything; writes the tables
 *   npm run bench -- --panel      the panel alone, and no file is written
 *   npm run bench -- --quick      a look: few rounds, and no file is written
 *   npm run bench -- --json FILE  the numbers as data as well
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { loadavg } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { chromium } from "@playwright/test";
import { page as buildPage, sizes } from "./bench/build.mjs";
import { measurePanel } from "./bench/panel.mjs";
import { contestants, document, missed, panelTable, table } from "./bench/report.mjs";
import { ensureBrowsers, requireBrowser } from "./browsers.mjs";
import { root } from "./lib/setup.mjs";

/** @typedef {import("./bench/report.mjs").Row} Row */
/** @typedef {import("./bench/view.js").ViewPage} ViewPage */
/** @typedef {import("./bench/host.js").HostPage} HostPage */
/** @typedef {{ viewPage: ViewPage, hostPage: HostPage }} Globals */

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    json: { type: "string" },
    only: { type: "string", default: "" },
    rounds: { type: "string" },
    contestants: { type: "string" },
    panel: { type: "boolean", default: false },
  },
});
const rounds = Number(options.rounds ?? (options.quick ? 2 : 9));

/** @param {string} line */
const say = (line) => process.stderr.write(`${line}\n`);
/** @param {readonly number[]} numbers */
const median = (numbers) => {
  const sorted = [...numbers].sort((a, b) => a - b);
  return ((sorted[Math.floor((sorted.length - 1) / 2)] ?? 0) + (sorted[Math.ceil((sorted.length - 1) / 2)] ?? 0)) / 2;
};
/** @param {number} milliseconds */
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** @param {ReadonlyMap<string, string>} files */
async function serve(files) {
  const server = () =>
    createServer((request, response) => {
      const { pathname } = new URL(request.url ?? "/", "http://localhost");
      const script = files.get(pathname);
      if (script !== undefined) {
        response.setHeader("content-type", "text/javascript").end(script);
        return;
      }
      const [, side, name] = pathname.split("/");
      if (!files.has(`/${side}/${name}.js`)) {
        response.writeHead(404).end();
        return;
      }
      response.setHeader("content-type", "text/html");
      response.end(`<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>${side}: ${name}</title>
<body><script type="module" src="/${side}/${name}.js"></script>`);
    });
  const four = server();
  await new Promise((resolve) => four.listen(0, "127.0.0.1", () => resolve(null)));
  const address = four.address();
  const port = typeof address === "object" && address ? address.port : 0;
  const six = server();
  // Not every machine has IPv6; one that has may take a *.localhost name there first.
  await new Promise((resolve) => six.once("error", resolve).listen(port, "::1", () => resolve(null)));
  return {
    port,
    close: () => {
      for (const each of [four, six]) {
        each.closeAllConnections();
        each.close();
      }
    },
  };
}

const heapCalls = 100_000;
const items = 100_000;

/** One contestant in a browser tab of its own profile: with one profile for all, their views would share one process. */
class Tab {
  /**
   * @param {import("@playwright/test").Browser} browser
   * @param {string} address
   */
  static async open(browser, address) {
    const context = await browser.newContext();
    const tab = new Tab(await context.newPage());
    await tab.page.goto(address);
    await tab.first();
    await Promise.all((await tab.sessions()).map((session) => session.detach()));
    return tab;
  }

  /** @type {string[]} */
  faults = [];

  /** @param {import("@playwright/test").Page} page */
  constructor(page) {
    this.page = page;
    page.on("pageerror", (error) => this.faults.push(String(error)));
  }

  get view() {
    const [, view] = this.page.frames();
    if (!view) throw new Error("The host's page has no frame");
    return view;
  }

  /** Chromium gives a frame a session of its own only if it runs in another process than its parent; else this throws. */
  async sessions() {
    const context = this.page.context();
    return [await context.newCDPSession(this.page), await context.newCDPSession(this.view)];
  }

  async first() {
    await this.view.waitForFunction("globalThis.viewPage !== undefined");
    return this.view.evaluate(() => /** @type {Globals} */ (/** @type {unknown} */ (globalThis)).viewPage.first);
  }

  /**
   * Runs one of the view's functions there.
   * @template {"sequential" | "concurrent" | "echo" | "buffer" | "items"} Name
   * @param {Name} name
   * @param {number[]} args
   * @returns {Promise<Awaited<ReturnType<ViewPage[Name]>>>}
   */
  async run(name, ...args) {
    const result = await this.view.evaluate(
      ([name, args]) => {
        const view = /** @type {Globals} */ (/** @type {unknown} */ (globalThis)).viewPage;
        return /** @type {(...args: number[]) => unknown} */ (view[name])(...args);
      },
      /** @type {const} */ ([name, args]),
    );
    if (this.faults.length > 0) throw new Error(this.faults.join("\n"));
    return /** @type {Awaited<ReturnType<ViewPage[Name]>>} */ (result);
  }

  /** Items to the host, and how long they held it up. */
  async stream() {
    await this.page.evaluate(() => /** @type {Globals} */ (/** @type {unknown} */ (globalThis)).hostPage.watch());
    const ms = await this.run("items", items);
    const seen = await this.page.evaluate(() =>
      /** @type {Globals} */ (/** @type {unknown} */ (globalThis)).hostPage.seen(),
    );
    if (seen.items !== items) throw new Error(`${seen.items} of ${items} items came`);
    return { ms, stall: seen.stall };
  }

  async close() {
    await this.page.context().close();
  }

  async reload() {
    await this.page.reload();
    return this.first();
  }

  /** Bytes in use by both pages, after what can be collected has been. */
  async heap() {
    let bytes = 0;
    for (const session of await this.sessions()) {
      for (let time = 0; time < 3; time++) await session.send("HeapProfiler.collectGarbage");
      bytes += (await session.send("Runtime.getHeapUsage")).usedSize;
      await session.detach();
    }
    return bytes;
  }

  /** @param {number} calls */
  async manyCalls(calls) {
    for (let made = 0; made < calls; made += 10_000) {
      for (let group = 0; group < 200; group++) await this.run("concurrent", 50);
    }
  }

  async heapGrowth() {
    // Compiled code and its caches are no leak: they are there after the first tens of thousands of calls.
    await this.manyCalls(options.quick ? 20_000 : 60_000);
    const before = await this.heap();
    await this.manyCalls(heapCalls);
    return (await this.heap()) - before;
  }
}

/**
 * @typedef {object} Measurement
 * @property {string} metric
 * @property {string} unit
 * @property {"default" | "raised"} limits
 * @property {(tab: Tab) => Promise<number | { [metric: string]: number } | null>} run one sample; null where it does not apply.
 * @property {boolean} [isCold] whether it starts the page anew: in a tab of its own, for the others measure code that is compiled.
 */

/**
 * @param {"default" | "raised"} limits
 * @returns {Measurement[]}
 */
const both = (limits) => [
  { metric: "first answer after script start", unit: "ms", limits, run: (tab) => tab.reload(), isCold: true },
  {
    metric: "sequential call",
    unit: "µs",
    limits,
    run: async (tab) => 1_000 * (await tab.run("sequential", limits === "raised" ? 1_000 : 200)),
  },
  { metric: "echo 1 KB", unit: "µs", limits, run: async (tab) => 1_000 * (await tab.run("echo", 1_024, 100)) },
];

/** @type {Measurement[]} */
const measurements = [
  ...both("default"),
  { metric: "64 concurrent", unit: "ms", limits: "default", run: (tab) => tab.run("concurrent", 64) },
  { metric: "echo 64 KB", unit: "ms", limits: "default", run: (tab) => tab.run("echo", 65_536, 10) },
  ...both("raised"),
  { metric: "1,000 concurrent", unit: "ms", limits: "raised", run: (tab) => tab.run("concurrent", 1_000) },
  { metric: "10,000 concurrent", unit: "ms", limits: "raised", run: (tab) => tab.run("concurrent", 10_000) },
  { metric: "echo 100 KB", unit: "ms", limits: "raised", run: (tab) => tab.run("echo", 102_400, 10) },
  { metric: "echo 1 MB", unit: "ms", limits: "raised", run: (tab) => tab.run("echo", 1_048_576, 3) },
  {
    metric: "16 MB buffer",
    unit: "ms",
    limits: "raised",
    run: async (tab) => {
      const result = await tab.run("buffer", 16_777_216);
      return result && { "16 MB buffer": result.ms, transferred: result.transferred ? 1 : 0 };
    },
  },
  {
    metric: "100,000 items",
    unit: "ms",
    limits: "raised",
    run: async (tab) => {
      const { ms, stall } = await tab.stream();
      return { "100,000 items": ms, "100,000 items, longest host stall": stall };
    },
  },
];

/** @param {string} name of a package that the benchmark's own package.json names. */
function versionOf(name) {
  const { devDependencies } = JSON.parse(readFileSync(join(root, "scripts/bench/package.json"), "utf8"));
  return devDependencies[name];
}

async function main() {
  const [loadBefore = 0] = loadavg();
  execFileSync(
    process.execPath,
    [join(root, "node_modules/typescript/bin/tsc"), "-b", "packages/host", "packages/partner"],
    {
      cwd: root,
      stdio: "inherit",
    },
  );
  ensureBrowsers(["chromium"], say);
  const rows = options.only || options.panel ? [] : await sizes();
  const wanted = options.panel
    ? []
    : contestants.filter((name) => !options.contestants || options.contestants.split(",").includes(name));
  /** @type {Map<string, string>} */
  const files = new Map();
  for (const name of wanted) {
    say(`bundling ${name}`);
    for (const side of /** @type {const} */ (["host", "view"]))
      files.set(`/${side}/${name}.js`, await buildPage(name, side));
  }
  const server = await serve(files);
  const { executablePath } = requireBrowser("chromium");
  const browser = await chromium.launch({ executablePath });
  try {
    /** @type {Map<string, Tab>} */
    const tabs = new Map();
    for (const name of wanted) {
      const address = `http://host.localhost:${server.port}/host/${name}`;
      for (const kind of ["warm", "cold"]) {
        tabs.set(`${name} raised ${kind}`, await Tab.open(browser, address));
        // Limits are ours alone: the others have the same tab for both.
        const other = name === "partner-panel" ? await Tab.open(browser, `${address}?limits=default`) : undefined;
        tabs.set(`${name} default ${kind}`, other ?? /** @type {Tab} */ (tabs.get(`${name} raised ${kind}`)));
      }
    }
    if (wanted.length > 0) say("host and view are in two processes each");

    /** @type {Map<string, number[]>} */
    const samples = new Map();
    /** @type {(metric: string, limits: string, name: string, value: number) => void} */
    const add = (metric, limits, name, value) => {
      const key = JSON.stringify([metric, limits, name]);
      samples.set(key, [...(samples.get(key) ?? []), value]);
    };
    /** @type {(metric: string, unit: string, limits: "default" | "raised") => void} */
    const addRow = (metric, unit, limits) => {
      /** @type {Record<string, number>} */
      const values = {};
      for (const name of wanted) {
        const found = samples.get(JSON.stringify([metric, limits, name]));
        if (found) values[name] = median(found);
      }
      if (Object.keys(values).length > 0) rows.push({ metric, unit, limits, values });
    };
    /** @type {Map<string, { ms: number, times: number }>} */
    const slow = new Map();
    const chosen = measurements.filter(({ metric }) => metric.includes(options.only));
    // The first round only warms up: nobody's code is compiled yet.
    for (let round = 0; round <= rounds && wanted.length > 0; round++) {
      const order = [...wanted.slice(round % wanted.length), ...wanted.slice(0, round % wanted.length)];
      const began = Date.now();
      for (const { metric, limits, run, isCold } of chosen) {
        for (const name of order) {
          const tab = tabs.get(`${name} ${limits} ${isCold ? "cold" : "warm"}`);
          if (!tab) continue;
          // What takes seconds is measured once, after it has warmed up; ours and the raw port are in every round.
          const took = slow.get(`${name} ${limits} ${metric}`) ?? { ms: 0, times: 0 };
          const isOwn = name.startsWith("raw") || name === "partner-panel";
          if (!isOwn && took.ms > 1_500 && took.times > 1) continue;
          // With default limits an honest view makes no more than 500 calls a second in the long run.
          if (limits === "default" && name === "partner-panel") await sleep(500);
          const start = performance.now();
          if (round === 0) say(`  ${name}, ${limits} limits: ${metric}`);
          const result = await run(tab).catch((cause) => {
            throw new Error(`${name}, ${metric}: ${cause.message}`, { cause });
          });
          slow.set(`${name} ${limits} ${metric}`, { ms: performance.now() - start, times: took.times + 1 });
          if (round === 0 || result === null) continue;
          const named = typeof result === "number" ? { [metric]: result } : result;
          for (const [each, value] of Object.entries(named)) add(each, limits, name, value);
        }
      }
      say(
        `${round === 0 ? "warmed up" : `round ${round} of ${rounds}`} (${Math.round((Date.now() - began) / 1_000)} s)`,
      );
    }
    for (const { metric, unit, limits } of chosen) {
      addRow(metric, unit, limits);
      if (metric === "100,000 items") addRow("100,000 items, longest host stall", "ms", limits);
    }

    const notes = [];
    const copying = wanted.filter((name) => samples.get(JSON.stringify(["transferred", "raised", name]))?.includes(0));
    const transferring = wanted.filter((name) =>
      samples.get(JSON.stringify(["transferred", "raised", name]))?.every((value) => value === 1),
    );
    if (wanted.length > 0)
      notes.push(
        `**16 MB buffer**: transferred by ${transferring.join(", ")}; copied by ${copying.join(", ") || "none"}.`,
      );

    if ("heap growth".includes(options.only)) {
      for (let time = 0; time < (options.quick ? 1 : 3); time++) {
        for (const name of wanted) {
          if (time > 0 && name !== "raw" && name !== "partner-panel") continue;
          const tab = tabs.get(`${name} raised warm`);
          if (!tab) continue;
          if (time === 0) await tab.reload();
          add("heap growth after 100,000 calls", "raised", name, (await tab.heapGrowth()) / 1_024);
          say(`heap of ${name}`);
        }
      }
      addRow("heap growth after 100,000 calls", "KB", "raised");
    }

    for (const tab of tabs.values()) await tab.close();
    const isWhole = !options.only && !options.contestants;
    const panelRows = isWhole ? await measurePanel(browser, { rounds, isQuick: options.quick, say, median }) : [];
    if (rows.length > 0) console.log(table(rows));
    if (panelRows.length > 0) console.log(`\n${panelTable(panelRows)}`);
    const open = missed([...rows, ...panelRows]);
    console.log(open.length === 0 ? "Every goal is met." : `Missed: ${open.join("; ")}.`);
    if (options.json) writeFileSync(options.json, `${JSON.stringify({ rows: [...rows, ...panelRows] }, null, 2)}\n`);
    if (isWhole && !options.quick && !options.panel) {
      const versions = {
        "partner-panel": "this tree",
        ...Object.fromEntries(
          ["penpal", "comlink", "capnweb", "@modelcontextprotocol/ext-apps"].map((name) => [name, versionOf(name)]),
        ),
        valibot: JSON.parse(readFileSync(join(root, "package.json"), "utf8")).devDependencies.valibot,
      };
      const { raised } = await import("./bench/limits.mjs");
      writeFileSync(
        join(root, "docs/benchmark.md"),
        document(rows, panelRows, {
          rounds,
          browser: browser.version(),
          load: [loadBefore, loadavg()[0] ?? 0],
          versions,
          raised,
          notes,
        }),
      );
      console.log("Written to docs/benchmark.md.");
    }
  } finally {
    await browser.close();
    server.close();
  }
}

await main();
