/** The host's page of the panel's benchmark: panels and bare frames come and go in it, as it is told. */
import { configurePartners, PartnerPanel } from "@partner-panel/host";
import "@partner-panel/host/define";
import { implement } from "@partner-panel/postmessage-rpc";
import { endless } from "./endless.js";

export interface PanelPage {
  /** Loads what can be loaded before there is a panel. */
  prewarm(): Promise<void>;
  /** Milliseconds from insertion to `ready`; the panel stays. */
  panel(): Promise<number>;
  /** The same for a frame that says hello, is sent a port and answers on it; nothing is checked. */
  bare(): Promise<number>;
  /** Inserts, waits until it is there, and removes; so many times. */
  panels(times: number): Promise<void>;
  bares(times: number): Promise<void>;
  /**
   * Inserts panels and removes each while it has a call under way in either direction; the number of the page's own calls that ended by that.
   * `isKept`: the page forgets to take a listener away with each, which is a leak to be found.
   */
  inMidCall(times: number, isKept?: boolean): Promise<number>;
  /** Fills what keeps the newest of something, as the audit log does. */
  fill(): Promise<void>;
  /**
   * Inserts so many at once, waits until all are there, and takes them away: the longest time in which this page did not get to run, in milliseconds. One
   * panel is `mallory`'s, which floods its port and is then busy for seconds; it is cut off, or this throws.
   */
  crowdOfPanels(count: number): Promise<number>;
  crowdOfBares(count: number): Promise<number>;
  /** The same, each inserted when the one before it is there. */
  scrolledPanels(count: number): Promise<number>;
  scrolledBares(count: number): Promise<number>;
  /** Takes everything away. */
  clear(): void;
  /** The sum of the layout shifts between the first paint with a panel in the page and its `ready`. */
  shift(minHeight?: number): Promise<number>;
}

const origin = location.origin.replace("//host.", "//view.");
configurePartners({
  partners: {
    bench: `${origin}/manifest.json`,
    mallory: `${location.origin.replace("//host.", "//mallory.")}/manifest.json`,
  },
  policy: { bench: { scopes: [{ scope: "ticket:read" }] }, mallory: { scopes: [] } },
  user: () => "ada",
});

let shifted = 0;
const count = (entries: PerformanceEntryList) => {
  for (const entry of entries) shifted += (entry as PerformanceEntry & { value: number }).value;
};
const observer = new PerformanceObserver((list) => count(list.getEntries()));
observer.observe({ type: "layout-shift", buffered: true });

const place = document.createElement("main");
// What a panel that grows late would push down.
const after = document.createElement("p");
after.textContent = "What comes after";
document.body.append(place, after);

const painted = () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));

function insertPanel(view = "bench", partner = "bench") {
  const element = document.createElement("partner-panel");
  element.setAttribute("partner", partner);
  element.setAttribute("view", view);
  element.setAttribute("label", "Bench");
  place.append(element);
  return element;
}

async function panel(): Promise<HTMLElement> {
  const element = insertPanel();
  // It is made anew with each state; the update that follows the insertion has the one that lasts until `ready`.
  await element.updateComplete;
  await element.ready;
  return element;
}

function bare(): Promise<HTMLElement> {
  const frame = document.createElement("iframe");
  frame.title = "Bench";
  frame.src = `${origin}/bare`;
  frame.style.blockSize = "200px";
  return new Promise((resolve) => {
    const onMessage = (event: MessageEvent): void => {
      if (event.source !== frame.contentWindow || event.origin !== origin) return;
      window.removeEventListener("message", onMessage);
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => resolve(frame);
      frame.contentWindow?.postMessage("welcome", origin, [port2]);
    };
    window.addEventListener("message", onMessage);
    place.append(frame);
  });
}

const timed =
  (insert: () => Promise<HTMLElement>): (() => Promise<number>) =>
  async () => {
    const start = performance.now();
    await insert();
    return performance.now() - start;
  };

