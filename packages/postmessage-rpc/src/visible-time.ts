import type { Clock } from "./clock.js";

/**
 * Runs something after that many milliseconds in which the page could be seen: a hidden tab's timers are throttled and its frames
 * may not load at all, so its time does not count. The returned function takes it back.
 */
export function afterVisible(clock: Clock, milliseconds: number, run: () => void): () => void {
  let left = milliseconds;
  let since = clock.now();
  let cancel: (() => void) | null = null;
  const page = typeof document === "undefined" ? null : document;
  const resume = () => {
    if (page?.visibilityState === "hidden" || cancel) return;
    since = clock.now();
    cancel = clock.after(left, () => {
      stop();
      run();
    });
  };
  const onChange = () => {
    if (page?.visibilityState !== "hidden") return resume();
    if (!cancel) return;
    cancel();
    cancel = null;
    left = Math.max(0, left - (clock.now() - since));
  };
  const stop = () => {
    cancel?.();
    cancel = null;
    page?.removeEventListener("visibilitychange", onChange);
  };
  page?.addEventListener("visibilitychange", onChange);
  resume();
  return stop;
}
