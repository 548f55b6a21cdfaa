import { type Clock, RpcError } from "@partner-panel/postmessage-rpc";
import type { SignInReport } from "@partner-panel/postmessage-rpc/panel";

/** What sign-in needs of the panel. */
export interface SignInPort {
  /** Asks the host for an assertion. Rejects with RpcError. */
  assertion(params: { jkt: string; scope: string }): Promise<{ assertion: string }>;
  report(report: SignInReport): void;
  /** Aborts when the session ends, with the reason. */
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly fetch: typeof fetch;
  /** Whether nobody can see the page; then nothing is renewed ahead of need. */
  isHidden(): boolean;
}

export interface SignIn {
  /** Gets the first token. Rejects with RpcError, after the host was told. */
  start(): Promise<void>;
  /** `fetch` at the partner's API, with the token. */
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
}

/** What the host is told of a failed sign-in: a code and words made here, never what a server said. */
export function failureReport(error: unknown): SignInReport {
  if (error instanceof RpcError) return { state: "failed", code: error.code, message: error.message };
  return { state: "failed", code: "TOKEN_REFUSED", message: "The view could not sign in." };
}
