/**
 * Error codes and their JSON-RPC numbers. The string is the API (`error.code`, and `error.data.code` on the wire);
 * the number is what JSON-RPC 2.0 section 5.1 asks for. -32700 and -32600 … -32603 are JSON-RPC's own.
 */
export const rpcErrorNumbers = Object.freeze({
  PARSE_ERROR: -32700,
  INVALID_REQUEST: -32600,
  METHOD_NOT_FOUND: -32601,
  INVALID_PARAMS: -32602,
  INTERNAL_ERROR: -32603,
  HANDLER_FAILED: -32000,
  SCOPE_DENIED: -32010,
  SCOPE_REVOKED: -32011,
  VERSION_MISMATCH: -32013,
  ORIGIN_MISMATCH: -32014,
  SESSION_CLOSED: -32016,
  TIMEOUT: -32018,
  BUSY: -32019,
  CANCELLED: -32024,
  TOO_LARGE: -32025,
  QUARANTINED: -32027,
  EMBEDDER_REFUSED: -32028,
  HANDSHAKE_TIMEOUT: -32029,
} as const);

/** The bridge's own codes. A contract's methods add theirs through `errors`. */
export type RpcCode = keyof typeof rpcErrorNumbers;

/** Codes after which the same call may succeed without anybody changing anything. */
const retryableCodes: ReadonlySet<string> = new Set<RpcCode>([
  "BUSY",
  "TIMEOUT",
  "SESSION_CLOSED",
  "HANDSHAKE_TIMEOUT",
]);

export interface RpcErrorOptions {
  /** A sentence for people. It travels to the other side, so it must hold nothing secret. */
  message?: string;
  /** JSON the other side may see. */
  data?: unknown;
  /** Whether the same call may succeed later; the default follows from the code. */
  retryable?: boolean;
  /** Never sent. */
  cause?: unknown;
}

/**
 * The one error class of the bridge. `code` is stable and meant for `switch`; `remote` tells what failed here (false)
 * from what the other side reported (true); `data` is what came with it (`{ scope }` for SCOPE_DENIED, `{ scope, limit }`
 * where a grant's `where` refused, `{ issues }` for INVALID_PARAMS, the application's own for a declared error).
 */
export class RpcError<Code extends string = string> extends Error {
  override readonly name = "RpcError";
  readonly code: Code;
  readonly data: unknown;
  readonly retryable: boolean;
  readonly remote: boolean;

  constructor(code: Code, options: RpcErrorOptions & { remote?: boolean } = {}) {
    super(options.message ?? code, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.data = options.data;
    this.retryable = options.retryable ?? retryableCodes.has(code);
    this.remote = options.remote ?? false;
  }
}

/** A JSON-RPC error object as it stands on the wire. */
export interface WireError {
  readonly code: number;
  readonly message: string;
  readonly data: { readonly code: string; readonly [key: string]: unknown };
}

/** The bridge's own error, as JSON-RPC puts it: details stand beside the code in `data`. */
export function wireError(code: RpcCode, message: string, details: Record<string, unknown> = {}): WireError {
  return { code: rpcErrorNumbers[code], message, data: { code, ...details } };
}

/** One answer for what was never declared and for what nobody implements, byte for byte: a peer learns no names. */
export const methodNotFound: WireError = {
  code: rpcErrorNumbers.METHOD_NOT_FOUND,
  message: "Method not found",
  data: { code: "METHOD_NOT_FOUND" },
};

/**
 * What a handler threw, as the other side may see it. An RpcError with a code that the method declares keeps its message and data:
 * they were written for the caller. Any other RpcError keeps its code alone, for its text may be another session's; anything else
 * becomes HANDLER_FAILED with no text, stack or cause.
 */
export function wireErrorFrom(thrown: unknown, declared: readonly string[]): WireError {
  if (!(thrown instanceof RpcError)) return wireError("HANDLER_FAILED", "The handler failed");
  const { code, message, data, remote } = thrown;
  if (remote || !declared.includes(code)) {
    return { code: rpcErrorNumbers.HANDLER_FAILED, message: "The handler failed", data: { code } };
  }
  return { code: rpcErrorNumbers.HANDLER_FAILED, message, data: data === undefined ? { code } : { code, data } };
}

/** Reads a peer's error object; whatever it holds, an RpcError with strings where strings belong comes out. */
export function errorFromWire(value: unknown): RpcError {
  const error = isRecord(value) ? value : {};
  const data = isRecord(error["data"]) ? error["data"] : {};
  const { code: wireCode, ...details } = data;
  const code = typeof wireCode === "string" ? wireCode : codeOfNumber(error["code"]);
  const message = typeof error["message"] === "string" ? error["message"] : code;
  const own = Object.hasOwn(rpcErrorNumbers, code);
  return new RpcError(code, { message, data: own ? details : details["data"], remote: true });
}

function codeOfNumber(value: unknown): string {
  for (const [code, number] of Object.entries(rpcErrorNumbers)) if (number === value) return code;
  return "INTERNAL_ERROR";
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
