import { randomUUID, webcrypto } from "node:crypto";
import { request } from "node:http";
import { base64url, calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from "jose";

export interface OutsideAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** Parsed, where it is JSON. */
  body: unknown;
}

/**
 * A request by somebody who is no browser: any header can be said, `Origin` and `Sec-Fetch-Site` included, and no rule of
 * CORS stands in the way of the answer.
 */
export function outside(
  address: string,
  {
    method = "GET",
    headers = {},
    body = "",
  }: { method?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<OutsideAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      address,
      {
        method,
        headers,
        // Node does not resolve *.localhost.
        lookup: (_name, options, found) =>
          options.all ? found(null, [{ address: "127.0.0.1", family: 4 }]) : found(null, "127.0.0.1", 4),
      },
      (incoming) => {
        let text = "";
        incoming.setEncoding("utf8");
        incoming.on("data", (chunk: string) => {
          text += chunk;
        });
        incoming.on("end", () => {
          const isJson = /json/.test(incoming.headers["content-type"] ?? "") && text !== "";
          resolve({
            status: incoming.statusCode ?? 0,
            headers: incoming.headers,
            body: isJson ? JSON.parse(text) : text,
          });
        });
        incoming.once("error", reject);
      },
    );
    outgoing.once("error", reject);
    outgoing.end(body);
  });
}

/** A key of somebody's own, and valid DPoP proofs made with it (RFC 9449, section 4.2). */
export interface ProofKey {
  readonly jkt: string;
  proof(method: string, address: string, accessToken?: string): Promise<string>;
}

export async function makeProofKey(): Promise<ProofKey> {
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwk = await exportJWK(publicKey);
  const hash = async (text: string) =>
    base64url.encode(new Uint8Array(await webcrypto.subtle.digest("SHA-256", new TextEncoder().encode(text))));
  return {
    jkt: await calculateJwkThumbprint(jwk),
    proof: async (htm, htu, accessToken) =>
      new SignJWT({ htm, htu, jti: randomUUID(), ...(accessToken ? { ath: await hash(accessToken) } : {}) })
        .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk })
        .setIssuedAt()
        .sign(privateKey),
  };
}
