import type { Clock } from "./clock.js";
import type { Deadline, Deadlines } from "./deadlines.js";
import { isRecord, RpcError, type WireError, wireError, wireErrorFrom } from "./errors.js";
import type { GrantedScope, HeldGrant, Verdict } from "./grant.js";
import { binaryOf, type Call, type Served } from "./implement.js";
import { LateAbort } from "./late-abort.js";
import type { Limits } from "./limits.js";
import type { Guard, Outbox } from "./outbox.js";
import { pumpItems } from "./pump.js";
import type { AuditEvent } from "./session.js";
import { isPromise, plainIssues, type Validated, validate } from "./validate.js";
import { errorText, type Id, notificationText, resultText } from "./wire.js";

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

/** One request that is being served. Once `settled`, whatever its handler still does reaches nobody. */
export interface Running extends Guard, Deadline {
  readonly id: Id;
  readonly name: string;
  readonly served: Served;
  readonly started: number;
  readonly abort: LateAbort;
  readonly binary: readonly Transferable[];
  params: unknown;
  /** Whether the params are parsed, so that `where` can be checked. */
  parsed: boolean;
  granted: GrantedScope | null;
  settled: boolean;
  /** Items the caller has credit for, and how to wake the pump when there is more. */
  credit: number;
  wake: (() => void) | null;
}

/** The half of the bridge that serves: for each call it goes through the gates in their order, and checks the grant again before a result leaves. */
export class Responder {
  readonly #context: ResponderContext;
  readonly #table: ReadonlyMap<string, Served>;
  readonly #running = new Map<Id, Running>();
  /** Methods whose result's schema was seen to let its own output through: it does not transform. */
  readonly #stable = new Set<string>();
  #inFlight = 0;
  #streams = 0;
  #notificationsHeld = 0;
  #notificationsHandled = 0;
  #closed = false;

  constructor(context: ResponderContext, table: ReadonlyMap<string, Served>) {
    this.#context = context;
    this.#table = table;
  }

  onRequest(id: Id, name: string, params: unknown, binary: readonly Transferable[]): void {
    const { clock, limits, outbox, strike } = this.#context;
    const started = clock.now();
    if (this.#running.has(id)) {
      // Answered without the id: an answer with it would settle the first call at the caller.
      outbox.add(errorText(null, wireError("INVALID_REQUEST", "This id is in flight already")));
      this.#audit(name, null, "denied", "INVALID_REQUEST", started);
      strike("INVALID_REQUEST");
      return;
    }
    const served = this.#served(name);
    const isStream = served?.member.kind === "stream";
    if (isStream ? this.#streams >= limits.streams : this.#inFlight >= limits.inFlight) {
      this.#refuse(id, isStream, wireError("BUSY", "Too much is in flight already"));
      this.#audit(name, served, "denied", "BUSY", started);
      if (!isStream) strike("BUSY");
      return;
    }
    if (served === null || served.member.kind === "notification") {
      // One answer for what was never declared and for what nobody implements: a peer learns no names.
      this.#refuse(id, false, wireError("METHOD_NOT_FOUND", "Method not found"));
      this.#audit(name, served, "denied", "METHOD_NOT_FOUND", started);
      return;
    }
    const { scope } = served.member;
    if (!this.#context.grant().holds(scope)) {
      this.#refuse(id, isStream, deniedError(scope));
      this.#audit(name, served, "denied", "SCOPE_DENIED", started);
      return;
    }
    const running = this.#register(id, name, served, params, binary, started);
    const checked = validate(served.member.params, params);
    if (isPromise(checked)) void checked.then((validated) => this.#dispatch(running, validated));
    else this.#dispatch(running, checked);
  }

  #served(name: string): Served | null {
    return this.#table.get(name) ?? null;
  }

