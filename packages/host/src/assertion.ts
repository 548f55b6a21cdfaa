import type { AssertionRequest, SignInStrategy } from "./config.js";
import { Failure } from "./errors.js";

export interface AssertionOptions {
  /** What carries the host's own session besides cookies: a bearer token, a CSRF header. Asked for each time. */
  readonly headers?: HeadersInit | (() => HeadersInit | Promise<HeadersInit>) | undefined;
  /** In place of the page's fetch. */
  readonly fetch?: typeof globalThis.fetch | undefined;
}

/**
 * The sign-in strategy for a host with a back end: posts `{ jkt, scope, partner }` as JSON to it, with the host's own session,
 * and takes `assertion` from the answer. `createAssertionEndpoint` of `@partner-panel/server` is the other side.
 *
 * The strategy rejects with code `SIGN_IN_REQUIRED` on 401 (no session at the host) and `ASSERTION_REFUSED` on anything else
 * but an assertion. It takes as long as the call that asks for it: 30 s.
 *
 * @param url the endpoint, on the host's own origin: it checks `Origin` and `Sec-Fetch-Site`.
 */
export function assertionFrom(url: string | URL, options: AssertionOptions = {}): SignInStrategy {
  return async ({ jkt, scope, partner, signal }: AssertionRequest): Promise<string> => {
    const { headers: given, fetch = globalThis.fetch } = options;
    const headers = new Headers(typeof given === "function" ? await given() : given);
    headers.set("Content-Type", "application/json");
    headers.set("Accept", "application/json");
    let response: Response;
    try {
      response = await fetch(url, {
        method: "POST",
        headers,
        body: JSON.stringify({ jkt, scope, partner }),
        cache: "no-store",
        // A redirect would carry the session's headers to an address that nobody configured.
        redirect: "error",
        signal,
      });
    } catch (cause) {
      throw new Failure("ASSERTION_REFUSED", { message: "The host's back end cannot be reached", cause });
    }
    const body: unknown = await response.json().catch(() => null);
    const member = (name: string): unknown =>
      typeof body === "object" && body !== null && Object.hasOwn(body, name) ? Reflect.get(body, name) : undefined;
    if (response.status === 401)
      throw new Failure("SIGN_IN_REQUIRED", { message: "The host's back end knows no session" });
    const assertion = member("assertion");
    if (response.ok && typeof assertion === "string" && assertion !== "") return assertion;
    const reason = member("error");
    const told = typeof reason === "string" ? ` (${reason.slice(0, 100)})` : "";
    throw new Failure("ASSERTION_REFUSED", { message: `The host's back end answered ${response.status}${told}` });
  };
}
