import { RpcError, wireErrorFrom } from "./errors.js";
import { ownMembers } from "./grant.js";
import type { Served } from "./implementation.js";
import type { ResponderContext } from "./responder.js";
import { HandlerCall, Running } from "./running.js";
import type { AuditEvent } from "./session.js";
import { release } from "./transferables.js";
import { isPromise, type Validated, validate } from "./validate.js";

/** Serves notifications: the same gates as for a call, but for its answer. What the peer has is credit, given back as they are handled. */
export class Notices {
  readonly #context: ResponderContext;
  readonly #table: ReadonlyMap<string, Served>;
  readonly #running = new Set<Running>();
  #closed = false;

  constructor(context: ResponderContext, table: ReadonlyMap<string, Served>) {
    this.#context = context;
    this.#table = table;
    context.deadlines.watch({ [Symbol.iterator]: () => this.#running.values() });
  }

  /** False: the peer had no credit for it. */
  on(name: string, params: unknown, binary: readonly Transferable[], started: number): boolean {
    const { deadlines, limits, noticeCredit } = this.#context;
    const served = this.#table.get(name) ?? null;
    if (!noticeCredit.take()) {
      release(binary);
      this.#audit(name, served, "denied", "BUSY", started);
      return false;
    }
    const isKnown = served?.member.kind === "notification";
    if (!isKnown || !this.#context.grant().holds(served.member.scope)) {
      release(binary);
      this.#audit(name, served, "denied", isKnown ? "SCOPE_DENIED" : "METHOD_NOT_FOUND", started);
      this.#handled();
      return true;
    }
    const due = started + limits.timeout;
    const expire = (late: Running) => this.#noted(late, "failed", "TIMEOUT");
    const running = new Running("", name, served, binary, started, due, expire);
    this.#running.add(running);
    deadlines.lookAt(due);
    const checked = validate(served.member.params, params);
    if (isPromise(checked)) void checked.then((validated) => this.#note(running, validated));
    else this.#note(running, checked);
    return true;
  }

  #note(running: Running, validated: Validated): void {
    if (running.settled) return;
    if (validated.issues) return this.#noted(running, "denied", "INVALID_PARAMS");
    const failed = (thrown: unknown) => this.#noted(running, "failed", wireErrorFrom(thrown, []).data.code);
    try {
      const verdict = this.#context.grant().allows(running.scope, validated.value);
      if (!verdict.ok) return this.#noted(running, "denied", "SCOPE_DENIED");
      if (running.scope !== null) running.params = ownMembers(validated.value);
      running.parsed = true;
      running.granted = verdict.granted;
      const outcome = running.served.handler(validated.value, new HandlerCall(running, noProgress));
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
    if (!running.parsed) release(running.binary);
    this.#audit(running.name, running.served, decision, reason, running.started);
    if (decision !== "allowed") running.abort(new RpcError(reason ?? "CANCELLED"));
    this.#handled();
  }

  #handled(): void {
    if (!this.#closed) this.#context.noticeCredit.giveBack();
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

const noProgress = (): void => {};
