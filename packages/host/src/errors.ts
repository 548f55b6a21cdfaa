import type { RpcCode } from "@partner-panel/postmessage-rpc";
import type { knownErrors } from "./known-errors.js";

/** Where on its way to being shown a panel failed. */
export type PanelPhase = "config" | "load" | "handshake" | "sign-in" | "consent" | "session";

const inspect = "Read `cause`; the host's audit events show what the view called.";

/** What can go wrong with a panel. Stable: meant for `switch`. */
export type PanelErrorCode = keyof typeof knownErrors | RpcCode;

/**
 * Why a panel shows no view. `code` is the API; `message` and `hint` are for developers, in English, and hold nothing secret.
 * What people read comes from the element's `strings`.
 */
export class PanelError extends Error {
  override readonly name = "PanelError";
  readonly phase: PanelPhase;
  readonly code: PanelErrorCode;
  /** Whether `reload()` may help with nobody changing anything. */
  readonly retryable: boolean;
  readonly hint: string;
  /** Where the code is explained, below the project's root. */
  readonly docsUrl: string;
  /** Which panel: as in its audit events and in the view's welcome. */
  readonly instanceId: string;

  constructor(
    code: PanelErrorCode,
    message: string,
    options: {
      instanceId: string;
      phase?: PanelPhase | undefined;
      retryable?: boolean | undefined;
      hint?: string | undefined;
      cause?: unknown;
    },
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.phase = options.phase ?? "session";
    this.code = code;
    this.retryable = options.retryable ?? true;
    this.hint = options.hint ?? inspect;
    this.docsUrl = `docs/errors.md#${code.toLowerCase()}`;
    this.instanceId = options.instanceId;
  }
}

/** What a module of this package throws before it is known for which panel: {@link PanelError} without the instance. */
export class Failure extends Error {
  override readonly name = "Failure";
  readonly code: PanelErrorCode;
  readonly retryable: boolean | undefined;
  /** Where it is another than the code's own. */
  readonly phase: PanelPhase | undefined;

  constructor(
    code: PanelErrorCode,
    options: { message: string; cause?: unknown; retryable?: boolean | undefined; phase?: PanelPhase | undefined },
  ) {
    super(options.message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable;
    this.phase = options.phase;
  }
}
