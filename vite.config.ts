import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { partnerPlugin } from "./packages/host/test/browser/partner/plugin.js";
import { browsers, key, point, press } from "./scripts/element-browsers.js";

const page = (path: string) => fileURLToPath(new URL(`demo/web/${path}`, import.meta.url));

// Vitest has dynamic imports call a function of its own page, which no other page has.
const dynamicImports =
  "<script>globalThis.__vitest_browser_runner__ = { wrapDynamicImport: (load) => load() };</script>";

/**
 * A page for element tests to frame: `/test-page?script=/packages/…/partner.ts`. The test server answers on every *.localhost name, so
 * under another name than the test's own the page is another site, with another origin.
 */
const testPage: Plugin = {
  name: "test-page",
  configureServer(server) {
    server.middlewares.use("/test-page", (request, response) => {
      const script = new URL(request.url ?? "/", "http://localhost").searchParams.get("script") ?? "";
      response.setHeader("content-type", "text/html");
      response.end(
        `<!doctype html><meta charset="utf-8"><title>Test page</title>${dynamicImports}<script type="module" src="${encodeURI(script)}"></script>`,
      );
    });
  },
};

/** The page of docs/script-tag.md, with the bundled script, its hash (or `?integrity=`) and the manifest that a test wants in their places. */
const scriptTagPage: Plugin = {
  name: "script-tag-page",
  configureServer(server) {
    const script = (suffix = "") =>
      readFileSync(new URL(`packages/host/dist/script/partner-panel.js${suffix}`, import.meta.url), "utf8");
    server.middlewares.use("/script-tag/partner-panel.js", (_request, response) => {
      response.setHeader("content-type", "text/javascript").end(script());
    });
    // Another version, as far as a page can tell: another global, other classes, a wire with a later version beside ours.
    server.middlewares.use("/script-tag/second.js", (_request, response) => {
      const second = script()
        .replace("var partnerPanel", "var otherPanel")
        .replaceAll(/"1\.0\.0"|`1\.0\.0`/g, '"1.9.0"');
      response.setHeader("content-type", "text/javascript").end(second);
    });
    const beside = `<script>
      var told = [], errors = [];
      addEventListener("error", ({ message }) => errors.push(message));
      console.warn = (line) => { if (line.startsWith("<partner-panel>")) told.push(line); };
    </script><script src="/script-tag/second.js"></script>`;
    server.middlewares.use("/script-tag/page", (request, response) => {
      const query = new URL(request.url ?? "/", "http://localhost").searchParams;
      const guide = readFileSync(new URL("docs/script-tag.md", import.meta.url), "utf8");
      const html = /```html\n([\s\S]*?)```/.exec(guide)?.[1] ?? "";
      response.setHeader("content-type", "text/html").end(
        html
          .replace("/partner-panel.js", "/script-tag/partner-panel.js")
          .replace("sha384-…", query.get("integrity") ?? script(".integrity").trim())
          .replace("https://app.trackwell.example/.well-known/partner-panel.json", query.get("manifest") ?? "") +
          (query.has("second") ? beside : ""),
      );
    });
  },
};

// Named, for what is found only while the tests run makes the page load anew under them.
const optimizeDeps = {
  include: ["axe-core", "fast-check", "lit", "lit/directives/keyed.js", "oauth4webapi", "oidc-client-ts", "valibot"],
};

// A wait ends with what it waits for; this is for a busy machine with few cores.
const expect = { poll: { timeout: 5_000 } };

/** Every test tool and bundle reads its settings here. `build` is the demo's pages, with demo/web as the root. */
export default defineConfig({
  build: {
    outDir: "../dist/web",
    emptyOutDir: true,
    target: "es2022",
    // With light-dark(): written for older browsers it would follow the system alone, and not a page that is dark by its own choice.
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    // The sites' policy allows their own files alone: nothing as a data: URL, and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        desk: page("desk/index.html"),
        "desk-confirm": page("desk/confirm.html"),
        trackwell: page("trackwell/index.html"),
        "trackwell-issue": page("trackwell/embed/issue.html"),
        "trackwell-releases": page("trackwell/releases.html"),
        mallory: page("mallory/index.html"),
        "mallory-attacks": page("mallory/attacks.html"),
        "mallory-beg": page("mallory/beg.html"),
        "mallory-hello": page("mallory/hello.html"),
      },
    },
  },
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "packages/*/test/unit/**/*.test.ts", "demo/**/*.test.ts"],
          environment: "node",
        },
      },
      {
        plugins: [testPage, scriptTagPage, partnerPlugin()],
        optimizeDeps,
        test: {
          name: "element",
          include: ["packages/*/test/browser/**/*.test.ts"],
          expect,
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: browsers(),
            commands: { key, point, press },
            instances: [{ browser: "chromium" }],
          },
        },
      },
      {
        plugins: [testPage, partnerPlugin()],
        optimizeDeps,
        test: {
          // What rests on the engine runs in all of them: how it carries messages and ports, reads URLs and text, and whom it gives the focus.
          name: "engines",
          include: [
            "packages/postmessage-rpc/test/browser/**/*.test.ts",
            "packages/manifest/test/browser/**/*.test.ts",
            "packages/host/test/browser/{consent,consent-attacks,display,grants,manifest,revocation}.test.ts",
          ],
          expect,
          // After the project above, not beside it: browsers that share a small machine run into each other's time limits.
          sequence: { groupOrder: 1 },
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            commands: { key, point, press },
            provider: browsers(),
            instances: [{ browser: "firefox" }, { browser: "webkit" }],
          },
        },
      },
    ],
  },
});