  #register(
    id: Id,
    name: string,
    served: Served,
    params: unknown,
    binary: readonly Transferable[],
    started: number,
  ): Running {
    const { deadlines, limits, peerLimits } = this.#context;
    const isStream = served.member.kind === "stream";
    const running: Running = {
      id,
      name,
      served,
      scope: served.member.scope,
      started,
      abort: new LateAbort(),
      binary,
      params,
      parsed: false,
      granted: null,
      settled: false,
      due: started + limits.timeout,
      expire: () => this.#fail(running, wireError("TIMEOUT", "The handler took too long")),
      credit: peerLimits.streamCredit,
      wake: null,
    };
    this.#running.set(id, running);
    if (isStream) {
      this.#streams++;
    } else {
      this.#inFlight++;
      deadlines.add(running);
    }
    return running;
  }

  /** Params are parsed: the grant with its limits is checked, then the handler runs. */
  #dispatch(running: Running, validated: Validated): void {
    if (running.settled) return;
    if (!validated.ok) {
      const error = validated.threw
        ? wireError("INTERNAL_ERROR", "The params could not be checked")
        : wireError("INVALID_PARAMS", "The params do not fit the contract", { issues: plainIssues(validated.issues) });
      this.#fail(running, error, validated.threw ? "failed" : "denied");
      return;
    }
    running.params = validated.value;
    running.parsed = true;
    const verdict = this.#context.grant().allows(running.scope, validated.value);
    if (!verdict.ok) {
      this.#fail(running, deniedError(running.scope, verdict), "denied");
      return;
    }
    running.granted = verdict.granted;
    const call = this.#call(running);
    let outcome: unknown;
    try {
      outcome = running.served.handler(validated.value, call);
    } catch (thrown) {
      this.#fail(running, wireErrorFrom(thrown));
      return;
    }
    if (running.served.member.kind === "stream") {
      this.#stream(running, outcome as AsyncIterable<unknown>);
    } else if (isPromise(outcome)) {
      outcome.then(
        (value) => this.#result(running, value),
        (thrown: unknown) => this.#fail(running, wireErrorFrom(thrown)),
      );
    } else {
      this.#result(running, outcome);
    }
  }

  #call(running: Running): Call {
    return {
      get signal() {
        return running.abort.signal;
      },
      grant: running.granted,
      binary: running.binary,
      progress: (value) => this.#progress(running, value),
      fail: (code, options) => new RpcError(code, options),
    };
  }

  #progress(running: Running, value: unknown): void {
    if (running.settled || running.served.member.kind === "stream" || !this.#mayLeave(running)) return;
    const { clock, deadlines, limits, outbox } = this.#context;
    const hardLimit = running.started + Math.max(limits.progressTimeout, limits.timeout);
    deadlines.move(running, Math.min(clock.now() + limits.timeout, hardLimit));
    outbox.add(notificationText("rpc.progress", { id: running.id, value: value ?? null }), running);
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
      this.#answer(running, validated.value, isRecord(value) ? binaryOf(value) : []);
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
    if (text.length > peerLimits.text)
      return this.#fail(running, wireError("TOO_LARGE", "The result is too large for the caller"));
    if (binary.length > 0 && !("binary" in running.served.member && running.served.member.binary)) {
      return this.#fail(running, wireError("INTERNAL_ERROR", "The contract declares no binary here"));
    }
    this.#forget(running);
    this.#audit(running.name, running.served, "allowed", null, running.started);
    if (binary.length > 0) outbox.addBinary(text, binary);
    else outbox.add(text, running, true);
  }

  #stream(running: Running, items: AsyncIterable<unknown>): void {
    const { member } = running.served;
    if (member.kind !== "stream") return;
    this.#audit(running.name, running.served, "allowed", null, running.started);
    void pumpItems({
      running,
      items,
      schema: member.item,
      latest: member.latest,
      mostText: this.#context.peerLimits.text,
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

  onNotification(name: string, params: unknown, binary: readonly Transferable[]): boolean {
    const { clock, limits } = this.#context;
    const started = clock.now();
    if (this.#notificationsHeld >= limits.notificationCredit) return false;
    this.#notificationsHeld++;
    const served = this.#served(name);
    const drop = (reason: string) => {
      this.#audit(name, served, "denied", reason, started);
      this.#handled();
    };
    if (served === null || served.member.kind !== "notification") {
      drop("METHOD_NOT_FOUND");
      return true;
    }
    if (!this.#context.grant().holds(served.member.scope)) {
      drop("SCOPE_DENIED");
      return true;
    }
    const checked = validate(served.member.params, params);
    const go = (validated: Validated) => {
      if (this.#closed) return;
      if (!validated.ok) return drop("INVALID_PARAMS");
      const verdict = this.#context.grant().allows(served.member.scope, validated.value);
      if (!verdict.ok) return drop("SCOPE_DENIED");
      this.#runNotification(name, served, validated.value, binary, verdict.granted, started);
    };
    if (isPromise(checked)) void checked.then(go);
    else go(checked);
    return true;
  }

  #runNotification(
    name: string,
    served: Served,
    params: unknown,
    binary: readonly Transferable[],
    granted: GrantedScope | null,
    started: number,
  ): void {
    const abort = new LateAbort();
    const fail = (code: string, options?: ConstructorParameters<typeof RpcError>[1]) => new RpcError(code, options);
    const call: Call = {
      get signal() {
        return abort.signal;
      },
      grant: granted,
      binary,
      progress: () => undefined,
      fail,
    };
    const done = (reason: string | null) => {
      this.#audit(name, served, reason === null ? "allowed" : "failed", reason, started);
      this.#handled();
    };
    try {
      const outcome = served.handler(params, call);
      if (!isPromise(outcome)) return done(null);
      outcome.then(
        () => done(null),
        (thrown: unknown) => done(wireErrorFrom(thrown).data.code),
      );
    } catch (thrown) {
      done(wireErrorFrom(thrown).data.code);
    }
  }

  /** Gives notification credit back a quarter at a time: the peer never runs dry, and is not answered one by one. */
  #handled(): void {
    if (this.#closed) return;
    this.#notificationsHandled++;
    if (this.#notificationsHandled < Math.ceil(this.#context.limits.notificationCredit / 4)) return;
    this.#notificationsHeld -= this.#notificationsHandled;
    this.#context.outbox.add(notificationText("rpc.credit", { id: null, more: this.#notificationsHandled }));
    this.#notificationsHandled = 0;
  }

  onCancel(id: Id): void {
    const running = this.#running.get(id);
    if (running) this.#fail(running, wireError("CANCELLED", "The caller cancelled"));
  }

  onCredit(id: Id, more: number): void {
    const running = this.#running.get(id);
    if (running?.served.member.kind !== "stream") return;
    running.credit = Math.min(running.credit + more, Number.MAX_SAFE_INTEGER);
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
    this.#refuse(running.id, running.served.member.kind === "stream", error);
    this.#audit(running.name, running.served, decision, error.data.code, running.started);
    running.abort.abort(new RpcError(error.data.code, { message: error.message }));
    running.wake?.();
  }

  #refuse(id: Id, isStream: boolean, error: WireError): void {
    // A stream ends by rpc.end, never by a response.
    this.#context.outbox.add(isStream ? notificationText("rpc.end", { id, error }) : this.#errorText(id, error));
  }

  /** An application's error may hold data of any size, or no JSON at all. */
  #errorText(id: Id, error: WireError): string {
    try {
      const text = errorText(id, error);
      if (text.length <= this.#context.peerLimits.text) return text;
    } catch {
      // Falls through: the code alone is always JSON.
    }
    return errorText(id, { code: error.code, message: error.data.code, data: { code: error.data.code } });
  }

  #forget(running: Running): boolean {
    if (running.settled) return false;
    running.settled = true;
    this.#running.delete(running.id);
    if (running.served.member.kind === "stream") {
      this.#streams--;
    } else {
      this.#inFlight--;
      this.#context.deadlines.delete(running);
    }
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
        running.abort.abort(new RpcError("SESSION_CLOSED", { message: reason }));
        running.wake?.();
      }
    }
    this.#closed = true;
  }

  get size(): number {
    return this.#running.size;
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
