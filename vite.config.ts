import { playwright } from "@vitest/browser-playwright";
import { defineConfig } from "vitest/config";

/** Every test tool and bundle reads its settings here; the demo's own build is in demo/vite.config.ts. */
export default defineConfig({
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
        test: {
          name: "element",
          include: ["packages/*/test/browser/**/*.test.ts"],
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: playwright({
              launchOptions: { ...(process.env["CHROMIUM_PATH"] ? { executablePath: process.env["CHROMIUM_PATH"] } : {}) },
            }),
            instances: [{ browser: "chromium" }],
          },
        },
      },
    ],
  },
});
