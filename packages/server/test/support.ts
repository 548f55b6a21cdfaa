import { type CryptoKey, calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import {
  type AssertionEndpointOptions,
  type AssertionGrantOptions,
  createAssertionEndpoint,
  createAssertionGrant,
  createResourceGuard,
  type HostSession,
  jwtBearerGrant,
  memoryReplayStore,
  type ResourceGuardOptions,
} from "../src/index.js";

/** A host, a partner and a view, with real keys, wired to each other as over a network. */

export const host = "https://desk.example";
export const partnerIssuer = "https://id.trackwell.example";
export const view = "https://app.trackwell.example";
export const resource = "https://api.trackwell.example/v1";
export const clientId = "panel";

export const now = () => Math.floor(Date.now() / 1000);

/** A private key as a host or an issuer keeps it. */
export async function privateJwk(kid: string, alg: "ES256" | "ES384" | "ES512" = "ES256"): Promise<JWK> {
  const { privateKey } = await generateKeyPair(alg, { extractable: true });
  return { ...(await exportJWK(privateKey)), kid, alg };
}

/** A key as a frame makes it: its private half cannot be read. */
export interface FrameKey {
  privateKey: CryptoKey;
  publicJwk: JWK;
  jkt: string;
}

export async function frameKey(alg = "ES256"): Promise<FrameKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  const publicJwk = await exportJWK(publicKey);
  return { privateKey, publicJwk, jkt: await calculateJwkThumbprint(publicJwk) };
}

/** Claims and headers to set instead of the honest ones; `undefined` leaves one out. */
export interface Changes {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
}

export function changed(
  honest: Record<string, unknown>,
  changes: Record<string, unknown> = {},
): Record<string, unknown> {
  return Object.fromEntries(Object.entries({ ...honest, ...changes }).filter(([, value]) => value !== undefined));
}

export function signProof(
  key: FrameKey,
  { htm, htu, ath }: { htm: string; htu: string; ath?: string | undefined },
  { claims, header }: Changes = {},
): Promise<string> {
  return new SignJWT(changed({ htm, htu, ath, jti: crypto.randomUUID(), iat: now() }, claims))
    .setProtectedHeader({ alg: "ES256", ...changed({ typ: "dpop+jwt", jwk: key.publicJwk }, header) })
    .sign(key.privateKey);
}

export async function hashOf(token: string): Promise<string> {
  return Buffer.from(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token))).toString("base64url");
}

export interface Setting {
  endpoint?: Partial<AssertionEndpointOptions<HostSession>>;
  grant?: Partial<AssertionGrantOptions<string>>;
  guard?: Partial<ResourceGuardOptions>;
}

export const hostKey = await privateJwk("desk-1");
const partnerKey = await privateJwk("trackwell-1");

/** What a host signs, with changes: for assertions that no honest host would make. */
export async function signAssertion(key: FrameKey, { claims, header }: Changes = {}, jwk = hostKey): Promise<string> {
  const honest = {
    iss: host,
    sub: "pairwise-ada",
    aud: partnerIssuer,
    client_id: clientId,
    jti: crypto.randomUUID(),
    iat: now(),
    exp: now() + 60,
    auth_time: now() - 100,
    sid: "session-1",
    scope: "issues:read issues:write",
    resource,
    cnf: { jkt: key.jkt },
  };
  return sign(changed(honest, claims), { typ: "oauth-id-jag+jwt", ...header }, jwk);
}

/** What the partner's issuer signs, with changes. */
export function signAccessToken(key: FrameKey, { claims, header }: Changes = {}, jwk = partnerKey): Promise<string> {
  const honest = {
    iss: partnerIssuer,
    sub: "ada.t",
    aud: resource,
    client_id: clientId,
    jti: crypto.randomUUID(),
    iat: now(),
    exp: now() + 300,
    auth_time: now() - 100,
    sid: "session-1",
    scope: "issues:read",
    cnf: { jkt: key.jkt },
  };
  return sign(changed(honest, claims), { typ: "at+jwt", ...header }, jwk);
}

/** Claims signed with a key, whose `alg` and `kid` go into the header unless that says otherwise. */
export async function sign(
  claims: Record<string, unknown>,
  header: Record<string, unknown>,
  jwk: JWK,
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: jwk.alg ?? "ES256", ...changed({ kid: jwk.kid }, header) })
    .sign(jwk as JWK & { kty: string });
}

