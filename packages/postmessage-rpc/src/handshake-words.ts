/** What both halves of the opening exchange have in common; its steps stand in `handshake.ts`. */
import type { Clock } from "./clock.js";
import { RpcError } from "./errors.js";
import { afterVisible } from "./visible-time.js";

/** Versions of the protocol that this package speaks, highest first; the protocol is versioned apart from the package. */
export const protocolVersions: readonly string[] = Object.freeze(["1.0.0"]);

/** Milliseconds of visible time. */
export const handshakeTimeout = 10_000;

/** The one word that tells these messages from any other on a window. */
export const key = "partner-panel";

/** Calls `fail` on timeout and abort; the returned function stops waiting for both. */
export function listenForEnd(
  clock: Clock,
  timeout: number,
  signal: AbortSignal | undefined,
  fail: (error: RpcError) => void,
): () => void {
  const onAbort = () => fail(cancelled(signal));
  signal?.addEventListener("abort", onAbort, { once: true });
  const stopTimer = afterVisible(clock, timeout, () => {
    fail(new RpcError("HANDSHAKE_TIMEOUT", { message: `The other window did not answer within ${timeout} ms` }));
  });
  return () => {
    stopTimer();
    signal?.removeEventListener("abort", onAbort);
  };
}

/** Only the two codes a peer can refuse with; anything else is what the commonest would be. */
export function refusal(code: unknown): RpcError {
  const known = code === "VERSION_MISMATCH" ? code : "EMBEDDER_REFUSED";
  const message =
    known === "VERSION_MISMATCH"
      ? "No protocol version in common"
      : "The view does not name this page's origin in its hosts";
  return new RpcError(known, { message, remote: true });
}

export function cancelled(signal: AbortSignal | undefined): RpcError {
  return new RpcError("CANCELLED", { message: "The handshake was cancelled", cause: signal?.reason as unknown });
}

/** @throws TypeError for what is not an origin as browsers write it. */
export function checkOrigin(origin: string): void {
  let canonical = "";
  try {
    canonical = new URL(origin).origin;
  } catch {
    // Falls through: it is no URL at all.
  }
  if (canonical === origin && origin !== "" && origin !== "null") return;
  throw new TypeError(
    `"${origin}" is not an exact origin${canonical && canonical !== "null" ? `; did you mean "${canonical}"?` : ""}`,
  );
}
