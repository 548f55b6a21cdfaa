import type { StepUpDemand } from "@partner-panel/postmessage-rpc/panel";
import * as oauth from "oauth4webapi";
import type { Repeatable } from "./resource.js";

export interface ApiAnswer {
  readonly response: Response;
  /** Of the response's DPoP challenges. */
  readonly challenges: readonly oauth.WWWAuthenticateChallengeParameters[];
}

/** What the API says of the sign-in that it wants (RFC 9470, section 3); undefined if that is not why it refused. */
export function stepUpDemand({ challenges }: ApiAnswer): StepUpDemand | undefined {
  const challenge = challenges.find(({ error }) => error === "insufficient_user_authentication");
  if (!challenge) return undefined;
  const { acr_values, max_age = "" } = challenge;
  return { acr_values, max_age: /^\d{1,9}$/.test(max_age) ? Number(max_age) : undefined };
}

/** Sends with a fresh proof; once more where the API wants its nonce in it (RFC 9449, section 9). */
export async function sendToApi(
  request: Repeatable,
  token: string,
  proofs: oauth.DPoPHandle,
  fetch: typeof globalThis.fetch,
): Promise<ApiAnswer> {
  const answer = await sendOnce(request, token, proofs, fetch);
  if (!answer.challenges.some(({ error }) => error === "use_dpop_nonce")) return answer;
  discard(answer.response);
  return sendOnce(request, token, proofs, fetch);
}

async function sendOnce(
  { url, method, headers, body, signal, init }: Repeatable,
  token: string,
  proofs: oauth.DPoPHandle,
  fetch: typeof globalThis.fetch,
): Promise<ApiAnswer> {
  const options = {
    DPoP: proofs,
    signal,
    // The address was checked when the configuration was read.
    [oauth.allowInsecureRequests]: true,
    [oauth.customFetch]: (address: string, given: object) => fetch(address, { ...init, ...given }),
  };
  try {
    const response = await oauth.protectedResourceRequest(token, method, url, headers, body, options);
    return { response, challenges: [] };
  } catch (error) {
    if (!(error instanceof oauth.WWWAuthenticateChallengeError)) throw error;
    const challenges = error.cause.filter(({ scheme }) => scheme === "dpop");
    return { response: error.response, challenges: challenges.map(({ parameters }) => parameters) };
  }
}

/**
 * A proof for one request that somebody else sends: it comes about as for a request of our own, which is then not sent. The nonce of an
 * API that asked for one is learnt as from an answer of that API.
 */
export async function proofFor(
  { method, url, nonce }: { method: string; url: URL; nonce?: string | undefined },
  token: string,
  proofs: oauth.DPoPHandle,
): Promise<string> {
  let proof = "";
  const sign = (headers: HeadersInit) =>
    oauth.protectedResourceRequest(token, method, url, undefined, null, {
      DPoP: proofs,
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: async (_address: string, init: { headers: Record<string, string> }) => {
        proof = new Headers(init.headers).get("dpop") ?? "";
        return new Response(null, { headers });
      },
    });
  if (nonce !== undefined) await sign({ "dpop-nonce": nonce });
  await sign({});
  return proof;
}

/** Lets go of an answer nobody will read. */
export function discard(response: Response): void {
  response.body?.cancel().catch(() => {});
}