const repeated = (insert: () => Promise<HTMLElement>) => async (times: number) => {
  for (let time = 0; time < times; time++) (await insert()).remove();
};

/** A panel whose view and page have a call under way at each other; resolves with how the page's own call ends. */
async function calling(view: "endless" | "talkative"): Promise<{ element: HTMLElement; outcome: Promise<unknown> }> {
  let onCall = () => {};
  const called = new Promise<void>((resolve) => {
    onCall = resolve;
  });
  const element = insertPanel(view) as unknown as PartnerPanel<typeof endless>;
  element.use = endless;
  element.provide = implement(endless, {
    "bench.nothing": () => {},
    "bench.wait": (_, { signal }) => {
      onCall();
      return new Promise((resolve) => signal.addEventListener("abort", () => resolve()));
    },
  });
  await element.updateComplete;
  await element.ready;
  await called;
  const outcome = element.remote.bench.wait().catch(({ code }: { code?: string }) => code);
  return { element, outcome };
}

/** So many at a time. */
const together = 10;

async function inMidCall(times: number, isKept = false): Promise<number> {
  let ended = 0;
  for (let time = 0; time < times; time += together) {
    const all = await Promise.all(Array.from({ length: together }, () => calling("endless")));
    for (const { element } of all) element.remove();
    const outcomes = await Promise.all(all.map(({ outcome }) => outcome));
    ended += outcomes.filter((code) => code === "SESSION_CLOSED").length;
    if (isKept) for (const { element } of all) window.addEventListener("resize", () => element.getBoundingClientRect());
  }
  return ended;
}

/** Every so many milliseconds it is looked whether the page runs. */
const often = 4;

async function longestStall(until: Promise<unknown>): Promise<number> {
  let longest = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    longest = Math.max(longest, now - last - often);
    last = now;
  }, often);
  await until;
  clearInterval(timer);
  return longest;
}

async function hostile(): Promise<void> {
  const element = insertPanel("hostile", "mallory");
  const { code } = await new Promise<HTMLElementEventMap["partner-error"]>((resolve) =>
    element.addEventListener("partner-error", resolve),
  );
  if (code !== "QUARANTINED") throw new Error(`The hostile panel ended with ${code}`);
}

/** All at once, which is more than a page with lazy panels ever has. */
const crowd =
  (insert: (index: number) => Promise<unknown>) =>
  async (count: number): Promise<number> => {
    const longest = await longestStall(Promise.all(Array.from({ length: count }, (_, index) => insert(index))));
    place.replaceChildren();
    return longest;
  };
const isHostile = (index: number) => index === 7;
const crowdOfPanels = crowd((index) => (isHostile(index) ? hostile() : panel()));

/** As a user comes to see them, one after another. */
const scrolled =
  (insert: (index: number) => Promise<unknown>) =>
  async (count: number): Promise<number> => {
    const scroll = async () => {
      for (let index = 0; index < count; index++) {
        const there = insert(index);
        place.lastElementChild?.scrollIntoView();
        await there;
      }
    };
    const longest = await longestStall(scroll());
    place.replaceChildren();
    return longest;
  };

const page: PanelPage = {
  prewarm: () => PartnerPanel.prewarm("bench"),
  panel: timed(panel),
  bare: timed(bare),
  panels: repeated(panel),
  bares: repeated(bare),
  inMidCall,
  crowdOfPanels,
  crowdOfBares: crowd(bare),
  scrolledPanels: scrolled((index) => (isHostile(index) ? hostile() : panel())),
  scrolledBares: scrolled(bare),
  fill: async () => (await calling("talkative")).element.remove(),
  clear: () => place.replaceChildren(),
  shift: async (minHeight = 0) => {
    const element = insertPanel();
    element.minHeight = minHeight;
    await painted();
    count(observer.takeRecords());
    const before = shifted;
    await element.updateComplete;
    await element.ready;
    await painted();
    count(observer.takeRecords());
    return shifted - before;
  },
};
Object.assign(globalThis, { panelPage: page });
