import fc from "fast-check";
import { expect, it } from "vitest";
import { locator } from "./locate.js";

const text = `{
  "a/b": 1,
  "list": [
    { "x": 1 }, { "y": 2 }
  ],
  "a/b": 2
}`;

it.each([
  ["", 1, 1],
  ["/list", 3, 3],
  ["/list/1", 4, 17],
  ["/list/1/y", 4, 19],
  // Of two, the one that counts.
  ["/a~1b", 6, 3],
  // What is missing: where it is missing.
  ["/list/1/z", 4, 17],
  ["/list/9", 3, 3],
  ["/a~1b/c/d", 6, 3],
])("%s is at %i:%i", (pointer, line, column) => {
  expect(locator(text)(pointer)).toEqual({ line, column });
});

it("leads to the first error where the text is no JSON", () => {
  expect(locator('{\n  "a": 1,\n}')("")).toEqual({ line: 3, column: 1 });
  expect(locator('{\r\n  "a" 1 }')("/whatever")).toEqual({ line: 2, column: 7 });
});

it("never throws", () => {
  const pointer = fc
    .array(fc.oneof(fc.string(), fc.constantFrom("list", "0", "__proto__")))
    .map((steps) => steps.join("/"));
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), pointer, (json, where) => {
      const place = locator(json)(where);
      expect(place === undefined || (place.line > 0 && place.column > 0)).toBe(true);
    }),
  );
  locator("[".repeat(65_536))("/0/0");
});
