import { expect, test, vi } from "vitest";
import { ManualClock } from "../../../postmessage-rpc/test/manual-clock.js";
import { Heartbeat } from "./heartbeat.js";

class Page extends EventTarget {
  visibilityState: DocumentVisibilityState = "visible";
  listeners = 0;

  show(visibilityState: DocumentVisibilityState): void {
    this.visibilityState = visibilityState;
    this.dispatchEvent(new Event("visibilitychange"));
  }

  override addEventListener(...given: Parameters<EventTarget["addEventListener"]>): void {
    this.listeners += 1;
    super.addEventListener(...given);
  }

  override removeEventListener(...given: Parameters<EventTarget["removeEventListener"]>): void {
    this.listeners -= 1;
    super.removeEventListener(...given);
  }
}

function beating() {
  const clock = new ManualClock();
  const page = new Page();
  const heartbeat = new Heartbeat(clock, () => page as unknown as Document);
  const view = (answers = () => true) => {
    const asked: number[] = [];
    const started = clock.now();
    const onSilence = vi.fn();
    const ping = vi.fn(() => {
      asked.push(clock.now() - started);
      return answers() ? Promise.resolve() : new Promise<void>(() => {});
    });
    return { asked, onSilence, stop: heartbeat.watch(ping, onSilence) };
  };
  /** In steps, so that answers come in between. */
  const pass = async (milliseconds: number) => {
    for (let left = milliseconds; left > 0; left -= 1_000) {
      clock.advance(Math.min(1_000, left));
      await Promise.resolve();
      await Promise.resolve();
    }
  };
  return { clock, page, view, pass };
}

test("asks each view every 15 s, with one timer for all of them, and is content with an answer", async () => {
  const { clock, view, pass } = beating();
  const views = Array.from({ length: 50 }, () => view());
  expect(clock.waiting).toBe(1);
  await pass(600_000);
  expect(clock.waiting).toBe(1);
  for (const { asked, onSilence } of views) {
    expect(asked.slice(0, 4)).toEqual([0, 15_000, 30_000, 45_000]);
    expect(asked).toHaveLength(41);
    expect(onSilence).not.toHaveBeenCalled();
  }
});

test("a view that crashes right after it answered is found out 25 s later, and only that one", async () => {
  const { view, pass } = beating();
  let isAlive = true;
  const other = view();
  const { onSilence, asked } = view(() => isAlive);
  await pass(15_000);
  isAlive = false;
  await pass(14_000);
  expect(asked).toEqual([0, 15_000]);
  await pass(10_000);
  expect(asked).toEqual([0, 15_000, 30_000, 35_000]);
  expect(onSilence).not.toHaveBeenCalled();
  await pass(1_000);
  expect(onSilence).toHaveBeenCalledOnce();
  await pass(60_000);
  expect(onSilence).toHaveBeenCalledOnce();
  expect(other.onSilence).not.toHaveBeenCalled();
});

test("one miss is none: an answer to the second question, or a late one to the first, counts", async () => {
  const { clock, page, pass } = beating();
  const heartbeat = new Heartbeat(clock, () => page as unknown as Document);
  for (const answered of [0, 1]) {
    const answers: (() => void)[] = [];
    const onSilence = vi.fn();
    const stop = heartbeat.watch(() => new Promise((resolve) => answers.push(resolve)), onSilence);
    // It is asked when it joins; the beat that is under way then is not counted.
    await pass(answers.length === 1 ? 12_000 : 0);
    expect(answers).toHaveLength(2);
    answers[answered]?.();
    await pass(8_000);
    expect(onSilence).not.toHaveBeenCalled();
    stop();
  }
});

test("no time counts while the page is hidden; seen again, all are asked at once and have the whole time", async () => {
  const { page, view, pass } = beating();
  let isAlive = false;
  const { onSilence, asked } = view(() => isAlive);
  await pass(4_000);
  page.show("hidden");
  await pass(600_000);
  expect(asked).toEqual([0]);
  page.show("visible");
  expect(asked).toEqual([0, 604_000]);
  await pass(9_000);
  expect(onSilence).not.toHaveBeenCalled();
  isAlive = true;
  page.show("visible");
  await pass(60_000);
  expect(onSilence).not.toHaveBeenCalled();
  isAlive = false;
  page.show("visible");
  await pass(10_000);
  expect(onSilence).toHaveBeenCalledOnce();
});

test("no time counts while the page stood still", async () => {
  const { clock, view, pass } = beating();
  let isAlive = true;
  const { onSilence, asked } = view(() => isAlive);
  await pass(1_000);
  isAlive = false;
  // A timer that comes late, as after a laptop was shut.
  const { now } = clock;
  let skipped = 0;
  clock.now = () => now.call(clock) + skipped;
  for (let times = 0; times < 10; times += 1) {
    skipped += 600_000;
    await pass(5_000);
  }
  expect(onSilence).not.toHaveBeenCalled();
  expect(asked).toHaveLength(11);
  await pass(10_000);
  expect(onSilence).toHaveBeenCalledOnce();
});

test("leaves no timer and no listener behind", async () => {
  const { clock, page, view, pass } = beating();
  const silent = view(() => false);
  const { stop } = view();
  await pass(60_000);
  expect(silent.onSilence).toHaveBeenCalledOnce();
  silent.stop();
  stop();
  stop();
  expect(clock.waiting).toBe(0);
  expect(page.listeners).toBe(0);
});