export function setUp({ endpoint, grant, guard }: Setting = {}) {
  const replay = memoryReplayStore();
  const fetched: string[] = [];
  const assertionEndpoint = createAssertionEndpoint<HostSession>({
    publicUrl: host,
    authenticate: (request) =>
      request.headers.get("cookie") === "desk=ada"
        ? { user: "ada", sid: "session-1", authTime: now() - 100 }
        : undefined,
    policy: (_session, { scope }) => scope,
    pairwise: () => "pairwise-ada",
    keys: [hostKey],
    partners: {
      "com.trackwell.issues": {
        issuer: partnerIssuer,
        client_id: clientId,
        resource,
        scopes: ["issues:read", "issues:write"],
      },
    },
    ...endpoint,
  });
  const overNetwork = async (url: string): Promise<Response> => {
    fetched.push(url);
    return (await assertionEndpoint.fetch(new Request(url))) ?? new Response(null, { status: 404 });
  };
  const assertionGrant = createAssertionGrant<string>({
    issuer: partnerIssuer,
    publicUrl: partnerIssuer,
    clientId,
    resource,
    origins: [view],
    hosts: [{ issuer: host, jwks: `${host}/panel/jwks.json`, scopes: ["issues:read", "issues:write"] }],
    links: {
      find: (issuer, subject) => (issuer === host && subject === "pairwise-ada" ? "ada.t" : undefined),
    },
    issue: async ({ account, scope, jkt, maxLife, host, sid, authTime }) => ({
      access_token: await sign(
        {
          iss: partnerIssuer,
          sub: account,
          aud: resource,
          client_id: clientId,
          jti: crypto.randomUUID(),
          iat: now(),
          exp: now() + maxLife,
          auth_time: authTime,
          host,
          sid,
          scope: scope.join(" "),
          cnf: { jkt },
        },
        { typ: "at+jwt" },
        partnerKey,
      ),
      expires_in: maxLife,
    }),
    replay,
    fetch: overNetwork,
    ...grant,
  });
  const { d: _, ...partnerPublic } = partnerKey;
  const resourceGuard = createResourceGuard({
    publicUrl: "https://api.trackwell.example",
    issuers: [{ issuer: partnerIssuer, jwks: { keys: [partnerPublic as JWK & { kty: string }] } }],
    audience: resource,
    origins: [view],
    scopes: ["issues:read", "issues:write"],
    replay,
    isRevoked: () => false,
    ...guard,
  });
  return { assertionEndpoint, assertionGrant, resourceGuard, replay, fetched };
}

/** What a page of the host sends to its back end. */
export function assertionRequest(body: unknown, headers: Record<string, string | undefined> = {}): Request {
  return new Request(`${host}/panel/assertion`, {
    method: "POST",
    headers: changed(
      {
        origin: host,
        "sec-fetch-site": "same-origin",
        "content-type": "application/json",
        cookie: "desk=ada",
      },
      headers,
    ) as Record<string, string>,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });
}

export interface TokenRequestChanges {
  form?: Record<string, string | undefined>;
  headers?: Record<string, string | undefined>;
  proof?: Changes;
  proofKey?: FrameKey;
}

/** What a view sends to the token endpoint. */
export async function tokenRequest(
  key: FrameKey,
  assertion: string,
  { form, headers, proof, proofKey = key }: TokenRequestChanges = {},
): Promise<Request> {
  const htu = `${partnerIssuer}/token`;
  return new Request(htu, {
    method: "POST",
    headers: changed(
      {
        origin: view,
        "content-type": "application/x-www-form-urlencoded",
        dpop: await signProof(proofKey, { htm: "POST", htu }, proof),
      },
      headers,
    ) as Record<string, string>,
    body: new URLSearchParams(
      changed({ grant_type: jwtBearerGrant, client_id: clientId, assertion }, form) as Record<string, string>,
    ).toString(),
  });
}

export interface ApiRequestChanges {
  method?: string;
  headers?: Record<string, string | undefined>;
  proof?: Changes;
  proofKey?: FrameKey;
  url?: string;
}

/** What a view sends to the partner's API. */
export async function apiRequest(
  key: FrameKey,
  token: string,
  { method = "GET", headers, proof, proofKey = key, url = `${resource}/issues/7?full=1` }: ApiRequestChanges = {},
): Promise<Request> {
  const htu = `${resource}/issues/7`;
  return new Request(url, {
    method,
    headers: changed(
      {
        authorization: `DPoP ${token}`,
        dpop: await signProof(proofKey, { htm: method, htu, ath: await hashOf(token) }, proof),
      },
      headers,
    ) as Record<string, string>,
  });
}

/** The body of an answer that was good. */
export async function bodyOf<Body>(response: Response | undefined): Promise<Body> {
  if (response?.status !== 200) throw new Error(`status ${response?.status}: ${await response?.text()}`);
  return (await response.json()) as Body;
}

/** Status and body of a refusal, which is also checked for what every refusal must be. */
export async function refusalOf(response: Response | undefined, ...secrets: string[]) {
  if (!response) throw new Error("no answer");
  const text = await response.text();
  // A "token" of a letter or two would be found in any text.
  for (const secret of secrets.filter(({ length }) => length > 8)) {
    if (text.includes(secret) || [...response.headers.values()].join().includes(secret)) throw new Error("leaked");
  }
  if (response.headers.get("cache-control") !== "no-store") throw new Error("may be cached");
  const body = JSON.parse(text) as { error: string; error_description: string };
  // The character set of RFC 6749, section 5.2; and enough words to act on.
  if (!/^[\x20\x21\x23-\x5b\x5d-\x7e]{20,}$/.test(body.error_description)) throw new Error(body.error_description);
  return { status: response.status, error: body.error, description: body.error_description };
}
