import type { Clock } from "./clock.js";
import type { Deadlines } from "./deadlines.js";
import { methodNotFound, RpcError, type WireError, wireError, wireErrorFrom } from "./errors.js";
import { type Grant, HeldGrant, ownMembers, type Verdict } from "./grant.js";
import type { Served } from "./implementation.js";
import type { Limits } from "./limits.js";
import type { NoticeCredit } from "./notice-credit.js";
import { Notices } from "./notices.js";
import type { Guard, Outbox } from "./outbox.js";
import { HandlerCall, Running } from "./running.js";
import type { AuditEvent } from "./session.js";
import { binaryFault, binaryOf, noBinary, release } from "./transferables.js";
import { isPromise, type Validated, validate } from "./validate.js";
import { errorText, type Id, notificationText, resultText, weightOf } from "./wire.js";

/** What the half that serves needs of its session. */
export interface ServingContext {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly outbox: Outbox;
  readonly limits: Limits;
  readonly peerLimits: Limits;
  readonly noticeCredit: NoticeCredit;
  readonly strike: (reason: "INVALID_REQUEST" | "BUSY") => void;
  readonly audit: (
    method: string | null,
    scope: string | null,
    decision: AuditEvent["decision"],
    reason: string | null,
    started: number,
  ) => void;
}

export interface ResponderContext extends ServingContext {
  /** The grant in force at this moment. */
  readonly grant: () => HeldGrant;
}

/** The half of the bridge that serves. `implement` brings it, so that a page that provides nothing does not load it. */
export interface Serving {
  onRequest(id: Id, name: string, params: unknown, binary: readonly Transferable[], at: number): void;
  /** False: the peer had no credit for it. */
  onNotification(name: string, params: unknown, binary: readonly Transferable[], at: number): boolean;
  onCancel(id: Id): void;
  onCredit(id: Id, more: number): void;
  /** This grant is in force when it returns. */
  onGrant(grant: Grant): void;
  takesBinary(name: string): boolean;
  /** Everything in flight ends; on quarantine each call is told so first. */
  close(isQuarantine: boolean, reason: string): void;
}

/** Progress is for people: after so many reports at once they are paced, and what comes in between is left out. */
const mostProgressAtOnce = 32;
/** Milliseconds between two of them. */
const progressPace = 100;

/** Handlers that go on though their call was settled, as a multiple of the calls in flight. */
const mostStrays = 4;

/** For each call it goes through the gates in their order, and checks the grant again before a result leaves. */
export class Responder implements Serving {
  readonly #context: ServingContext;
  readonly #table: ReadonlyMap<string, Served>;
  readonly #notices: Notices;
  readonly #running = new Map<Id, Running>();
  /** Methods whose result's schema was seen to let its own output through: it does not transform. */
  readonly #stable = new Set<string>();
  /** Handlers that still run though their call was cancelled or timed out: they cannot be stopped, only counted. */
  readonly #strays = new Set<Running>();
  #grant: HeldGrant;
  #inFlight = 0;
  #streams = 0;

