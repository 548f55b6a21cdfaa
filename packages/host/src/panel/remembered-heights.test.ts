import fc from "fast-check";
import { afterEach, expect, test, vi } from "vitest";
import { memoryStorage } from "../../test/memory-storage.js";
import { rememberedHeight, rememberHeight } from "./remembered-heights.js";

const shown = { partner: "trackwell", view: "issue", width: 400 };
const key = "partner-panel.heights";

afterEach(() => {
  vi.unstubAllGlobals();
});

test("a view's last height at a width is remembered, for that partner, view and width alone", () => {
  vi.stubGlobal("localStorage", memoryStorage());
  expect(rememberedHeight(shown)).toBe(null);
  rememberHeight(shown, 317);
  rememberHeight({ ...shown, width: 800 }, 200);
  rememberHeight(shown, 318);
  expect(rememberedHeight({ ...shown, width: 400.3 })).toBe(318);
  expect(rememberedHeight({ ...shown, width: 800 })).toBe(200);
  for (const other of [{ partner: "other" }, { view: "list" }, { width: 402 }])
    expect(rememberedHeight({ ...shown, ...other })).toBe(null);
});

test("the newest 200 are kept, and names out of all proportion are not", () => {
  vi.stubGlobal("localStorage", memoryStorage());
  for (let width = 1; width <= 250; width += 1) rememberHeight({ ...shown, width }, width);
  expect(rememberedHeight({ ...shown, width: 50 })).toBe(null);
  expect(rememberedHeight({ ...shown, width: 51 })).toBe(51);
  expect(rememberedHeight({ ...shown, width: 250 })).toBe(250);
  rememberHeight({ ...shown, view: "x".repeat(10_000) }, 300);
  expect(localStorage.getItem(key)?.length).toBeLessThan(200 * 100);
});

test("never throws, whatever stands there, and takes no height that is none", () => {
  vi.stubGlobal("localStorage", memoryStorage());
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
      localStorage.setItem(key, text);
      expect(rememberedHeight(shown)).toBe(null);
      rememberHeight(shown, 317);
      expect(rememberedHeight(shown)).toBe(317);
    }),
  );
  const name = JSON.stringify(["trackwell", "issue", 400]);
  for (const height of [0, -1, 1.5, "317", null, 100_001, {}]) {
    localStorage.setItem(key, JSON.stringify([[name, height]]));
    expect(rememberedHeight(shown), JSON.stringify(height)).toBe(null);
  }
  rememberHeight(shown, Number.NaN);
  expect(rememberedHeight(shown)).toBe(null);
});

test("where storage is blocked or full nothing is remembered, and nothing fails", () => {
  expect(rememberedHeight(shown)).toBe(null);
  rememberHeight(shown, 317);
  const full = () => {
    throw new DOMException("full", "QuotaExceededError");
  };
  vi.stubGlobal("localStorage", { getItem: () => null, setItem: full });
  rememberHeight(shown, 317);
  expect(rememberedHeight(shown)).toBe(null);
});
