import { Caller } from "./caller.js";
import { systemClock } from "./clock.js";
import type { Contract, Member, Remote } from "./contract.js";
import { type Deadline, Deadlines } from "./deadlines.js";
import { isRecord, RpcError, wireError } from "./errors.js";
import { type Grant, grantFromPeer, HeldGrant } from "./grant.js";
import { type Served, tableOf } from "./implement.js";
import { Inbox } from "./inbox.js";
import { limitsFromPeer, limitsWith } from "./limits.js";
import { Notices } from "./notices.js";
import { Outbox } from "./outbox.js";
import { Responder, type ResponderContext } from "./responder.js";
import { report, safely } from "./safely.js";
import type { AuditEvent, Session, SessionEnd, SessionOptions } from "./session.js";
import { errorText, type Inbound, isId, notificationText, requestText, resultText } from "./wire.js";

/** What the handshake sets up beside a session's options. */
export interface HandshakeOptions {
  /** The grant the peer told in its welcome. */
  readonly told?: Grant;
  /** The limits the peer told. */
  readonly toldLimits?: unknown;
  /** What the peer may do here, where it is not the session's grant: at a partner, `grant` is what the host granted. */
  readonly ownGrant?: Grant;
  readonly onEnd?: () => void;
}

/**
 * Opens a session over any MessagePort: of a window, a worker, a popup, or the other end of a MessageChannel. The other side opens
 * one over the other port; there is no handshake, so whoever holds that port is trusted to be the peer.
 * @throws RangeError for a limit that is none. @throws TypeError where two implementations provide one name.
 */
export function openSession<Use extends Contract = Contract<Record<never, never>>>(
  port: MessagePort,
  options: SessionOptions<Use> = {},
): Session<Use> {
  return new BridgeSession<Use>(port, options, {});
}

/** Both halves on one port, and all that ends with them. */
export class BridgeSession<Use extends Contract> implements Session<Use> {
  readonly remote: Remote<Use>;
  readonly closed: Promise<SessionEnd>;
  readonly #port: MessagePort;
  readonly #options: SessionOptions<Use>;
  readonly #handshake: HandshakeOptions;
  readonly #clock;
  readonly #deadlines: Deadlines;
  readonly #outbox: Outbox;
  readonly #inbox: Inbox;
  readonly #caller: Caller;
  readonly #responder: Responder;
  readonly #notices: Notices;
  readonly #table: ReadonlyMap<string, Served>;
  readonly #pings = new Map<string, Deadline & { settle(error: RpcError | null): void }>();
  readonly #grantListeners = new Set<(grant: Grant) => void>();
  readonly #resolveClosed: (end: SessionEnd) => void;
  /** What the peer may do here. */
  #held: HeldGrant;
  /** What the peer says this side may do there. */
  #told: Grant | null;
  #grants: boolean;
  #isClosed = false;
  #sequence = 0;
  #pingCount = 0;

