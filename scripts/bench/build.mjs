/** Bundles of each contestant, as a user's bundler would make them, and their sizes. */
import { fileURLToPath } from "node:url";
import { brotliCompressSync, gzipSync } from "node:zlib";
import { build } from "vite";

const folder = fileURLToPath(new URL(".", import.meta.url));

/**
 * @param {string} code of an entry module that stands in this folder.
 * @param {{ banner?: string, isSplit?: boolean }} [options]
 */
async function output(code, { banner = "", isSplit = false } = {}) {
  const entry = `${folder}entry-of-bench.ts`;
  const result = await build({
    configFile: false,
    root: folder,
    logLevel: "error",
    plugins: [
      {
        name: "entry",
        enforce: "pre",
        resolveId: (id) => (id === entry ? id : null),
        load: (id) => (id === entry ? code : null),
      },
    ],
    build: {
      write: false,
      target: "es2022",
      minify: process.env["BENCH_PLAIN"] !== "1",
      modulePreload: { polyfill: false },
      rolldownOptions: {
        input: entry,
        // Without it the exports of an entry are dropped, and with them everything whose size is asked for.
        preserveEntrySignatures: "strict",
        output: {
          format: "es",
          ...(isSplit ? { entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" } : { codeSplitting: false }),
          banner,
        },
      },
    },
  });
  const found = "output" in result ? result.output.filter((each) => each.type === "chunk") : [];
  if (found.length === 0) throw new Error("The bundler made no chunk");
  return found;
}

/**
 * @param {string} code
 * @param {string} [banner]
 * @returns {Promise<string>} one minified ES module.
 */
async function bundle(code, banner = "") {
  const [chunk] = await output(code, { banner });
  return chunk?.code ?? "";
}

/**
 * What a page loads at once: the entry's chunk and those that it imports, without what loads when it is needed.
 * @param {string} code
 * @param {readonly string[]} [later] modules by name that it has loaded by then as well.
 */
export async function firstLoad(code, later = []) {
  const made = new Map((await output(code, { isSplit: true })).map((chunk) => [chunk.fileName, chunk]));
  const names = new Set([...made.values()].filter(({ isEntry }) => isEntry).map(({ fileName }) => fileName));
  for (const name of names) {
    const { imports = [], dynamicImports = [] } = made.get(name) ?? {};
    for (const imported of imports) names.add(imported);
    for (const imported of dynamicImports) if (later.includes(made.get(imported)?.name ?? "")) names.add(imported);
  }
  return [...names].map((name) => made.get(name)?.code ?? "");
}

/**
 * The scripts of a page of the panel's, by their names; the page's own is `${name}.js`.
 * @param {"host" | "view" | "bare" | "waiting" | "hostile"} name
 */
export async function panelPage(name) {
  const chunks = await output(`import "./panel/${name}.js";`, { isSplit: true });
  return new Map(chunks.map(({ isEntry, fileName, code }) => [isEntry ? `${name}.js` : fileName, code]));
}

/**
 * @param {string} contestant
 * @param {"host" | "view"} side
 */
export const page = (contestant, side) =>
  bundle(
    side === "host"
      ? `import { openHost } from "./contestants/${contestant}.js"; import { runHost } from "./host.js"; runHost(openHost);`
      : `import { openView } from "./contestants/${contestant}.js"; import { runView } from "./view.js"; void runView(openView);`,
    // Before every module: imports are hoisted above the first line of an entry.
    "globalThis.scriptStart = performance.now();",
  );

/** What a view imports to call its host, and all there is. A schema library is everybody's own choice, so none is in it. */
const imports = {
  "partner-panel": {
    "call a host": 'export { defineContract, method, requestSession } from "@partner-panel/postmessage-rpc";',
    everything: 'export * from "@partner-panel/postmessage-rpc";',
  },
  penpal: {
    "call a host": 'export { connect, WindowMessenger } from "penpal";',
    everything: 'export * from "penpal";',
  },
  comlink: {
    "call a host": 'export { wrap, windowEndpoint } from "comlink";',
    everything: 'export * from "comlink";',
  },
  capnweb: {
    "call a host": 'export { newMessagePortRpcSession } from "capnweb";',
    everything: 'export * from "capnweb";',
  },
  "mcp-ext-apps": {
    "call a host": 'export { App, PostMessageTransport } from "@modelcontextprotocol/ext-apps";',
    everything:
      'export * from "@modelcontextprotocol/ext-apps"; export { AppBridge } from "@modelcontextprotocol/ext-apps/app-bridge";',
  },
};

/** @returns {Promise<import("./report.mjs").Row[]>} */
export async function sizes() {
  /** @type {import("./report.mjs").Row[]} */
  const rows = [];
  for (const what of /** @type {const} */ (["call a host", "everything"])) {
    /** @type {Record<string, number>} */
    const gzip = {};
    /** @type {Record<string, number>} */
    const minified = {};
    /** @type {Record<string, number>} */
    const brotli = {};
    for (const [name, code] of Object.entries(imports)) {
      const text = Buffer.from(await bundle(code[what]));
      minified[name] = text.length;
      gzip[name] = gzipSync(text, { level: 9 }).length;
      brotli[name] = brotliCompressSync(text).length;
    }
    const row = { unit: "bytes", limits: /** @type {const} */ ("default") };
    rows.push({ metric: `size, ${what}`, ...row, unit: "bytes gzip", values: gzip });
    rows.push({ metric: `size, ${what}, minified`, ...row, values: minified });
    rows.push({ metric: `size, ${what}, brotli`, ...row, unit: "bytes brotli", values: brotli });
  }
  return rows;
}
