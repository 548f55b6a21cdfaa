import { type Clock, systemClock } from "./clock.js";
import { isRecord, RpcError } from "./errors.js";
import { type Grant, grantFromPeer } from "./grant.js";
import {
  cancelled,
  checkOrigin,
  handshakeTimeout,
  key,
  listenForEnd,
  protocolVersions,
  refusal,
} from "./handshake-words.js";

/** Milliseconds. */
const firstHelloInterval = 100;
const longestHelloInterval = 1_000;

export interface WelcomeOptions {
  /** The host's window. Default: `window.parent`. */
  target?: Window | undefined;
  /** Who may be the host: exact origins, or a function of one. */
  hosts: readonly string[] | ((origin: string) => boolean | Promise<boolean>);
  /** Milliseconds of visible time until HANDSHAKE_TIMEOUT. Default 10 s. */
  timeout?: number | undefined;
  /** Aborting it ends the handshake (CANCELLED), not a session that is open already. */
  signal?: AbortSignal | undefined;
  clock?: Clock | undefined;
}

/** A host that said welcome to this document. It waits for `rpc.ready` on the port. */
export interface Welcomed {
  readonly port: MessagePort;
  readonly hostOrigin: string;
  /** What the host says that this side may call. */
  readonly told: Grant;
  /** What the host takes from this side. */
  readonly limits: unknown;
  /** What else it said. */
  readonly welcome: Readonly<Record<string, unknown>>;
}

/**
 * The partner's half up to the welcome: says hello until the host answers, and checks who does. Apart from the session that opens with it, so that a
 * page can say hello while that is still on its way.
 * Rejects with RpcError EMBEDDER_REFUSED, VERSION_MISMATCH, HANDSHAKE_TIMEOUT or CANCELLED.
 * @throws TypeError where one of `hosts` is no exact origin.
 */
export function requestWelcome(options: WelcomeOptions): Promise<Welcomed> {
  const { target = window.parent, hosts, clock = systemClock, timeout = handshakeTimeout, signal } = options;
  if (typeof hosts !== "function") for (const origin of hosts) checkOrigin(origin);
  return new Promise((resolve, reject) => {
    const nonce = freshNonce();
    let isOver = false;
    let stopHello = () => {};

    const stop = () => {
      isOver = true;
      stopHello();
      settle();
      window.removeEventListener("message", onMessage);
    };
    const fail = (error: RpcError) => {
      if (isOver) return;
      stop();
      reject(error);
    };
    const settle = listenForEnd(clock, timeout, signal, fail);

    const hello = (interval: number): void => {
      // To anyone: it holds nothing but a nonce, and who embeds us is not known yet.
      target.postMessage({ [key]: "hello", versions: protocolVersions, nonce }, "*");
      stopHello = clock.after(interval, () => hello(Math.min(interval * 2, longestHelloInterval)));
    };

    const onMessage = (event: MessageEvent): void => {
      if (event.source !== target || !event.isTrusted) return;
      if (typeof hosts !== "function") return onSender(event, hosts.includes(event.origin));
      // A function that fails has not said yes. `=== true`, for one without types may answer anything.
      void Promise.resolve(event.origin)
        .then(hosts)
        .then(
          (isAllowed) => onSender(event, isAllowed === true),
          () => onSender(event, false),
        );
    };

    const onSender = (event: MessageEvent, isAllowed: boolean): void => {
      if (isOver) return;
      if (!isAllowed) {
        sayRefused(event.origin, "EMBEDDER_REFUSED");
        const message = `${event.origin} embeds this view, and is not one of its hosts`;
        return fail(new RpcError("EMBEDDER_REFUSED", { message, data: { origin: event.origin } }));
      }
      const data: unknown = event.data;
      const isOurs = isRecord(data) && data["nonce"] === nonce;
      if (isOurs && data[key] === "refused") return fail(refusal(data["code"]));
      if (isOurs && data[key] === "welcome") return onWelcome(event, data);
      // A welcome to another document, or an earlier one's: its port is nobody's.
      if (isRecord(data) && data[key] === "welcome") for (const port of event.ports) port.close();
    };

    const onWelcome = (event: MessageEvent, welcome: Record<string, unknown>): void => {
      const [port, ...more] = event.ports;
      const told = grantFromPeer(welcome["grant"]);
      if (!port || more.length > 0 || told === null) {
        for (const each of event.ports) each.close();
        return;
      }
      if (typeof welcome["version"] !== "string" || !protocolVersions.includes(welcome["version"])) {
        port.close();
        sayRefused(event.origin, "VERSION_MISMATCH");
        return fail(new RpcError("VERSION_MISMATCH", { message: `This view speaks ${protocolVersions.join(", ")}` }));
      }
      stop();
      const { [key]: _, ...said } = welcome;
      const limits: unknown = welcome["limits"] ?? {};
      resolve({ port, hostOrigin: event.origin, told, limits, welcome: Object.freeze(said) });
    };

    const sayRefused = (origin: string, code: string): void => {
      // An opaque host has no address to answer at; "*" would tell anyone.
      if (origin !== "null") target.postMessage({ [key]: "refused", nonce, code }, origin);
    };

    if (signal?.aborted) return fail(cancelled(signal));
    window.addEventListener("message", onMessage);
    hello(firstHelloInterval);
  });
}

function freshNonce(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
