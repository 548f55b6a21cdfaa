import { compareVersions } from "./compare.js";

/**
 * Whether a version is in a caret range, as npm's semver has it: not before the range's own version, and with the same number as that up
 * to its first that is not zero.
 *
 * @param version a semantic version; a pre-release comes before what it leads to.
 * @param range as in `protocol` of a manifest, so already checked: `^1.0.0`.
 */
export function isInRange(version: string, range: string): boolean {
  const lowest = range.slice(1);
  if (compareVersions(version, lowest) < 0) return false;
  const [wanted, had] = [lowest, version].map((text) => text.split(/[-+]/, 1)[0]?.split(".") ?? []);
  const first = wanted?.findIndex((number) => number !== "0") ?? -1;
  const fixed = wanted?.slice(0, first < 0 ? undefined : first + 1);
  return fixed?.every((number, index) => number === had?.[index]) === true;
}
