import type { Page } from "@playwright/test";
import { held, run, serve } from "../scripts/bench/panel.mjs";
import { expect, test } from "./support/test.js";

/* With the benchmark's own pages, where a mount takes tens of milliseconds. */

const mounts = 100;

/** What the page holds after each of so many rounds of mounts that end in mid-call. */
async function afterRounds(page: Page, rounds: number, isKept: boolean) {
  const found: Record<string, number>[] = [];
  for (let round = 0; round < rounds; round += 1) {
    expect(await run(page, "inMidCall", mounts, isKept), "calls that ended with their panel").toBe(mounts);
    found.push(await held(page));
  }
  return (name: string) => found.map((each) => each[name] ?? Number.NaN);
}

/** What is added with each step, by least squares. */
function slope(values: readonly number[]): number {
  const middle = (values.length - 1) / 2;
  const sum = (of: (value: number, at: number) => number) =>
    values.reduce((total, value, index) => total + of(value, index - middle), 0);
  return sum((value, at) => value * at) / sum((_, at) => at * at);
}

const grows = (values: readonly number[]) => Math.max(...values.slice(1)) - (values[0] ?? Number.NaN);

test("panels removed in mid-call leave no listener, no frame, no document, and a heap that does not grow @chromium", async ({
  page,
}) => {
  test.slow();
  const server = await serve();
  try {
    const open = async () => {
      await page.goto(`http://host.localhost:${server.port}/host`);
      await page.waitForFunction("globalThis.panelPage !== undefined");
      // The audit log keeps the newest thousand, which is no leak.
      await run(page, "fill");
    };
    await open();
    const left = await afterRounds(page, 5, false);
    await open();
    const leaked = await afterRounds(page, 2, true);

    await test.step("the control: what a page forgets is found", () => {
      expect(grows(leaked("JSEventListeners"))).toBe(mounts);
      expect(grows(leaked("Nodes"))).toBeGreaterThan(20 * mounts);
      expect(grows(leaked("JSHeapUsedSize"))).toBeGreaterThan(2_000 * mounts);
    });
    expect(grows(left("JSEventListeners"))).toBe(0);
    expect(grows(left("Frames"))).toBe(0);
    expect(grows(left("Documents"))).toBe(0);
    // The last round's may still be at hand: at most ten of them, whatever the number of rounds.
    expect(grows(left("Nodes"))).toBeLessThan(5 * mounts);
    // The engine still compiles as it goes on, by a tenth of this.
    expect(slope(left("JSHeapUsedSize").slice(1))).toBeLessThan(grows(leaked("JSHeapUsedSize")) / 4);
  } finally {
    server.close();
  }
});
