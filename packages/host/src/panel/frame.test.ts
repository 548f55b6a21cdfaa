import { expect, test } from "vitest";
import { frameSource } from "./frame.js";
import { frameHeight } from "./panel-height.js";

const entry = "https://partner.example/embed/issue?a=1";

test("a path is resolved against the entry, and stays on its origin", () => {
  expect(frameSource(entry, "")).toBe(entry);
  expect(frameSource(entry, "/other")).toBe("https://partner.example/other");
  expect(frameSource(entry, "?b=2#c")).toBe("https://partner.example/embed/issue?b=2#c");
  expect(frameSource(entry, "history")).toBe("https://partner.example/embed/history");
});

test.each([
  "//evil.example",
  "\\\\evil.example",
  "/\\evil.example",
  "https://partner.example.evil.com/",
  "https://partner.example@evil.com/",
  "https://user@partner.example/",
  "http://partner.example/",
  "https://partner.example:444/",
  "javascript:alert(1)",
  "java\tscript:alert(1)",
  "data:text/html,x",
  "blob:https://partner.example/1",
  "https://",
])("%s is refused", (path) => {
  expect(() => frameSource(entry, path)).toThrowError(expect.objectContaining({ code: "CONFIG_REFUSED" }));
});

test("a height is kept within its bounds; a shrink of 4 px or less is not followed", () => {
  const bounds = { min: 100, max: 500 };
  expect(frameHeight(300, 200, bounds)).toBe(300);
  expect(frameHeight(300.2, 200, bounds)).toBe(301);
  expect(frameHeight(201, 200, bounds)).toBe(201);
  expect(frameHeight(196, 200, bounds)).toBe(null);
  expect(frameHeight(195, 200, bounds)).toBe(195);
  expect(frameHeight(10, 200, bounds)).toBe(100);
  expect(frameHeight(9_000, 200, bounds)).toBe(500);
  expect(frameHeight(9_000, 500, bounds)).toBe(null);
  // Bounds that were narrowed count at once, by however little.
  expect(frameHeight(499, 502, bounds)).toBe(499);
});
