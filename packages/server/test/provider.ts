import { dpopNonces } from "../src/nonces.js";
import { checkProof, useProof } from "../src/proof.js";
import { json, Refusal } from "../src/refusal.js";
import { memoryReplayStore } from "../src/replay.js";
import { changed, now, privateJwk, sign } from "./support.js";

/** A provider that both sides trust, with a token endpoint for token exchange (RFC 8693) that binds to the proof's key. */

export const providerIssuer = "https://id.example";
export const tokenEndpoint = `${providerIssuer}/token`;
export const providerKey = await privateJwk("provider-1");

export interface Provider {
  fetch: typeof globalThis.fetch;
  /** The forms that were accepted, in order. */
  forms: URLSearchParams[];
}

/** A provider's way to be wrong, or merely different: changes to its tokens' claims and to its answers. */
export interface ProviderChanges {
  claims?: Record<string, unknown>;
  answer?: Record<string, unknown>;
  /** A token that is no JWT. */
  opaque?: string;
  wantsNonce?: boolean;
}

export function createProvider({ claims, answer, opaque, wantsNonce = false }: ProviderChanges = {}): Provider {
  const nonces = dpopNonces({ required: wantsNonce });
  const replay = memoryReplayStore();
  const forms: URLSearchParams[] = [];

  async function exchange(request: Request): Promise<Response> {
    // Both parts are form-encoded before they are put together (RFC 6749, section 2.3.1).
    const [, basic = ""] = (request.headers.get("authorization") ?? "").split("Basic ");
    if (decodeURIComponent(atob(basic)) !== "desk:desk-secret") {
      throw new Refusal(401, "invalid_client", "The client could not be authenticated.");
    }
    const form = new URLSearchParams(await request.text());
    if (form.get("subject_token") !== "ada's own token") throw new Refusal(400, "invalid_grant", "Unknown: canary");
    const proof = await checkProof(request, tokenEndpoint, nonces);
    await useProof(replay, proof);
    forms.push(form);
    const token = {
      iss: providerIssuer,
      sub: "ada",
      aud: form.get("resource") ?? form.get("audience"),
      client_id: "desk",
      jti: crypto.randomUUID(),
      iat: now(),
      exp: now() + 300,
      auth_time: now() - 100,
      sid: "session-1",
      scope: form.get("scope"),
      cnf: { jkt: proof.jkt },
    };
    const body = {
      access_token: opaque ?? (await sign(changed(token, claims), { typ: "at+jwt" }, providerKey)),
      issued_token_type: "urn:ietf:params:oauth:token-type:access_token",
      token_type: "DPoP",
      expires_in: 300,
      scope: form.get("scope"),
      refresh_token: "kept at the back end",
    };
    return json(200, changed(body, answer), proof.headers);
  }

  return {
    forms,
    fetch: async (input, init) => {
      const request = new Request(input, init);
      if (request.url !== tokenEndpoint) return new Response(null, { status: 404 });
      return exchange(request).catch((error: unknown) => {
        if (error instanceof Refusal) return error.toResponse();
        throw error;
      });
    },
  };
}
