import { AxeBuilder } from "@axe-core/playwright";
import type { Locator, Page } from "@playwright/test";
import { expect } from "./test.js";

/** Everything that axe finds on the page and in its frames, shadow roots included: the rule and the element. */
async function faultsOn(page: Page, without: string[]): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page }).disableRules(without).analyze();
  return violations.flatMap(({ id, nodes }) => nodes.map(({ target }) => `${id}: ${target.flat().join(" ")}`));
}

/**
 * Asserts that axe finds nothing in the page as it stands. First a fault is planted in each of `places` (a button without
 * a name, in the element or in its open shadow root), and must be found in all of them: a check that cannot see finds
 * nothing either.
 *
 * @param without rules that cannot judge this state, each with its reason at the call.
 */
export async function expectNoFaults(page: Page, places: readonly Locator[], without: string[] = []): Promise<void> {
  for (const [index, place] of places.entries()) {
    await place.evaluate((element, id) => {
      const fault = document.createElement("button");
      fault.id = id;
      (element.shadowRoot ?? element).append(fault);
    }, `planted-${index}`);
  }
  const planted = (await faultsOn(page, without)).filter((fault) => fault.startsWith("button-name"));
  for (const index of places.keys()) {
    expect(
      planted.some((fault) => fault.endsWith(`#planted-${index}`)),
      `axe sees place ${index}`,
    ).toBe(true);
  }
  for (const [index, place] of places.entries()) {
    await place.evaluate((element, id) => {
      (element.shadowRoot ?? element).querySelector(`#${id}`)?.remove();
    }, `planted-${index}`);
  }
  expect(await faultsOn(page, without)).toEqual([]);
}
