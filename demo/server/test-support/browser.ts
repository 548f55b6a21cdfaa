import { randomBytes } from "node:crypto";
import { base64url, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { localFetch } from "../local-fetch.js";

const sha256 = async (text: string): Promise<string> =>
  base64url.encode(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));

/** Fetches as a browser would that keeps cookies by host and sends them back. */
export class Browser {
  readonly #cookies = new Map<string, Map<string, string>>();

  async fetch(address: string, init: RequestInit = {}): Promise<Response> {
    const { hostname } = new URL(address);
    const jar = this.#cookies.get(hostname) ?? new Map<string, string>();
    this.#cookies.set(hostname, jar);
    const headers = new Headers(init.headers);
    if (jar.size > 0) headers.set("cookie", [...jar].map(([name, value]) => `${name}=${value}`).join("; "));
    const response = await localFetch(address, { ...init, headers });
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      if (value === "") jar.delete(name);
      else jar.set(name, value);
    }
    return response;
  }

  /** Follows redirects until something else comes, or one that leads to a site outside `issuer`. */
  async follow(issuer: string, address: string, init?: RequestInit): Promise<{ response: Response; address: string }> {
    let response = await this.fetch(address, init);
    let at = address;
    for (let hops = 0; hops < 10 && response.status >= 300 && response.status < 400; hops += 1) {
      at = new URL(response.headers.get("location") ?? "", at).href;
      if (!at.startsWith(`${issuer}/`)) break;
      response = await this.fetch(at);
    }
    return { response, address: at };
  }
}

export interface CodeFlow {
  readonly issuer: string;
  readonly clientId: string;
  readonly redirectUri: string;
  readonly resource: string;
  readonly scope: string;
  readonly account: string;
  readonly key?: ProofKey;
}

export interface Tokens {
  readonly access_token: string;
  readonly token_type: string;
  readonly refresh_token?: string;
  readonly id_token?: string;
  readonly expires_in: number;
}

/** Signs in with the authorization code flow and PKCE (RFC 7636), pressing the account's button on the sign-in page. */
export async function signInByCode(browser: Browser, flow: CodeFlow): Promise<{ page: string; tokens: Tokens }> {
  const verifier = randomBytes(32).toString("base64url");
  const state = randomBytes(8).toString("base64url");
  const query = new URLSearchParams({
    response_type: "code",
    client_id: flow.clientId,
    redirect_uri: flow.redirectUri,
    scope: flow.scope,
    resource: flow.resource,
    state,
    code_challenge: await sha256(verifier),
    code_challenge_method: "S256",
  });
  const asked = await browser.follow(flow.issuer, `${flow.issuer}/auth?${query}`);
  const page = await asked.response.text();
  const done = asked.address.startsWith(flow.redirectUri)
    ? asked
    : await browser.follow(flow.issuer, asked.address, {
        method: "POST",
        body: new URLSearchParams({ account: flow.account }),
      });
  const callback = new URL(done.address);
  if (callback.searchParams.get("state") !== state) throw new Error(`The sign-in ended at ${done.address}`);
  const tokens = await requestTokens(
    flow.issuer,
    {
      grant_type: "authorization_code",
      client_id: flow.clientId,
      code: callback.searchParams.get("code") ?? "",
      redirect_uri: flow.redirectUri,
      code_verifier: verifier,
    },
    { origin: new URL(flow.redirectUri).origin, ...(flow.key ? { key: flow.key } : {}) },
  );
  return { page, tokens: (await tokens.json()) as Tokens };
}

/** A call to the token endpoint, from a page at `origin`. */
export async function requestTokens(
  issuer: string,
  parameters: Record<string, string>,
  { origin, key }: { origin: string; key?: ProofKey },
): Promise<Response> {
  const address = `${issuer}/token`;
  return localFetch(address, {
    method: "POST",
    headers: { origin, ...(key ? { dpop: await key.proof("POST", address) } : {}) },
    body: new URLSearchParams(parameters),
  });
}

/** A key as a frame has one, and its DPoP proofs (RFC 9449). */
export interface ProofKey {
  readonly jkt: string;
  proof(
    method: string,
    address: string,
    accessToken?: string,
    more?: { iat?: number; nonce?: string },
  ): Promise<string>;
}

export async function makeProofKey(): Promise<ProofKey> {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwk: JWK = await exportJWK(publicKey);
  return {
    jkt: await calculateJwkThumbprint(jwk),
    proof: async (method, address, accessToken, { iat, nonce } = {}) =>
      new SignJWT({
        htm: method,
        htu: address,
        jti: randomBytes(16).toString("base64url"),
        ...(accessToken ? { ath: await sha256(accessToken) } : {}),
        ...(nonce ? { nonce } : {}),
      })
        .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk })
        .setIssuedAt(iat)
        .sign(privateKey),
  };
}
