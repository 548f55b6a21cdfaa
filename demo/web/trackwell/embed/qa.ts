import type { ConnectOptions, Panel } from "@partner-panel/partner";
import type { desk } from "../../../desk-contract.js";

/** One way in which a view goes wrong. */
interface ViewFault {
  /** Before it connects. */
  readonly before?: () => void;
  /** In place of connecting. */
  readonly instead?: () => void;
  /** In place of what the view connects with. */
  readonly options?: Pick<ConnectOptions, "hosts">;
  /** Some time after it has connected. */
  readonly later?: (panel: Panel<typeof desk>) => void;
  /** Whether it shows nothing, and never says that it is ready. */
  readonly isEmpty?: boolean;
}

/** Milliseconds between a hello and the next. */
const helloPause = 200;
/** Milliseconds that a view which goes wrong later is right at first. */
const wellFor = 2_000;
/** Milliseconds: longer than a host waits for two heartbeats. */
const busyFor = 40_000;
/** Messages; a host takes 500 in a second. */
const flood = 5_000;

/** The port of the view's session, once it has one. */
let port: MessagePort | null = null;

/**
 * For QA, `/embed/issue?qa=silent`: what the script of a view can do wrong, and nothing that a view of yours needs. Some of it the SDK does not
 * do, so it is done to the browser's own parts. What the server does wrong with the page: demo/server/trackwell/view-qa.ts.
 *
 * @param elsewhere the origin of another site.
 */
export function faultOf(name: string, elsewhere: string): ViewFault {
  const faults: Readonly<Record<string, ViewFault>> = {
    deaf: { before: mute },
    "old-version": { instead: sayOldHello },
    "other-host": { options: { hosts: () => false } },
    unready: { isEmpty: true },
    fails: {
      later: (panel) => panel.fail({ code: "ISSUE_DELETED", message: "The issue was deleted", expected: true }),
    },
    silent: { later: mute },
    busy: { later: spin },
    flooding: { before: keepPort, later: floodPort },
    reloads: { later: reloadOnce },
    leaves: { later: () => location.assign("/releases") },
    "leaves-to-mallory": { later: () => location.assign(`${elsewhere}/hello`) },
    grows: { before: () => document.body.append(pillar()) },
  };
  return Object.hasOwn(faults, name) ? (faults[name] ?? {}) : {};
}

export function startLater(fault: ViewFault, panel: Panel<typeof desk>): void {
  const timer = setTimeout(() => fault.later?.(panel), wellFor);
  panel.signal.addEventListener("abort", () => clearTimeout(timer));
}

/** Nothing that this page says on a port is heard any more, as if its process had gone. */
function mute(): void {
  MessagePort.prototype.postMessage = () => {};
}

function sayOldHello(): void {
  const nonce = [...crypto.getRandomValues(new Uint8Array(32))].map((byte) => byte.toString(16).padStart(2, "0"));
  const hello = { "partner-panel": "hello", versions: ["0.9.0"], nonce: nonce.join("") };
  const again = setInterval(() => parent.postMessage(hello, "*"), helloPause);
  addEventListener("pagehide", () => clearInterval(again));
}

function spin(): void {
  for (const end = performance.now() + busyFor; performance.now() < end; );
}

function keepPort(): void {
  const { start } = MessagePort.prototype;
  MessagePort.prototype.start = function (this: MessagePort) {
    port = this;
    start.call(this);
  };
}

function floodPort(): void {
  for (let times = 0; times < flood; times += 1) port?.postMessage("no JSON");
}

/** The document that comes of it stays. */
function reloadOnce(): void {
  const [navigation] = performance.getEntriesByType("navigation");
  if (navigation instanceof PerformanceNavigationTiming && navigation.type !== "reload") location.reload();
}

/** As high as the frame and then some. */
function pillar(): HTMLElement {
  const element = document.createElement("div");
  element.style.blockSize = "calc(100vh + 40px)";
  return element;
}
