/** The host's page: it inserts the view's frame, counts what comes, and watches how long it was kept from anything else. */
import type { OpenHost, Service } from "./bridge.js";

export interface HostPage {
  /** Starts to look for stalls. */
  watch(): void;
  /** The longest time, in ms, in which a timer that wanted to run every 4 ms did not; and how many items came since `watch`. */
  seen(): { stall: number; items: number };
}

export function runHost(openHost: OpenHost): void {
  let next = 0;
  const service: Service = {
    take: (item) => {
      if (item.n !== next) throw new Error(`Item ${item.n} came where ${next} was due`);
      next++;
    },
  };
  let stall = 0;
  let watching: ReturnType<typeof setInterval> | undefined;
  let last = 0;
  // A timer and not an animation frame: a stall between two frames holds up a click just as much.
  const tick = () => {
    const now = performance.now();
    stall = Math.max(stall, now - last - 4);
    last = now;
  };
  const page: HostPage = {
    watch: () => {
      next = 0;
      stall = 0;
      last = performance.now();
      clearInterval(watching);
      watching = setInterval(tick, 4);
    },
    seen: () => {
      clearInterval(watching);
      tick();
      return { stall, items: next };
    },
  };
  Object.assign(globalThis, { hostPage: page });

  const origin = location.origin.replace("//host.", "//view.");
  const frame = document.createElement("iframe");
  frame.src = `${origin}/view/${location.pathname.split("/").pop()}${location.search}`;
  document.body.append(frame);
  openHost(frame, origin, service);
}