  constructor(port: MessagePort, options: SessionOptions<Use>, handshake: HandshakeOptions) {
    const { grant, clock = systemClock } = options;
    this.#table = tableOf(options.provide);
    this.#port = port;
    this.#options = options;
    this.#handshake = handshake;
    this.#clock = clock;
    const limits = limitsWith(options.limits);
    const peerLimits =
      handshake.toldLimits === undefined ? limitsWith(options.peerLimits) : limitsFromPeer(handshake.toldLimits);
    this.#grants = grant !== undefined;
    this.#told = handshake.told ?? null;
    this.#held = new HeldGrant(grant ?? handshake.ownGrant ?? [], clock);
    this.#deadlines = new Deadlines(clock);
    this.#deadlines.watch({ [Symbol.iterator]: () => this.#pings.values() });
    this.#outbox = new Outbox((data, transfer) => this.#post(data, transfer), peerLimits.text, peerLimits.array);
    const shared = { clock, limits, peerLimits, deadlines: this.#deadlines, outbox: this.#outbox };
    const isClosed = () => this.#isClosed;
    this.#inbox = new Inbox({
      clock,
      limits,
      isClosed,
      handle: (message, binary) => this.#handle(message, binary),
      isAwaited: (message) => this.#caller.awaits(message),
      isBinaryDeclared: (message) => this.#isBinaryDeclared(message),
      say: (text) => this.#outbox.add(text),
      fault: (reason) => this.#auditPeer(reason),
      quarantine: (reason) => this.#quarantine(reason),
    });
    const responding: ResponderContext = {
      ...shared,
      grant: () => this.#held,
      strike: () => this.#inbox.strike(),
      audit: (method, scope, decision, reason, started) => this.#audit("in", method, scope, decision, reason, started),
    };
    this.#responder = new Responder(responding, this.#table);
    this.#notices = new Notices(responding, this.#table);
    this.#caller = new Caller({
      ...shared,
      isClosed,
      audit: (name, member, failure, started) => this.#auditOwn(name, member, failure, started),
    });
    this.remote = (options.use ? this.#caller.remote(options.use) : Object.freeze(Object.create(null))) as Remote<Use>;
    let resolveClosed: (end: SessionEnd) => void = () => undefined;
    this.closed = new Promise((resolve) => {
      resolveClosed = resolve;
    });
    this.#resolveClosed = resolveClosed;
    port.addEventListener("message", this.#onMessage);
    port.addEventListener("messageerror", this.#onMessageError);
    port.start();
  }

  readonly #onMessage = (event: MessageEvent): void => this.#inbox.receive(event);

  readonly #onMessageError = (): void => this.#quarantine("a message that could not be read at all");

  #post(data: unknown, transfer: Transferable[]): void {
    if (!this.#isClosed) this.#port.postMessage(data, transfer);
  }

  get grant(): Grant {
    return this.#grants ? this.#held.scopes : (this.#told ?? this.#held.scopes);
  }

  onGrant(run: (grant: Grant) => void): () => void {
    this.#grantListeners.add(run);
    return () => this.#grantListeners.delete(run);
  }

  updateGrant(next: Grant): void {
    if (this.#isClosed) return;
    this.#grants = true;
    this.#held = new HeldGrant(next, this.#clock);
    this.#responder.onGrantChange();
    this.#notices.onGrantChange();
    this.#outbox.add(notificationText("rpc.grant", { scopes: this.#held.scopes }));
    this.#tellGrant();
  }

  #tellGrant(): void {
    for (const run of [...this.#grantListeners]) safely(() => run(this.grant));
  }

  ping({ timeout = 5_000 }: { timeout?: number } = {}): Promise<void> {
    if (this.#isClosed) return Promise.reject(new RpcError("SESSION_CLOSED", { message: "The session has ended" }));
    // A string, so that it is never one of the caller's own counter.
    const id = `ping-${++this.#pingCount}`;
    return new Promise((resolve, reject) => {
      const settle = (error: RpcError | null) => {
        if (!this.#pings.delete(id)) return;
        if (error) reject(error);
        else resolve();
      };
      const expire = () => settle(new RpcError("TIMEOUT", { message: "The peer did not answer in time" }));
      const due = this.#clock.now() + timeout;
      this.#pings.set(id, { settle, due, expire });
      this.#deadlines.lookAt(due);
      this.#outbox.add(requestText(id, "rpc.ping", undefined));
    });
  }

  close(reason = ""): void {
    if (this.#isClosed) return;
    this.#outbox.add(notificationText("rpc.close", { reason }));
    this.#outbox.flush();
    this.#end({ code: "CLOSED", by: "here", reason });
  }

  /** Ends with a code of this side's own, telling the peer nothing but that it is over. */
  dispose(end: SessionEnd): void {
    if (this.#isClosed) return;
    this.#outbox.clear();
    this.#end(end);
  }

  #quarantine(reason: string): void {
    if (this.#isClosed) return;
    this.#auditPeer("QUARANTINED");
    this.#responder.close(wireError("QUARANTINED", "This peer broke the protocol and is heard no more"), reason);
    this.#notices.close("QUARANTINED");
    this.#outbox.add(notificationText("rpc.close", { reason: "QUARANTINED" }));
    this.#outbox.flush();
    this.#end({ code: "QUARANTINED", by: "here", reason });
  }

  /** In this order: flag, listener, port. Firefox goes on delivering queued messages after `port.close()`. */
  #end(end: SessionEnd): void {
    this.#isClosed = true;
    this.#port.removeEventListener("message", this.#onMessage);
    this.#port.removeEventListener("messageerror", this.#onMessageError);
    this.#port.close();
    this.#inbox.close();
    this.#responder.close(null, end.reason);
    this.#notices.close("SESSION_CLOSED");
    this.#caller.close(end.code === "CLOSED" ? "SESSION_CLOSED" : end.code, end.reason || end.code);
    for (const { settle } of [...this.#pings.values()])
      settle(new RpcError("SESSION_CLOSED", { message: "The session has ended" }));
    this.#deadlines.clear();
    this.#outbox.clear();
    this.#grantListeners.clear();
    this.#resolveClosed(Object.freeze(end));
    this.#handshake.onEnd?.();
  }

  #handle(message: Inbound, binary: readonly Transferable[]): void {
    switch (message.kind) {
      case "request":
        if (message.method === "rpc.ping") this.#outbox.add(resultText(message.id, null));
        else this.#responder.onRequest(message.id, message.method, message.params, binary);
        return;
      case "notification":
        if (message.method.startsWith("rpc.")) this.#reserved(message.method, message.params);
        else if (!this.#notices.on(message.method, message.params, binary)) this.#inbox.strike();
        return;
      case "result":
      case "error":
        if (typeof message.id === "string") this.#pings.get(message.id)?.settle(null);
        else this.#caller.onAnswer(message, binary);
        return;
    }
  }

  #reserved(method: string, params: unknown): void {
    const { id, more, value, items, error, reason, scopes } = isRecord(params) ? params : {};
    switch (method) {
      case "rpc.cancel":
        return isId(id) ? this.#responder.onCancel(id) : this.#malformed();
      case "rpc.credit":
        if (typeof more !== "number" || !Number.isSafeInteger(more) || more < 1) return this.#malformed();
        if (id === null) return this.#caller.onNotificationCredit(more);
        return isId(id) ? this.#responder.onCredit(id, more) : this.#malformed();
      case "rpc.progress":
        return this.#caller.onProgress(id, value);
      case "rpc.next":
        if (!Array.isArray(items)) return this.#malformed();
        return this.#caller.onItems(id, items) ? undefined : this.#strike("BUSY");
      case "rpc.end":
        return this.#caller.onEnd(id, error);
      case "rpc.grant": {
        const told = grantFromPeer(scopes);
        if (told === null) return this.#malformed();
        this.#told = told;
        return this.#grants ? undefined : this.#tellGrant();
      }
      case "rpc.close": {
        const why = typeof reason === "string" ? reason.slice(0, 256) : "";
        return this.#end({ code: why === "QUARANTINED" ? "QUARANTINED" : "CLOSED", by: "peer", reason: why });
      }
      default:
        // A newer peer's word: ignored, as JSON-RPC asks of notifications nobody knows.
        return this.#auditPeer("METHOD_NOT_FOUND");
    }
  }

  #malformed(): void {
    this.#outbox.add(errorText(null, wireError("INVALID_REQUEST", "A reserved method with params it does not take")));
    this.#strike("INVALID_REQUEST");
  }

  #strike(reason: string): void {
    this.#auditPeer(reason);
    this.#inbox.strike();
  }

  #isBinaryDeclared(message: Inbound): boolean {
    if (message.kind === "request" || message.kind === "notification") {
      const member = this.#table.get(message.method)?.member;
      return member !== undefined && "binary" in member && member.binary;
    }
    return message.kind === "result" && this.#caller.takesBinary(message.id);
  }

  #auditOwn(name: string, member: Member, failure: string | null, started: number): void {
    const decision = failure === null ? (member.kind === "stream" ? "ended" : "allowed") : "failed";
    this.#audit("out", name, member.scope, decision, failure, started);
  }

  /** What the peer did that is no call of the contract's. */
  #auditPeer(reason: string): void {
    this.#audit("in", null, null, "denied", reason, this.#clock.now());
  }

  #audit(
    direction: AuditEvent["direction"],
    method: string | null,
    scope: string | null,
    decision: AuditEvent["decision"],
    reason: string | null,
    started: number,
  ): void {
    const { onAudit } = this.#options;
    const seq = ++this.#sequence;
    if (!onAudit) return;
    const ms = this.#clock.now() - started;
    try {
      onAudit({ seq, at: this.#clock.wall(), direction, method, scope, decision, reason, ms });
    } catch (error) {
      report(error);
    }
  }
}
