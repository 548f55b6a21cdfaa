import { defineConfig } from "@playwright/test";
import type { EngineOptions } from "./support/test.js";

/**
 * Playwright turns third-party storage partitioning off and popup blocking off: with the list below instead of its own,
 * and without that flag, the rules of the open web apply. The rest of its list keeps the network and the screen quiet.
 */
const quietFeatures = [
  "AvoidUnnecessaryBeforeUnloadCheckSync",
  "DestroyProfileOnBrowserClose",
  "DialMediaRouteProvider",
  "GlobalMediaControls",
  "HttpsUpgrades",
  "LensOverlay",
  "MediaRouter",
  "OptimizationHints",
  "PaintHolding",
  "Translate",
];

const chromium = {
  args: [`--disable-features=${quietFeatures.join(",")}`],
  ignoreDefaultArgs: ["--disable-popup-blocking"],
};

export default defineConfig<object, EngineOptions>({
  testDir: ".",
  fullyParallel: true,
  forbidOnly: Boolean(process.env["CI"]),
  retries: 0,
  workers: 2,
  timeout: 60_000,
  expect: { timeout: 10_000 },
  reporter: "list",
  outputDir: "test-results",
  use: {
    screenshot: "only-on-failure",
    viewport: { width: 1280, height: 900 },
  },
  projects: [
    { name: "chromium", use: { engine: "chromium", launchOptions: chromium } },
    {
      name: "chromium-cookies",
      use: { engine: "chromium", launchOptions: chromium, thirdPartyCookies: true },
      // Only what cookies could change.
      grep: /@cookies/,
    },
    {
      name: "firefox",
      use: {
        engine: "firefox",
        launchOptions: {
          firefoxUserPrefs: {
            // With Fission on, Playwright's clicks and keys miss frames of another site.
            "fission.webContentIsolationStrategy": 0,
            // As people have it: a window opens for a press alone.
            "dom.disable_open_during_load": true,
          },
        },
      },
      grepInvert: /@chromium/,
    },
    { name: "webkit", use: { engine: "webkit" }, grepInvert: /@chromium/ },
  ],
});
