import { RpcError, wireErrorFrom } from "./errors.js";
import { scalarsOf } from "./grant.js";
import type { Served } from "./implement.js";
import type { ResponderContext } from "./responder.js";
import { callOf, Running } from "./running.js";
import type { AuditEvent } from "./session.js";
import { release } from "./transferables.js";
import { isPromise, type Validated, validate } from "./validate.js";
import { notificationText } from "./wire.js";

/** Serves notifications: the same gates as for a call, but for its answer. What the peer has is credit, given back as they are handled. */
export class Notices {
  readonly #context: ResponderContext;
  readonly #table: ReadonlyMap<string, Served>;
  readonly #running = new Set<Running>();
  #held = 0;
  #handledCount = 0;
  #closed = false;

  constructor(context: ResponderContext, table: ReadonlyMap<string, Served>) {
    this.#context = context;
    this.#table = table;
    context.deadlines.watch({ [Symbol.iterator]: () => this.#running.values() });
  }

  /** False: the peer had no credit for it. */
  on(name: string, params: unknown, binary: readonly Transferable[]): boolean {
    const { clock, deadlines, limits } = this.#context;
    const started = clock.now();
    const served = this.#table.get(name) ?? null;
    if (this.#held >= limits.notificationCredit) {
      release(binary);
      this.#audit(name, served, "denied", "BUSY", started);
      return false;
    }
    this.#held++;
    const isHeld =
      served !== null && served.member.kind === "notification" && this.#context.grant().holds(served.member.scope);
    if (!isHeld) {
      release(binary);
      const isKnown = served?.member.kind === "notification";
      this.#audit(name, served, "denied", isKnown ? "SCOPE_DENIED" : "METHOD_NOT_FOUND", started);
      this.#handled();
      return true;
    }
    const due = started + limits.timeout;
    const expire = (late: Running) => this.#noted(late, "failed", "TIMEOUT");
    const running = new Running("", name, served, binary, started, due, 0, expire);
    this.#running.add(running);
    deadlines.lookAt(due);
    const checked = validate(served.member.params, params);
    if (isPromise(checked)) void checked.then((validated) => this.#note(running, validated));
    else this.#note(running, checked);
    return true;
  }

  #note(running: Running, validated: Validated): void {
    if (running.settled) return;
    const verdict = validated.ok ? this.#context.grant().allows(running.scope, validated.value) : null;
    if (!validated.ok || !verdict?.ok) {
      release(running.binary);
      return this.#noted(running, "denied", validated.ok ? "SCOPE_DENIED" : "INVALID_PARAMS");
    }
    if (running.scope !== null) running.params = scalarsOf(validated.value);
    running.parsed = true;
    running.granted = verdict.granted;
    const failed = (thrown: unknown) => this.#noted(running, "failed", wireErrorFrom(thrown, []).data.code);
    try {
      const outcome = running.served.handler(
        validated.value,
        callOf(running, () => undefined),
      );
      if (isPromise(outcome)) Promise.resolve(outcome).then(() => this.#noted(running, "allowed", null), failed);
      else this.#noted(running, "allowed", null);
    } catch (thrown) {
      failed(thrown);
    }
  }

  /** A notification is over, or nobody waits for its handler any more: its credit goes back. */
  #noted(running: Running, decision: AuditEvent["decision"], reason: string | null): void {
    if (running.settled) return;
    running.settled = true;
    this.#running.delete(running);
    this.#audit(running.name, running.served, decision, reason, running.started);
    if (decision !== "allowed") running.abort(new RpcError(reason ?? "CANCELLED"));
    this.#handled();
  }

  /** Gives notification credit back a quarter at a time: the peer never runs dry, and is not answered one by one. */
  #handled(): void {
    if (this.#closed) return;
    this.#handledCount++;
    if (this.#handledCount < Math.ceil(this.#context.limits.notificationCredit / 4)) return;
    this.#held -= this.#handledCount;
    this.#context.outbox.add(notificationText("rpc.credit", { id: null, more: this.#handledCount }));
    this.#handledCount = 0;
  }

  /** A new grant is in force: what it no longer covers ends now. */
  onGrantChange(): void {
    const grant = this.#context.grant();
    for (const running of [...this.#running]) {
      const { scope, params, parsed } = running;
      const holds = parsed ? grant.allows(scope, params).ok : grant.holds(scope);
      if (!holds) this.#noted(running, "failed", "SCOPE_REVOKED");
    }
  }

  close(reason: string): void {
    for (const running of [...this.#running]) this.#noted(running, "ended", reason);
    this.#closed = true;
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
}
