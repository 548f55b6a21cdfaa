import type { AssertionRequest, AssertionStrategy, StepUp } from "../config.js";
import { Failure } from "../errors.js";
import type { BackEndOptions } from "./back-end.js";

export interface AssertionOptions extends BackEndOptions {
  /** Has the user sign in anew where the partner's API demands it; left out, its refusal stands. */
  readonly stepUp?: StepUp | undefined;
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
export function assertionFrom(url: string | URL, options: AssertionOptions = {}): AssertionStrategy {
  const ask = async ({ jkt, scope, partner, signal }: AssertionRequest): Promise<string> => {
    const { askBackEnd, toldReason } = await import("./back-end.js");
    const told = await askBackEnd(url, { jkt, scope, partner }, signal, options).catch((cause: unknown) => {
      throw new Failure("ASSERTION_REFUSED", { message: "The host's back end cannot be reached", cause });
    });
    if (told.status === 401) throw new Failure("SIGN_IN_REQUIRED", { message: "The host's back end knows no session" });
    const assertion = told.member("assertion");
    if (told.ok && typeof assertion === "string" && assertion !== "") return assertion;
    throw new Failure("ASSERTION_REFUSED", { message: `The host's back end ${toldReason(told)}` });
  };
  return Object.assign(ask, { stepUp: options.stepUp });
}