  constructor(context: ServingContext, table: ReadonlyMap<string, Served>, grant: Grant) {
    this.#context = context;
    this.#table = table;
    this.#grant = new HeldGrant(grant, context.clock);
    this.#notices = new Notices({ ...context, grant: () => this.#grant }, table);
    context.deadlines.watch({ [Symbol.iterator]: () => this.#running.values() });
    context.deadlines.watch({ [Symbol.iterator]: () => this.#strays.values() });
  }

  onRequest(id: Id, name: string, params: unknown, binary: readonly Transferable[], started: number): void {
    const { limits, strike } = this.#context;
    const served = this.#served(name);
    if (this.#running.has(id)) {
      // Answered without the id: an answer with it would settle the first call at the caller.
      this.#refuse(null, name, served, binary, started, wireError("INVALID_REQUEST", "This id is in flight already"));
      return strike("INVALID_REQUEST");
    }
    const isStream = served?.member.kind === "stream";
    // Handlers that ignore their signal are no fault of the peer's, but they must not pile up either.
    const isOverrun = this.#strays.size >= mostStrays * limits.inFlight;
    if (isOverrun || (isStream ? this.#streams >= limits.streams : this.#inFlight >= limits.inFlight)) {
      this.#refuse(id, name, served, binary, started, wireError("BUSY", "Too much is in flight already"));
      if (!isStream && !isOverrun) strike("BUSY");
      return;
    }
    // One answer for what was never declared and for what nobody implements: a peer learns no names.
    if (served === null || served.member.kind === "notification") {
      return this.#refuse(id, name, served, binary, started, methodNotFound);
    }
    const { scope } = served.member;
    if (!this.#grant.holds(scope)) return this.#refuse(id, name, served, binary, started, deniedError(scope));
    const running = this.#register(id, name, served, binary, started);
    const checked = validate(served.member.params, params);
    if (isPromise(checked)) void checked.then((validated) => this.#dispatch(running, validated));
    else this.#dispatch(running, checked);
  }

  onNotification(name: string, params: unknown, binary: readonly Transferable[], started: number): boolean {
    return this.#notices.on(name, params, binary, started);
  }

  takesBinary(name: string): boolean {
    const member = this.#served(name)?.member;
    return member !== undefined && "binary" in member && member.binary;
  }

  #served(name: string): Served | null {
    return this.#table.get(name) ?? null;
  }

  /** Answers what never came to a handler. */
  #refuse(
    id: Id | null,
    name: string,
    served: Served | null,
    binary: readonly Transferable[],
    started: number,
    error: WireError,
  ): void {
    release(binary);
    this.#tell(id, served?.member.kind === "stream", error);
    this.#audit(name, served, "denied", error.data.code, started);
  }

  #register(id: Id, name: string, served: Served, binary: readonly Transferable[], started: number): Running {
    const isStream = served.member.kind === "stream";
    const due = isStream ? Number.POSITIVE_INFINITY : started + this.#context.limits.timeout;
    const running = new Running(id, name, served, binary, started, due, this.#timeOut);
    this.#running.set(id, running);
    if (isStream) this.#streams++;
    else this.#inFlight++;
    this.#context.deadlines.lookAt(due);
    return running;
  }

  readonly #timeOut = (running: Running): void => {
    if (!this.#strays.delete(running)) this.#fail(running, wireError("TIMEOUT", "The handler took too long"));
  };

  /** Params are parsed: the grant with its limits is checked, then the handler runs. */
  #dispatch(running: Running, validated: Validated): void {
    if (running.settled) return;
    if (validated.issues) {
      const error = validated.threw
        ? wireError("INTERNAL_ERROR", "The params could not be checked")
        : wireError("INVALID_PARAMS", "The params do not fit the contract", { issues: validated.issues });
      return this.#fail(running, error, validated.threw ? "failed" : "denied");
    }
    const { scope } = running;
    try {
      const verdict = this.#grant.allows(scope, validated.value);
      if (!verdict.ok) return this.#fail(running, deniedError(scope, verdict), "denied");
      if (scope !== null) running.params = ownMembers(validated.value);
      running.parsed = true;
      running.granted = verdict.granted;
      const outcome = running.served.handler(validated.value, new HandlerCall(running, this.#progress));
      if (running.served.member.kind === "stream") return this.#stream(running, outcome as AsyncIterable<unknown>);
      if (isPromise(outcome)) return this.#await(running, outcome);
      this.#result(running, outcome);
    } catch (thrown) {
      this.#failHandler(running, wireErrorFrom(thrown, running.declared));
    }
  }

  #await(running: Running, outcome: PromiseLike<unknown>): void {
    // Of any thenable a promise is made: one whose `then` throws must not be this side's undoing.
    Promise.resolve(outcome).then(
      (value) => {
        this.#strays.delete(running);
        this.#result(running, value);
      },
      (thrown: unknown) => {
        this.#strays.delete(running);
        this.#failHandler(running, wireErrorFrom(thrown, running.declared));
      },
    );
    running.isAwaited = true;
  }

  readonly #progress = (running: Running, value: unknown): void => {
    if (running.settled || running.served.member.kind !== "method" || !this.#mayLeave(running)) return;
    const { clock, deadlines, limits, outbox } = this.#context;
    const now = clock.now();
    const hardLimit = running.started + Math.max(limits.progressTimeout, limits.timeout);
    running.due = Math.min(now + limits.timeout, hardLimit);
    deadlines.lookAt(running.due);
    running.pace ??= { toldAt: Number.NEGATIVE_INFINITY, left: mostProgressAtOnce };
    const { pace, id } = running;
    if (pace.left > 0) pace.left--;
    else if (now - pace.toldAt < progressPace) return;
    pace.toldAt = now;
    const text = this.#textWithin(value, 2, () => notificationText("rpc.progress", { id, value: value ?? null }));
    // Making the text ran code of the host's, which may have revoked.
    if (running.settled || !this.#mayLeave(running)) return;
    // That there is progress matters more than what it says.
    outbox.add({
      text: text ?? notificationText("rpc.progress", { id, value: null }),
      guard: running,
      isAnswer: false,
    });
  };

  #result(running: Running, value: unknown): void {
    if (running.settled) return;
    const { member } = running.served;
    const checked = validate(member.kind === "method" ? member.result : undefined, value);
    if (isPromise(checked)) void checked.then((validated) => this.#leave(running, value, validated));
    else this.#leave(running, value, checked);
  }

  /** @param value what the handler gave, with its binary beside it. */
  #leave(running: Running, value: unknown, validated: Validated): void {
    if (running.settled) return;
    if (!this.#mayLeave(running)) return this.#fail(running, revokedError(running.scope));
    if (validated.issues) return this.#failInside(running, "The result does not fit the contract");
    if (!this.#isStable(running, validated.value)) {
      return this.#failInside(running, "The result's schema transforms: its output does not validate to itself");
    }
    let text: string;
    try {
      text = resultText(running.id, validated.value);
    } catch {
      return this.#failInside(running, "The result is not JSON");
    }
    if (!this.#fits(text, validated.value))
      return this.#fail(running, wireError("TOO_LARGE", "The result is too large for the caller"));
    // The last look before it leaves: making the text ran code of the host's, which may have revoked.
    if (running.settled) return;
    if (!this.#mayLeave(running)) return this.#fail(running, revokedError(running.scope));
    const binary = typeof value === "object" && value !== null ? binaryOf(value) : noBinary;
    if (binary.length === 0) {
      this.#forget(running);
      running.text = text;
      this.#context.outbox.add(running.scope === null ? text : running);
    } else if (!this.#leaveBinary(running, text, binary)) {
      return;
    }
    this.#audit(running.name, running.served, "allowed", null, running.started);
  }

  #leaveBinary(running: Running, text: string, binary: readonly Transferable[]): boolean {
    const { member } = running.served;
    const isDeclared = "binary" in member && member.binary && binaryFault(binary, this.#context.peerLimits) === null;
    if (!isDeclared) {
      this.#failInside(running, "The binary is not declared, or too large");
      return false;
    }
    try {
      this.#context.outbox.addBinary(text, binary);
    } catch {
      this.#failInside(running, "The binary cannot be transferred");
      return false;
    }
    return this.#forget(running);
  }

  /** A result is validated again by the caller, so a schema that transforms would fail there, far from its cause. Told once, at the first result. */
  #isStable({ name, served: { member } }: Running, output: unknown): boolean {
    if (member.kind !== "method" || this.#stable.has(name)) return true;
    const again = validate(member.result, output);
    if (!isPromise(again) && again.issues) return false;
    this.#stable.add(name);
    return true;
  }

  #stream(running: Running, items: AsyncIterable<unknown>): void {
    const { member } = running.served;
    // The handler may have revoked or closed.
    if (member.kind !== "stream" || running.settled) return;
    this.#audit(running.name, running.served, "allowed", null, running.started);
    // Auditing ran code of the host's, which may have revoked or closed.
    if (running.settled) return;
    const { outbox, peerLimits } = this.#context;
    const flow = { credit: peerLimits.streamCredit, wake: null };
    running.flow = flow;
    const start = `{"jsonrpc":"2.0","method":"rpc.next","params":{"id":${JSON.stringify(running.id)},"items":[`;
    void member["~stream"]
      .pump({
        signal: running.signal,
        flow,
        items,
        member,
        peerLimits,
        failure: (thrown) => wireErrorFrom(thrown, running.declared),
        isSettled: () => running.settled,
        mayLeave: () => this.#mayLeave(running),
        send: (texts) => outbox.add({ text: `${start}${texts}]}}`, guard: running, isAnswer: false }),
      })
      .then((error) => {
        if (error === "revoked") this.#fail(running, revokedError(running.scope));
        else if (error) this.#failHandler(running, error);
        else if (this.#forget(running)) {
          outbox.add(notificationText("rpc.end", { id: running.id }));
          this.#audit(running.name, running.served, "ended", null, running.started);
        }
      });
  }

  /** Whether what this call yields may go: the grant as it is now, with the limits on the params as they were. */
  #mayLeave(guard: Guard): boolean {
    return this.#grant.allows(guard.scope, guard.params).ok;
  }

  onCancel(id: Id): void {
    const running = this.#running.get(id);
    if (running) this.#fail(running, wireError("CANCELLED", "The caller cancelled"));
  }

  onCredit(id: Id, more: number): void {
    const flow = this.#running.get(id)?.flow;
    if (!flow) return;
    // No more than the peer told that it takes: a stream without end must run dry between two of its messages.
    flow.credit = Math.min(flow.credit + more, this.#context.peerLimits.streamCredit);
    flow.wake?.();
  }

  /** What the new grant no longer covers ends now, and what waits to leave is withheld. */
  onGrant(grant: Grant): void {
    this.#grant = new HeldGrant(grant, this.#context.clock);
    this.#context.outbox.withhold(
      (guard) => this.#mayLeave(guard),
      ({ id, scope, isStream }) => answerText(id, isStream, revokedError(scope)),
    );
    for (const running of [...this.#running.values()]) {
      const holds = running.parsed ? this.#mayLeave(running) : this.#grant.holds(running.scope);
      if (!holds) this.#fail(running, revokedError(running.scope));
    }
    this.#notices.onGrantChange();
  }

  /** What a handler's error tells rests on its scope as a result does. */
  #failHandler(running: Running, error: WireError): void {
    if (!this.#mayLeave(running)) return this.#fail(running, revokedError(running.scope));
    this.#fail(running, error, "failed", running);
  }

  #failInside(running: Running, message: string): void {
    this.#fail(running, wireError("INTERNAL_ERROR", message));
  }

  /** Settles with an error: the slot is free, the signal aborts, and whatever the handler still yields is for nobody. */
  #fail(
    running: Running,
    error: WireError,
    decision: AuditEvent["decision"] = "failed",
    guard: Running | null = null,
  ): void {
    if (!this.#forget(running)) return;
    if (!running.parsed) release(running.binary);
    const { code } = error.data;
    if (running.isAwaited && (code === "CANCELLED" || code === "TIMEOUT")) this.#countStray(running);
    this.#tell(running.id, running.isStream, error, guard);
    this.#audit(running.name, running.served, decision, code, running.started);
    running.abort(new RpcError(code, { message: error.message }));
  }

  /** An application's error may hold data of any size, or no JSON at all: then its code alone is told. */
  #tell(id: Id | null, isStream: boolean, error: WireError, running: Running | null = null): void {
    // A stream ends by rpc.end, never by a response.
    const make = (told: WireError) => answerText(id, isStream, told);
    const { code, data } = error;
    const text =
      this.#textWithin(error, isStream ? 2 : 1, () => make(error)) ??
      make({ code, message: data.code, data: { code: data.code } });
    if (running === null || running.scope === null) return this.#context.outbox.add(text);
    running.text = text;
    this.#context.outbox.add(running);
  }

  /** The handler may go on though its call is settled; one that never ends is forgotten after the longest time a call may take. */
  #countStray(running: Running): void {
    const { clock, deadlines, limits } = this.#context;
    running.due = clock.now() + limits.progressTimeout;
    this.#strays.add(running);
    deadlines.lookAt(running.due);
  }

  #forget(running: Running): boolean {
    if (running.settled) return false;
    running.settled = true;
    this.#running.delete(running.id);
    if (running.served.member.kind === "stream") this.#streams--;
    else this.#inFlight--;
    return true;
  }

  #fits(text: string, value: unknown, levels = 1): boolean {
    const { peerLimits } = this.#context;
    return text.length <= peerLimits.text && weightOf(text, value, peerLimits, levels) <= peerLimits.nodes;
  }

  /** The text, if it can be made and the peer takes it. */
  #textWithin(value: unknown, levels: number, make: () => string): string | null {
    try {
      const text = make();
      return this.#fits(text, value, levels) ? text : null;
    } catch {
      return null;
    }
  }

  #audit(
    name: string,
    served: Served | null,
    decision: AuditEvent["decision"],
    reason: string | null,
    started: number,
  ): void {
    this.#context.audit(served === null ? null : name, served?.member.scope ?? null, decision, reason, started);
  }

