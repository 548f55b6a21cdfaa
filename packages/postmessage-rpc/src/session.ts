import type { Clock } from "./clock.js";
import type { Contract, Remote } from "./contract.js";
import type { RpcCode } from "./errors.js";
import type { Grant } from "./grant.js";
import type { Implementation } from "./implementation.js";
import type { Limits } from "./limits.js";

/** One decision of the responder (`in`), or the end of one of this side's own calls (`out`). Payloads are never in it. */
export interface AuditEvent {
  seq: number;
  /** Milliseconds since the epoch. */
  at: number;
  direction: "in" | "out";
  /** Null: not one of the contract's. */
  method: string | null;
  scope: string | null;
  decision: "allowed" | "denied" | "failed" | "ended";
  /** A code, or null where there is nothing to say. */
  reason: string | null;
  /** Milliseconds from the message to the decision's end. */
  ms: number;
}

export interface SessionEnd {
  code: "CLOSED" | RpcCode;
  by: "here" | "peer";
  reason: string;
}

export interface SessionOptions<Use extends Contract = Contract> {
  /** What the peer may call, as far as the grant allows. */
  provide?: Implementation | readonly Implementation[] | undefined;
  /** The contract the peer provides. */
  use?: Use | undefined;
  /** What the peer may do here: nothing, if left out, beyond members that need no scope. */
  grant?: Grant | undefined;
  /** What this side accepts. */
  limits?: Partial<Limits> | undefined;
  /** What the peer accepts, where no handshake tells. */
  peerLimits?: Partial<Limits> | undefined;
  onAudit?: ((event: AuditEvent) => void) | undefined;
  clock?: Clock | undefined;
}

/** An open session: from welcome to close. */
export interface Session<Use extends Contract = Contract> {
  readonly remote: Remote<Use>;
  /** Resolves once, when the session has ended, with why. Never rejects. */
  readonly closed: Promise<SessionEnd>;
  /** What the peer may do here; for a side that grants nothing itself, what the peer granted it. */
  readonly grant: Grant;
  /** Calls `run` whenever `grant` has changed; the returned function takes it back. */
  onGrant(run: (grant: Grant) => void): () => void;
  /** The new grant holds when this returns: no handler starts and no result leaves under a scope it lacks. The peer is told. */
  updateGrant(next: Grant): void;
  /** Resolves when the peer answers; rejects with TIMEOUT or SESSION_CLOSED. */
  ping(options?: { timeout?: number }): Promise<void>;
  close(reason?: string): void;
}
