import type { Clock } from "./clock.js";
import type { Deadlines } from "./deadlines.js";
import { RpcError, type WireError, wireError, wireErrorFrom } from "./errors.js";
import { type HeldGrant, scalarsOf, type Verdict } from "./grant.js";
import { binaryOf, type Served } from "./implement.js";
import type { Limits } from "./limits.js";
import type { Guard, Outbox } from "./outbox.js";
import { pumpItems } from "./pump.js";
import { callOf, declaredBy, Running } from "./running.js";
import type { AuditEvent } from "./session.js";
import { binaryFault, release } from "./transferables.js";
import { isPromise, plainIssues, type Validated, validate } from "./validate.js";
import { errorText, fits, type Id, notificationText, resultText } from "./wire.js";

/** What the responder needs of its session. */
export interface ResponderContext {
  readonly clock: Clock;
  readonly deadlines: Deadlines;
  readonly outbox: Outbox;
  readonly limits: Limits;
  readonly peerLimits: Limits;
  /** The grant in force at this moment. */
  readonly grant: () => HeldGrant;
  readonly strike: (reason: "INVALID_REQUEST" | "BUSY") => void;
  readonly audit: (
    method: string | null,
    scope: string | null,
    decision: AuditEvent["decision"],
    reason: string | null,
    started: number,
  ) => void;
}

/** Milliseconds between two reports of progress, once many were told. */
const progressPace = 100;

/** Handlers that go on though their call was settled, as a multiple of the calls in flight. */
const mostStrays = 4;

/** The half of the bridge that serves: for each call it goes through the gates in their order, and checks the grant again before a result leaves. */
export class Responder {
  readonly #context: ResponderContext;
  readonly #table: ReadonlyMap<string, Served>;
  readonly #running = new Map<Id, Running>();
  /** Methods whose result's schema was seen to let its own output through: it does not transform. */
  readonly #stable = new Set<string>();
  /** Handlers that still run though their call was cancelled or timed out: they cannot be stopped, only counted. */
  readonly #strays = new Set<Running>();
  #inFlight = 0;
  #streams = 0;

