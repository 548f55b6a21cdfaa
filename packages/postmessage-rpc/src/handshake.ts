/*
 * The opening exchange. What it needs:
 *
 * - the port reaches the partner's document and no other: a frame can be redirected, navigated, or have a stranger beside it;
 * - the partner talks to a host it named, and to nobody who merely embeds it;
 * - either side may be late, and a document that is replaced is noticed.
 *
 * Its steps:
 *
 * 1. hello   partner → its parent, to anyone ("*"), for it holds nothing but a nonce; repeated until answered.
 * 2. welcome host → that window, at the partner's exact origin, with one port. Only to a hello that a browser delivered
 *            (isTrusted), from this frame's window (source: it stays the same when the frame navigates), from the partner's
 *            origin (which does not). A hello from another window is ignored; from this window at another origin it ends the
 *            session, unanswered, for the frame shows somebody else now. The same nonce again is a repeat; a new nonce is a new
 *            document, so the old session ends.
 * 3. ready   partner → host, on the port (`rpc.ready`), once the partner has checked source, origin, nonce and that exactly one
 *            port came. A partner that refuses says so to the welcome's sender at its exact origin, and nothing else.
 *
 * Both listeners look at `source`, then `origin`, and touch `data` only after those: Chromium reads a message when `data` is first
 * touched, and a stranger's can cost seconds.
 */
import { systemClock } from "./clock.js";
import type { Contract } from "./contract.js";
import { isRecord, RpcError } from "./errors.js";
import { frozenGrant, type Grant } from "./grant.js";
import { requestWelcome, type Welcomed, type WelcomeOptions } from "./handshake-welcome.js";
import {
  cancelled,
  checkOrigin,
  handshakeTimeout,
  key,
  listenForEnd,
  protocolVersions,
  refusal,
} from "./handshake-words.js";
import type { Served } from "./implementation.js";
import { limitsWith } from "./limits.js";
import { BridgeSession } from "./open-session.js";
import { providedBy } from "./provided.js";
import type { Session, SessionOptions } from "./session.js";
import { notificationText } from "./wire.js";

/** New documents that one accept welcomes before one of them is ready. */
const mostAnswers = 16;

export interface AcceptOptions<Use extends Contract = Contract> extends SessionOptions<Use> {
  /**
   * The frame's window, `iframe.contentWindow`, or a popup's. Looked at when a message comes: as a getter it spares the page the window of the empty
   * document that a new frame begins with (2 to 10 ms in Chromium).
   */
  readonly target: Window | null;
  /** The partner's exact origin, as `location.origin` gives it there. No wildcard, no pattern, not "null". */
  origin: string;
  /** What the partner is told beside the bridge's own fields; must be cloneable. */
  welcome?: Readonly<Record<string, unknown>> | undefined;
  /** Milliseconds of visible time until HANDSHAKE_TIMEOUT. Default 10 s. */
  timeout?: number | undefined;
  /** Aborting it ends the handshake (CANCELLED), not a session that is open already. */
  signal?: AbortSignal | undefined;
}

/**
 * The host's half: waits for the hello of a frame and opens a session with it. Call it in the task that inserts the frame, so that
 * no hello is missed. While the session is open a hello from a new document of the frame ends it (`closed` resolves with reason
 * "new document"; accept again), and one from another origin ends it with ORIGIN_MISMATCH.
 * @throws TypeError where `origin` is not an exact one. Rejects with RpcError ORIGIN_MISMATCH, VERSION_MISMATCH, EMBEDDER_REFUSED,
 * HANDSHAKE_TIMEOUT (`data.hello`: whether there was one at least) or CANCELLED.
 */
