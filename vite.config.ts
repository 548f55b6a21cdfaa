import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { partnerPlugin } from "./packages/host/test/browser/partner/plugin.js";
import { browsers, press } from "./scripts/element-browsers.js";

const page = (path: string) => fileURLToPath(new URL(`demo/web/${path}`, import.meta.url));

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
        `<!doctype html><meta charset="utf-8"><title>Test page</title><script type="module" src="${encodeURI(script)}"></script>`,
      );
    });
  },
};

/** Every test tool and bundle reads its settings here. `build` is the demo's pages, with demo/web as the root. */
export default defineConfig({
  build: {
    outDir: "../dist/web",
    emptyOutDir: true,
    target: "es2022",
    // The sites' policy allows their own files alone: nothing as a data: URL, and no inline script.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      input: {
        desk: page("desk/index.html"),
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
        plugins: [testPage, partnerPlugin()],
        // Named, for what is found only while the tests run makes the page load anew under them.
        optimizeDeps: { include: ["lit", "oidc-client-ts", "valibot"] },
        test: {
          name: "element",
          include: ["packages/*/test/browser/**/*.test.ts"],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: browsers(),
            commands: { press },
            instances: [{ browser: "chromium" }],
          },
        },
      },
      {
        plugins: [testPage],
        test: {
          // The bridge rests on how an engine carries messages and ports, so its tests run in all of them.
          name: "engines",
          include: ["packages/postmessage-rpc/test/browser/**/*.test.ts"],
          // After the project above, not beside it: browsers that share a small machine run into each other's time limits.
          sequence: { groupOrder: 1 },
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            commands: { press },
            provider: browsers(),
            instances: [{ browser: "firefox" }, { browser: "webkit" }],
          },
        },
      },
    ],
  },
});