  close(isQuarantine: boolean, reason: string): void {
    for (const running of [...this.#running.values()]) {
      if (isQuarantine) {
        this.#fail(running, wireError("QUARANTINED", "This peer broke the protocol and is heard no more"));
      } else if (this.#forget(running)) {
        this.#audit(running.name, running.served, "ended", "SESSION_CLOSED", running.started);
        running.abort(new RpcError("SESSION_CLOSED", { message: reason }));
      }
    }
    this.#notices.close(isQuarantine ? "QUARANTINED" : "SESSION_CLOSED");
  }
}

/** A stream ends by rpc.end, never by a response. */
function answerText(id: Id | null, isStream: boolean, error: WireError): string {
  return isStream && id !== null ? notificationText("rpc.end", { id, error }) : errorText(id, error);
}

function deniedError(scope: string | null, verdict?: Verdict & { ok: false }): WireError {
  const details = verdict?.limit === undefined ? { scope } : { scope, limit: verdict.limit };
  const why = verdict?.limit === undefined ? "is not granted" : `is not granted for this "${verdict.limit}"`;
  return wireError("SCOPE_DENIED", `The scope "${scope}" ${why}`, details);
}

function revokedError(scope: string | null): WireError {
  return wireError("SCOPE_REVOKED", `The scope "${scope}" was revoked`, { scope });
}
