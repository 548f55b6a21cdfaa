import { Caller } from "./caller.js";
import { systemClock } from "./clock.js";
import type { Contract, Member, Remote } from "./contract.js";
import { type Deadline, Deadlines } from "./deadlines.js";
import { isRecord, methodNotFound, RpcError, wireError } from "./errors.js";
import { frozenGrant, type Grant, grantFromPeer } from "./grant.js";
import { Inbox } from "./inbox.js";
import { type Limits, limitsFromPeer, limitsWith } from "./limits.js";
import { NoticeCredit } from "./notice-credit.js";
import { Outbox } from "./outbox.js";
import { providedBy } from "./provided.js";
import type { Serving } from "./responder.js";
import { report, safely } from "./safely.js";
import type { AuditEvent, Session, SessionEnd, SessionOptions } from "./session.js";
import {
  errorText,
  isId,
  type Kind,
  type Message,
  notificationText,
  requestText,
  resultText,
  weightOf,
} from "./wire.js";

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
  /** Null: nothing is provided here. */
  readonly #serving: Serving | null;
  readonly #noticeCredit: NoticeCredit;
  /** Characters of one message to the peer. */
  readonly #peerLimits: Limits;
  readonly #pings = new Map<string, Deadline & { settle(error: RpcError | null): void }>();
  readonly #grantListeners = new Set<(grant: Grant) => void>();
  readonly #resolveClosed: (end: SessionEnd) => void;
  /** What the peer may do here. */
  #held: Grant;
  /** What the peer says this side may do there. */
  #told: Grant | null;
  #grants: boolean;
  #isClosed = false;
  #sequence = 0;
  #pingCount = 0;

  constructor(port: MessagePort, options: SessionOptions<Use>, handshake: HandshakeOptions) {
    const { grant, clock = systemClock } = options;
    const { serve, table } = providedBy(options.provide);
    this.#port = port;
    this.#options = options;
    this.#handshake = handshake;
    this.#clock = clock;
    const limits = limitsWith(options.limits);
    const peerLimits =
      handshake.toldLimits === undefined ? limitsWith(options.peerLimits) : limitsFromPeer(handshake.toldLimits);
    this.#grants = grant !== undefined;
    this.#told = handshake.told ?? null;
    this.#held = frozenGrant(grant ?? handshake.ownGrant ?? []);
    this.#peerLimits = peerLimits;
    const deadlines = new Deadlines(clock);
    this.#deadlines = deadlines;
    deadlines.watch({ [Symbol.iterator]: () => this.#pings.values() });
    const outbox = new Outbox((data, transfer) => this.#post(data, transfer), peerLimits.text, peerLimits.array);
    this.#outbox = outbox;
    const noticeCredit = new NoticeCredit(limits, outbox);
    this.#noticeCredit = noticeCredit;
    const shared = { clock, limits, peerLimits, deadlines, outbox };
    const isClosed = () => this.#isClosed;
    this.#inbox = new Inbox({
      clock,
      limits,
      isClosed,
      handle: (kind, message, binary, at) => this.#handle(kind, message, binary, at),
      isAwaited: (kind, message) => this.#caller.awaits(kind, message),
      isBinaryDeclared: (kind, { id, method }) =>
        kind === "result" ? this.#caller.takesBinary(id) : kind !== "error" && !!this.#serving?.takesBinary(method),
      itemCredit: () => this.#caller.itemCredit(),
      say: (text) => outbox.add(text),
      fault: (reason) => this.#auditPeer(reason),
      quarantine: (reason) => this.#quarantine(reason),
    });
    this.#serving =
      serve?.(
        {
          ...shared,
          noticeCredit,
          strike: () => this.#inbox.strike(),
          audit: (method, scope, decision, reason, started) =>
            this.#audit("in", method, scope, decision, reason, started),
        },
        table,
        this.#held,
      ) ?? null;
    this.#caller = new Caller({
      ...shared,
      isClosed,
      ping: () => this.ping({ timeout: limits.timeout }),
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
    return this.#grants ? this.#held : (this.#told ?? this.#held);
  }

  onGrant(run: (grant: Grant) => void): () => void {
    this.#grantListeners.add(run);
    return () => this.#grantListeners.delete(run);
  }

  updateGrant(next: Grant): void {
    if (this.#isClosed) return;
    this.#held = frozenGrant(next);
    this.#grants = true;
    this.#serving?.onGrant(this.#held);
    this.#sayGrant();
    this.#tellGrant();
  }

  /** As much of the grant as the peer takes: it is told for showing only. */
  #sayGrant(): void {
    for (const scopes of [this.#held, this.#held.map(({ scope }) => ({ scope }))]) {
      const text = notificationText("rpc.grant", { scopes });
      if (
        text.length <= this.#peerLimits.text &&
        weightOf(text, { scopes }, this.#peerLimits) <= this.#peerLimits.nodes
      )
        return this.#outbox.add(text);
    }
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
      this.#outbox.add(requestText(id, "rpc.ping"));
    });
  }

  close(reason = ""): void {
    if (this.#isClosed) return;
    this.#outbox.add(notificationText("rpc.close", { reason: reason.slice(0, 256) }));
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
    this.#serving?.close(true, reason);
    this.#outbox.add(notificationText("rpc.close", { reason: "QUARANTINED" }));
    this.#outbox.flush();
    this.#end({ code: "QUARANTINED", by: "here", reason });
  }

  /** In this order: flag, listener, port. Firefox goes on delivering queued messages after `port.close()`. */
  #end(end: SessionEnd): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#port.removeEventListener("message", this.#onMessage);
    this.#port.removeEventListener("messageerror", this.#onMessageError);
    this.#port.close();
    this.#inbox.close();
    this.#serving?.close(false, end.reason);
    this.#caller.close(end.code === "CLOSED" ? "SESSION_CLOSED" : end.code, end.reason || end.code);
    for (const { settle } of [...this.#pings.values()])
      settle(new RpcError("SESSION_CLOSED", { message: "The session has ended" }));
    this.#deadlines.clear();
    this.#outbox.clear();
    this.#grantListeners.clear();
    this.#resolveClosed(Object.freeze(end));
    this.#handshake.onEnd?.();
  }

  #handle(kind: Kind, message: Message, binary: readonly Transferable[], at: number): void {
    const { id, method, params } = message;
    switch (kind) {
      case "request":
        if (method === "rpc.ping") this.#outbox.add(resultText(id ?? "", null));
        else if (this.#serving) this.#serving.onRequest(id ?? "", method, params, binary, at);
        else this.#refuse(() => this.#outbox.add(errorText(id, methodNotFound)));
        return;
      case "notification":
        if (method.startsWith("rpc.")) this.#reserved(method, params);
        else if (!this.#serving) this.#refuse(() => this.#noticeCredit.giveBack());
        else if (!this.#serving.onNotification(method, params, binary, at)) this.#inbox.strike();
        return;
      default:
        if (typeof id === "string") this.#pings.get(id)?.settle(null);
        else this.#caller.onAnswer(kind, message, binary);
    }
  }

  /** Nothing is provided here. */
  #refuse(answer: () => void): void {
    answer();
    this.#auditPeer("METHOD_NOT_FOUND");
  }

  #reserved(method: string, params: unknown): void {
    const { id, more, value, items, error, reason, scopes } = isRecord(params) ? params : {};
    switch (method) {
      case "rpc.cancel":
        return isId(id) ? this.#serving?.onCancel(id) : this.#malformed();
      case "rpc.credit":
        if (typeof more !== "number" || !Number.isSafeInteger(more) || more < 1) return this.#malformed();
        if (id === null) return this.#caller.onNotificationCredit(more);
        return isId(id) ? this.#serving?.onCredit(id, more) : this.#malformed();
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