  constructor(context: ResponderContext, table: ReadonlyMap<string, Served>) {
    this.#context = context;
    this.#table = table;
    context.deadlines.watch({ [Symbol.iterator]: () => this.#running.values() });
    context.deadlines.watch({ [Symbol.iterator]: () => this.#strays.values() });
  }

  onRequest(id: Id, name: string, params: unknown, binary: readonly Transferable[]): void {
    const { clock, limits, outbox, strike } = this.#context;
    const started = clock.now();
    const served = this.#served(name);
    const isStream = served?.member.kind === "stream";
    const refuse = (error: WireError) => {
      release(binary);
      this.#refuse(id, isStream, error);
      this.#audit(name, served, "denied", error.data.code, started);
    };
    if (this.#running.has(id)) {
      // Answered without the id: an answer with it would settle the first call at the caller.
      release(binary);
      outbox.add(errorText(null, wireError("INVALID_REQUEST", "This id is in flight already")));
      this.#audit(name, served, "denied", "INVALID_REQUEST", started);
      strike("INVALID_REQUEST");
      return;
    }
    // Handlers that ignore their signal are no fault of the peer's, but they must not pile up either.
    const isOverrun = this.#strays.size >= mostStrays * limits.inFlight;
    if (isOverrun || (isStream ? this.#streams >= limits.streams : this.#inFlight >= limits.inFlight)) {
      refuse(wireError("BUSY", "Too much is in flight already"));
      if (!isStream && !isOverrun) strike("BUSY");
      return;
    }
    // One answer for what was never declared and for what nobody implements: a peer learns no names.
    if (served === null || served.member.kind === "notification") {
      return refuse(wireError("METHOD_NOT_FOUND", "Method not found"));
    }
    const { scope } = served.member;
    if (!this.#context.grant().holds(scope)) return refuse(deniedError(scope));
    const running = this.#register(id, name, served, binary, started);
    const checked = validate(served.member.params, params);
    if (isPromise(checked)) void checked.then((validated) => this.#dispatch(running, validated));
    else this.#dispatch(running, checked);
  }

  #served(name: string): Served | null {
    return this.#table.get(name) ?? null;
  }

  #register(id: Id, name: string, served: Served, binary: readonly Transferable[], started: number): Running {
    const { deadlines, limits, peerLimits } = this.#context;
    const isStream = served.member.kind === "stream";
    const due = isStream ? Number.POSITIVE_INFINITY : started + limits.timeout;
    const { streamCredit } = peerLimits;
    const running = new Running(id, name, served, binary, started, due, streamCredit, this.#timeOut);
    this.#running.set(id, running);
    if (isStream) this.#streams++;
    else this.#inFlight++;
    deadlines.lookAt(due);
    return running;
  }

  readonly #timeOut = (running: Running): void => {
    if (!this.#strays.delete(running)) this.#fail(running, wireError("TIMEOUT", "The handler took too long"));
  };

  /** Params are parsed: the grant with its limits is checked, then the handler runs. */
  #dispatch(running: Running, validated: Validated): void {
    if (running.settled) return;
    if (!validated.ok) {
      const error = validated.threw
        ? wireError("INTERNAL_ERROR", "The params could not be checked")
        : wireError("INVALID_PARAMS", "The params do not fit the contract", { issues: plainIssues(validated.issues) });
      release(running.binary);
      this.#fail(running, error, validated.threw ? "failed" : "denied");
      return;
    }
    const verdict = this.#context.grant().allows(running.scope, validated.value);
    if (!verdict.ok) {
      release(running.binary);
      this.#fail(running, deniedError(running.scope, verdict), "denied");
      return;
    }
    if (running.scope !== null) running.params = scalarsOf(validated.value);
    running.parsed = true;
    running.granted = verdict.granted;
    try {
      const outcome = running.served.handler(
        validated.value,
        callOf(running, (value) => this.#progress(running, value)),
      );
      if (running.served.member.kind === "stream") return this.#stream(running, outcome as AsyncIterable<unknown>);
      if (isPromise(outcome)) return this.#await(running, outcome);
      this.#result(running, outcome);
    } catch (thrown) {
      this.#fail(running, wireErrorFrom(thrown, declaredBy(running)));
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
        this.#fail(running, wireErrorFrom(thrown, declaredBy(running)));
      },
    );
    running.isAwaited = true;
  }

  #progress(running: Running, value: unknown): void {
    if (running.settled || running.served.member.kind !== "method" || !this.#mayLeave(running)) return;
    const { clock, deadlines, limits, outbox, peerLimits } = this.#context;
    const now = clock.now();
    const hardLimit = running.started + Math.max(limits.progressTimeout, limits.timeout);
    running.due = Math.min(now + limits.timeout, hardLimit);
    deadlines.lookAt(running.due);
    if (running.progressLeft > 0) running.progressLeft--;
    else if (now - running.toldProgressAt < progressPace) return;
    running.toldProgressAt = now;
    const { id } = running;
    const text = textWithin(peerLimits, value, () => notificationText("rpc.progress", { id, value: value ?? null }));
    // That there is progress matters more than what it says.
    outbox.add(text ?? notificationText("rpc.progress", { id, value: null }), running);
  }

  #result(running: Running, value: unknown): void {
    if (running.settled) return;
    const { member } = running.served;
    const checked = validate(member.kind === "method" ? member.result : undefined, value);
    const leave = (validated: Validated) => {
      if (running.settled) return;
      if (!this.#mayLeave(running)) return this.#fail(running, revokedError(running.scope));
      if (!validated.ok)
        return this.#fail(running, wireError("INTERNAL_ERROR", "The result does not fit the contract"));
      if (!this.#isStable(running, validated.value)) {
        return this.#fail(
          running,
          wireError("INTERNAL_ERROR", "The result's schema transforms: its output does not validate to itself"),
        );
      }
      this.#answer(running, validated.value, typeof value === "object" && value !== null ? binaryOf(value) : []);
    };
    if (isPromise(checked)) void checked.then(leave);
    else leave(checked);
  }

  /** A result is validated again by the caller, so a schema that transforms would fail there, far from its cause. Told once, at the first result. */
  #isStable({ name, served: { member } }: Running, output: unknown): boolean {
    if (member.kind !== "method" || this.#stable.has(name)) return true;
    const again = validate(member.result, output);
    if (!isPromise(again) && !again.ok) return false;
    this.#stable.add(name);
    return true;
  }

  #answer(running: Running, value: unknown, binary: readonly Transferable[]): void {
    const { outbox, peerLimits } = this.#context;
    let text: string;
    try {
      text = resultText(running.id, value);
    } catch {
      return this.#fail(running, wireError("INTERNAL_ERROR", "The result is not JSON"));
    }
    if (text.length > peerLimits.text || !fits(text, value, peerLimits))
      return this.#fail(running, wireError("TOO_LARGE", "The result is too large for the caller"));
    // The last look before it leaves: making the text ran code of the host's, which may have revoked.
    if (running.settled) return;
    if (!this.#mayLeave(running)) return this.#fail(running, revokedError(running.scope));
    if (binary.length === 0) {
      this.#forget(running);
      outbox.add(text, running, true);
    } else {
      const { member } = running.served;
      const isDeclared = "binary" in member && member.binary && binaryFault(binary, peerLimits) === null;
      if (!isDeclared)
        return this.#fail(running, wireError("INTERNAL_ERROR", "The binary is not declared, or too large"));
      try {
        outbox.addBinary(text, binary);
      } catch {
        return this.#fail(running, wireError("INTERNAL_ERROR", "The binary cannot be transferred"));
      }
      this.#forget(running);
    }
    this.#audit(running.name, running.served, "allowed", null, running.started);
  }

  #stream(running: Running, items: AsyncIterable<unknown>): void {
    const { member } = running.served;
    if (member.kind !== "stream") return;
    this.#audit(running.name, running.served, "allowed", null, running.started);
    // Auditing ran code of the host's, which may have revoked or closed.
    if (running.settled) return;
    void pumpItems({
      running,
      items,
      schema: member.item,
      latest: member.latest,
      peerLimits: this.#context.peerLimits,
      errors: member.errors,
      mayLeave: () => this.#mayLeave(running),
      send: (texts) => {
        const text = `{"jsonrpc":"2.0","method":"rpc.next","params":{"id":${JSON.stringify(running.id)},"items":[${texts.join(",")}]}}`;
        this.#context.outbox.add(text, running);
      },
    }).then((error) => {
      if (error === "revoked") this.#fail(running, revokedError(running.scope));
      else if (error) this.#fail(running, error);
      else if (this.#forget(running)) {
        this.#context.outbox.add(notificationText("rpc.end", { id: running.id }));
        this.#audit(running.name, running.served, "ended", null, running.started);
      }
    });
  }

  /** Whether what this call yields may go: the grant as it is now, with the limits on the params as they were. */
  #mayLeave(guard: Guard): boolean {
    return this.#context.grant().allows(guard.scope, guard.params).ok;
  }

  onCancel(id: Id): void {
    const running = this.#running.get(id);
    if (running) this.#fail(running, wireError("CANCELLED", "The caller cancelled"));
  }

  onCredit(id: Id, more: number): void {
    const running = this.#running.get(id);
    if (running?.served.member.kind !== "stream") return;
    // No more than the peer told that it takes: a stream without end must run dry between two of its messages.
    running.credit = Math.min(running.credit + more, this.#context.peerLimits.streamCredit);
    running.wake?.();
  }

  /** A new grant is in force: what it no longer covers ends now, and what waits to leave is withheld. */
  onGrantChange(): void {
    this.#context.outbox.withhold(
      (guard) => this.#mayLeave(guard),
      ({ id, scope }) => errorText(id, revokedError(scope)),
    );
    for (const running of [...this.#running.values()]) {
      const holds = running.parsed ? this.#mayLeave(running) : this.#context.grant().holds(running.scope);
      if (!holds) this.#fail(running, revokedError(running.scope));
    }
  }

  /** Settles with an error: the slot is free, the signal aborts, and whatever the handler still yields is for nobody. */
  #fail(running: Running, error: WireError, decision: AuditEvent["decision"] = "failed"): void {
    if (!this.#forget(running)) return;
    const { code } = error.data;
    if (running.isAwaited && (code === "CANCELLED" || code === "TIMEOUT")) this.#countStray(running);
    this.#refuse(running.id, running.served.member.kind === "stream", error);
    this.#audit(running.name, running.served, decision, error.data.code, running.started);
    running.abort(new RpcError(error.data.code, { message: error.message }));
    running.wake?.();
  }

  /** An application's error may hold data of any size, or no JSON at all: then its code alone is told. */
  #refuse(id: Id, isStream: boolean, error: WireError): void {
    // A stream ends by rpc.end, never by a response.
    const make = (told: WireError) =>
      isStream ? notificationText("rpc.end", { id, error: told }) : errorText(id, told);
    const { code, data } = error;
    const text = textWithin(this.#context.peerLimits, error, () => make(error));
    this.#context.outbox.add(text ?? make({ code, message: data.code, data: { code: data.code } }));
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

  #audit(
    name: string,
    served: Served | null,
    decision: AuditEvent["decision"],
    reason: string | null,
    started: number,
  ): void {
    this.#context.audit(served === null ? null : name, served?.member.scope ?? null, decision, reason, started);
  }

  /** Everything in flight ends; with `error`, each call is told so first. */
  close(error: WireError | null, reason: string): void {
    for (const running of [...this.#running.values()]) {
      if (error) this.#fail(running, error);
      else if (this.#forget(running)) {
        this.#audit(running.name, running.served, "ended", "SESSION_CLOSED", running.started);
        running.abort(new RpcError("SESSION_CLOSED", { message: reason }));
        running.wake?.();
      }
    }
  }
}

function deniedError(scope: string | null, verdict?: Verdict & { ok: false }): WireError {
  const details = verdict?.limit === undefined ? { scope } : { scope, limit: verdict.limit };
  const why = verdict?.limit === undefined ? "is not granted" : `is not granted for this "${verdict.limit}"`;
  return wireError("SCOPE_DENIED", `The scope "${scope}" ${why}`, details);
}

function revokedError(scope: string | null): WireError {
  return wireError("SCOPE_REVOKED", `The scope "${scope}" was revoked`, { scope });
}

/** The text, if it can be made and the peer takes it. */
function textWithin(limits: Limits, value: unknown, make: () => string): string | null {
  try {
    const text = make();
    return text.length <= limits.text && fits(text, value, limits) ? text : null;
  } catch {
    return null;
  }
}
