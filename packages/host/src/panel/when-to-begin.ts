import { Failure, type PanelErrorCode } from "../errors.js";
import { VisibleLimit } from "./visible-limit.js";

/** What may have failed for want of a network, and nobody said No to. */
const networkCodes: ReadonlySet<PanelErrorCode> = new Set<PanelErrorCode>([
  "MANIFEST_UNREACHABLE",
  "LOAD_TIMEOUT",
  "FRAMING_REFUSED",
  "HANDSHAKE_TIMEOUT",
  "PARTNER_UNRESPONSIVE",
  "ASSERTION_REFUSED",
  "TOKEN_REFUSED",
]);

/** Whether a panel that failed so is to begin anew when the browser is online again. */
export function isForWantOfNetwork({ code, retryable }: { code: PanelErrorCode; retryable: boolean }): boolean {
  return retryable && networkCodes.has(code);
}

/** Calls `run` when the browser went offline or came online; the returned function stops that. */
export function onNetwork(run: (isOnline: boolean) => void): () => void {
  const listener = ({ type }: Event) => run(type === "online");
  for (const type of ["online", "offline"]) window.addEventListener(type, listener);
  return () => {
    for (const type of ["online", "offline"]) window.removeEventListener(type, listener);
  };
}

/** Calls `fail` when the page has named no partners after so many milliseconds of visible time; the returned function stops that. */
export function unlessConfigured(milliseconds: number, fail: (failure: Failure) => void): () => void {
  const message = "configurePartners was not called in this copy of @partner-panel/host";
  const limit = new VisibleLimit(milliseconds, () => fail(new Failure("CONFIG_REFUSED", { message })));
  return () => limit.stop();
}
