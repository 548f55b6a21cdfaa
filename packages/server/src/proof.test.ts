import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { beforeAll, describe, expect, it } from "vitest";
import { type Changes, type FrameKey, frameKey, hashOf, now, signProof } from "../test/support.js";
import { checkProof, useProof } from "./proof.js";
import { Refusal } from "./refusal.js";
import { memoryReplayStore } from "./replay.js";

const url = "https://api.example/things";
let key: FrameKey;

beforeAll(async () => {
  key = await frameKey();
});

const withProof = (dpop: string | undefined, method = "GET") =>
  new Request(`${url}?page=2`, { method, headers: dpop === undefined ? {} : { dpop } });

async function outcome(changes: Changes, token?: string): Promise<string> {
  const ath = token === undefined ? undefined : await hashOf(token);
  const proof = await signProof(key, { htm: "GET", htu: url, ath }, changes);
  return checkProof(withProof(proof), url, token).then(
    ({ jkt }) => (jkt === key.jkt ? "accepted" : "another key"),
    (error: unknown) => (error instanceof Refusal ? error.code : "broken"),
  );
}

describe("a DPoP proof", () => {
  it("is accepted as RFC 9449 has it", async () => {
    expect(await outcome({})).toBe("accepted");
    expect(await outcome({}, "a-token")).toBe("accepted");
  });

  it.each(["ES256", "Ed25519"])("may be signed with %s", async (alg) => {
    key = await frameKey(alg);
    expect(await outcome({ header: { alg } })).toBe("accepted");
    key = await frameKey();
  });

  it.each([
    ["a query", `${url}?page=1`],
    ["a fragment", `${url}#top`],
    ["capitals in scheme and host, and the port by name", "HTTPS://API.Example:443/things"],
  ])("may have %s in its htu", async (_, htu) => {
    expect(await outcome({ claims: { htu } })).toBe("accepted");
  });

  it.each<[string, Changes]>([
    ["of another type", { header: { typ: "jwt" } }],
    ["without type", { header: { typ: undefined } }],
    ["without its key", { header: { jwk: undefined } }],
    ["for another method", { claims: { htm: "POST" } }],
    ["for a method in other letters", { claims: { htm: "get" } }],
    ["without htm", { claims: { htm: undefined } }],
    ["for another path", { claims: { htu: `${url}/1` } }],
    ["for another host", { claims: { htu: "https://api.example.evil/things" } }],
    ["for another scheme", { claims: { htu: "http://api.example/things" } }],
    ["for another port", { claims: { htu: "https://api.example:8443/things" } }],
    ["with user info", { claims: { htu: "https://api.example@evil.example/things" } }],
    ["with an address that is none", { claims: { htu: "things" } }],
    ["without htu", { claims: { htu: undefined } }],
    ["without iat", { claims: { iat: undefined } }],
    ["of 10 minutes ago", { claims: { iat: now() - 600 } }],
    ["of 10 minutes from now", { claims: { iat: now() + 600 } }],
    ["without jti", { claims: { jti: undefined } }],
    ["with an empty jti", { claims: { jti: "" } }],
    ["with a jti of 257 characters", { claims: { jti: "j".repeat(257) } }],
    ["that has expired", { claims: { exp: now() - 600 } }],
  ])("is refused %s", async (_, changes) => {
    expect(await outcome(changes)).toBe("invalid_dpop_proof");
  });

  it("may be 60 s old or early, and no more", async () => {
    // 58 and 62: the second that may pass between signing and checking must not matter.
    for (const [iat, expected] of [
      [now() - 58, "accepted"],
      [now() + 60, "accepted"],
      [now() - 62, "invalid_dpop_proof"],
      [now() + 62, "invalid_dpop_proof"],
    ] as const) {
      expect(await outcome({ claims: { iat } })).toBe(expected);
    }
  });

  it("may have a jti of 256 characters", async () => {
    expect(await outcome({ claims: { jti: "j".repeat(256) } })).toBe("accepted");
  });

  it("must be for the token that comes with it", async () => {
    expect(await outcome({ claims: { ath: undefined } }, "a-token")).toBe("invalid_dpop_proof");
    expect(await outcome({ claims: { ath: await hashOf("another") } }, "a-token")).toBe("invalid_dpop_proof");
    expect(await outcome({ claims: { ath: "a-token" } }, "a-token")).toBe("invalid_dpop_proof");
  });

  it("is refused when it shows another key than the one that signed it", async () => {
    expect(await outcome({ header: { jwk: (await frameKey()).publicJwk } })).toBe("invalid_dpop_proof");
  });

  it("is refused when it shows its private key", async () => {
    const { privateKey } = await generateKeyPair("ES256", { extractable: true });
    const proof = await new SignJWT({ htm: "GET", htu: url, jti: "1", iat: now() })
      .setProtectedHeader({ alg: "ES256", typ: "dpop+jwt", jwk: await exportJWK(privateKey) })
      .sign(privateKey);
    await expect(checkProof(withProof(proof), url)).rejects.toMatchObject({ code: "invalid_dpop_proof" });
  });

  it.each(["RS256", "PS256"])("is refused when signed with %s", async (alg) => {
    const { privateKey, publicKey } = await generateKeyPair(alg);
    const proof = await new SignJWT({ htm: "GET", htu: url, jti: "1", iat: now() })
      .setProtectedHeader({ alg, typ: "dpop+jwt", jwk: await exportJWK(publicKey) })
      .sign(privateKey);
    await expect(checkProof(withProof(proof), url)).rejects.toMatchObject({ code: "invalid_dpop_proof" });
  });

  it("is refused when symmetric, unsigned, mangled, doubled or missing", async () => {
    const good = await signProof(key, { htm: "GET", htu: url });
    const secret = new Uint8Array(32);
    const symmetric = await new SignJWT({ htm: "GET", htu: url, jti: "1", iat: now() })
      .setProtectedHeader({ alg: "HS256", typ: "dpop+jwt", jwk: { kty: "oct", k: "A".repeat(43) } as object })
      .sign(secret);
    const [, payload] = good.split(".");
    const none = Buffer.from(JSON.stringify({ alg: "none", typ: "dpop+jwt", jwk: key.publicJwk })).toString(
      "base64url",
    );
    for (const bad of [symmetric, `${none}.${payload}.`, good.slice(0, -8), `${good}, ${good}`, "", undefined]) {
      await expect(checkProof(withProof(bad), url)).rejects.toMatchObject({ code: "invalid_dpop_proof" });
    }
    await expect(checkProof(withProof(good), url)).resolves.toMatchObject({ jkt: key.jkt });
  });

  it("is used once, and cannot be used up by another key", async () => {
    const replay = memoryReplayStore();
    await useProof(replay, { jkt: "thief", jti: "1" });
    await useProof(replay, { jkt: "owner", jti: "1" });
    await expect(useProof(replay, { jkt: "owner", jti: "1" })).rejects.toMatchObject({ code: "invalid_dpop_proof" });
  });

  it("may end by itself, as far as clocks agree", async () => {
    expect(await outcome({ claims: { iat: now() - 40, exp: now() - 30 } })).toBe("accepted");
    expect(await outcome({ claims: { iat: now() - 40, exp: now() - 62 } })).toBe("invalid_dpop_proof");
  });

  it("is asked for when it is missing", async () => {
    await expect(checkProof(withProof(undefined), url)).rejects.toThrow("Send a DPoP header");
  });

  it("says how far the clock is off", async () => {
    const proof = await signProof(key, { htm: "GET", htu: url }, { claims: { iat: now() - 600 } });
    await expect(checkProof(withProof(proof), url)).rejects.toThrow(/60\d s in the past/);
  });
});
