import { RpcError } from "@partner-panel/postmessage-rpc";

/** Codes of the host, or of the way to it, that say enough by themselves. */
const passedOn: ReadonlySet<string> = new Set([
  "SIGN_IN_REQUIRED",
  "SIGN_IN_CANCELLED",
  "ASSERTION_REFUSED",
  "TOKEN_REFUSED",
  "TIMEOUT",
  "BUSY",
  "SESSION_CLOSED",
  "QUARANTINED",
]);

/** Passes on why the host refused, and gives everything else the name that it has for the view. */
export function fromHost(otherwise: "ASSERTION_REFUSED" | "TOKEN_REFUSED") {
  return (error: unknown): never => {
    if (error instanceof RpcError && passedOn.has(error.code)) throw error;
    const code = error instanceof RpcError ? error.code : "no reason given";
    throw new RpcError(otherwise, { message: `The host refused (${code}).`, cause: error });
  };
}
