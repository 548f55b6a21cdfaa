import { expect, test } from "vitest";
import { isInRange } from "./range.js";

test.each([
  ["1.0.0", "^1.0.0", true],
  ["1.9.12", "^1.2.3", true],
  ["1.2.2", "^1.2.3", false],
  ["2.0.0", "^1.0.0", false],
  ["1.0.0", "^2.0.0", false],
  ["10.0.0", "^1.0.0", false],
  ["0.2.9", "^0.2.3", true],
  ["0.3.0", "^0.2.3", false],
  ["1.0.0", "^0.2.3", false],
  ["0.0.3", "^0.0.3", true],
  ["0.0.4", "^0.0.3", false],
  ["0.0.0", "^0.0.0", true],
  ["0.0.1", "^0.0.0", false],
  ["1.1.0-rc.1", "^1.0.0", true],
  ["1.0.0-rc.1", "^1.0.0", false],
  ["1.0.0+build.7", "^1.0.0", true],
])("%s in %s: %s", (version, range, isIn) => {
  expect(isInRange(version, range)).toBe(isIn);
});