export function acceptSession<Use extends Contract = Contract<Record<never, never>>>(
  options: AcceptOptions<Use>,
): Promise<Session<Use>> {
  const { origin, welcome = {}, clock = systemClock, timeout = handshakeTimeout, signal } = options;
  const limits = limitsWith(options.limits);
  frozenGrant(options.grant ?? []);
  providedBy(options.provide);
  checkOrigin(origin);
  return new Promise((resolve, reject) => {
    let nonce: string | null = null;
    let waiting: MessagePort | null = null;
    let session: BridgeSession<Use> | null = null;
    let answered = 0;

    const stopListening = () => window.removeEventListener("message", onMessage);
    const settle = listenForEnd(clock, timeout, signal, (error) => {
      if (error.code !== "HANDSHAKE_TIMEOUT" || nonce === null) return fail(error);
      const message = "The partner said hello, and did not answer the welcome";
      fail(new RpcError("HANDSHAKE_TIMEOUT", { message, data: { hello: true } }));
    });
    const fail = (error: RpcError) => {
      stopListening();
      settle();
      dropWaiting();
      reject(error);
    };
    /** Forgotten before it is closed: Firefox goes on delivering what is queued. */
    const dropWaiting = () => {
      const port = waiting;
      waiting = null;
      port?.close();
    };

    const onMessage = (event: MessageEvent): void => {
      // A window that is gone is the source null, and no target.
      const { target } = options;
      if (target === null || event.source !== target || !event.isTrusted) return;
      if (event.origin !== origin) {
        const error = new RpcError("ORIGIN_MISMATCH", { message: `The frame shows ${event.origin}, not ${origin}` });
        if (!session) return fail(error);
        stopListening();
        session.dispose({ code: "ORIGIN_MISMATCH", by: "peer", reason: error.message });
        return;
      }
      const data: unknown = event.data;
      if (!isRecord(data) || !isNonce(data["nonce"])) return;
      if (data[key] === "refused" && data["nonce"] === nonce && !session) return fail(refusal(data["code"]));
      if (data[key] !== "hello" || data["nonce"] === nonce || !isNewNonce(data["nonce"])) return;
      if (session) {
        // Only forgotten, not used up: whoever owns the session accepts again, and the hello is repeated.
        stopListening();
        session.dispose({ code: "CLOSED", by: "peer", reason: "new document" });
        return;
      }
      answer(target, data["nonce"], data["versions"]);
    };

    const answer = (target: Window, itsNonce: string, versions: unknown): void => {
      const version = highestCommon(versions);
      if (version === null) {
        target.postMessage({ [key]: "refused", nonce: itsNonce, code: "VERSION_MISMATCH" }, origin);
        return fail(new RpcError("VERSION_MISMATCH", { message: `This host speaks ${protocolVersions.join(", ")}` }));
      }
      // A page that reloads for ever must not push the nonces of other frames out of memory.
      if (++answered > mostAnswers) return;
      nonce = itsNonce;
      useNonce(itsNonce);
      dropWaiting();
      const { port1, port2 } = new MessageChannel();
      waiting = port1;
      awaitReady(port1);
      const message = { ...welcome, [key]: "welcome", version, nonce, grant: options.grant ?? [], limits };
      try {
        target.postMessage(message, origin, [port2]);
      } catch (cause) {
        fail(new RpcError("INVALID_PARAMS", { message: "The welcome cannot be cloned", cause }));
      }
    };

    /** `rpc.ready` is the first message of the port; it tells the peer's limits, so the session opens with it. */
    const awaitReady = (port: MessagePort): void => {
      const onReady = (event: MessageEvent): void => {
        port.removeEventListener("message", onReady);
        if (waiting !== port) return;
        const told = readReady(event.data);
        if (told === null)
          return fail(new RpcError("INVALID_REQUEST", { message: "The partner's first word was not rpc.ready" }));
        waiting = null;
        settle();
        session = open(port, told);
        resolve(session);
      };
      port.addEventListener("message", onReady);
      port.start();
    };

    const open = (port: MessagePort, toldLimits: unknown): BridgeSession<Use> => {
      // A host grants, be it nothing: what the partner says of its grant is not listened to.
      const own = { ...options, grant: options.grant ?? [] };
      const opened = new BridgeSession<Use>(port, own, { toldLimits, onEnd: () => end() });
      const forgetPage = closeWithPage(opened);
      const end = () => {
        stopListening();
        forgetPage();
      };
      return opened;
    };

    if (signal?.aborted) return fail(cancelled(signal));
    window.addEventListener("message", onMessage);
  });
}

export interface RequestOptions<Use extends Contract = Contract> extends SessionOptions<Use>, WelcomeOptions {
  clock?: SessionOptions["clock"];
}

/** The partner's session, with what the host said in its welcome. */
export interface RequestedSession<Use extends Contract = Contract> extends Session<Use> {
  readonly welcome: Readonly<Record<string, unknown>>;
  readonly hostOrigin: string;
}

/**
 * The partner's half: says hello until the host answers, checks the welcome and opens the session.
 * Rejects with RpcError EMBEDDER_REFUSED, VERSION_MISMATCH, HANDSHAKE_TIMEOUT or CANCELLED.
 */
export function requestSession<Use extends Contract = Contract<Record<never, never>>>(
  options: RequestOptions<Use>,
): Promise<RequestedSession<Use>> {
  const open = sessionOpener(options);
  return requestWelcome(options).then(open);
}

/**
 * What opens the session with a host that said welcome.
 * @throws TypeError for options that are none.
 */
export function sessionOpener<Use extends Contract>(
  options: SessionOptions<Use>,
): (welcomed: Welcomed) => RequestedSession<Use> {
  const limits = limitsWith(options.limits);
  const { table } = providedBy(options.provide);
  // The host is one this view named, so by default it may call all that the view provides.
  const ownGrant = frozenGrant(options.grant ?? everyScope(table));
  return ({ port, hostOrigin, told, limits: toldLimits, welcome }) => {
    port.postMessage(notificationText("rpc.ready", { limits }));
    const session = new BridgeSession<Use>(
      port,
      { ...options, grant: undefined },
      { told, toldLimits, onEnd: () => forgetPage(), ownGrant },
    );
    const forgetPage = closeWithPage(session);
    return Object.assign(session, { welcome, hostOrigin });
  };
}

/** A page that goes away says so; one that goes into the back/forward cache may come back, so it does not. */
function closeWithPage(session: { close(reason?: string): void }): () => void {
  const onPageHide = (event: PageTransitionEvent): void => {
    if (!event.persisted) session.close("pagehide");
  };
  window.addEventListener("pagehide", onPageHide);
  return () => window.removeEventListener("pagehide", onPageHide);
}

/** One entry a scope that any of these names asks for. */
function everyScope(table: ReadonlyMap<string, Served>): Grant {
  const scopes = new Set([...table.values()].map(({ member }) => member.scope));
  return [...scopes].flatMap((scope) => (scope === null ? [] : [{ scope }]));
}

function readReady(data: unknown): unknown {
  if (typeof data !== "string" || data.length > 10_000) return null;
  try {
    const message: unknown = JSON.parse(data);
    if (!isRecord(message) || message["jsonrpc"] !== "2.0" || message["method"] !== "rpc.ready") return null;
    return isRecord(message["params"]) ? (message["params"]["limits"] ?? {}) : {};
  } catch {
    return null;
  }
}

/** The highest version both list: ours stand in falling order. */
function highestCommon(versions: unknown): string | null {
  if (!Array.isArray(versions) || versions.length > 32) return null;
  return protocolVersions.find((version) => versions.includes(version)) ?? null;
}

function isNonce(value: unknown): value is string {
  return typeof value === "string" && value.length >= 16 && value.length <= 128;
}

/** Nonces answered in this page, the newest thousand: a hello that repeats one, from whichever mount, is not a new document. */
const usedNonces = new Set<string>();
const mostNonces = 1_000;

function isNewNonce(nonce: string): boolean {
  return !usedNonces.has(nonce);
}

function useNonce(nonce: string): void {
  usedNonces.add(nonce);
  if (usedNonces.size <= mostNonces) return;
  for (const oldest of usedNonces) {
    usedNonces.delete(oldest);
    break;
  }
}
