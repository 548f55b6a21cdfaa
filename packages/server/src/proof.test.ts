import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { type Changes, type FrameKey, frameKey, hashOf, now, signProof } from "../test/support.js";
import { serverLimits } from "./limits.js";
import { dpopNonces } from "./nonces.js";
import { checkProof, useProof } from "./proof.js";
import { Refusal } from "./refusal.js";
import { memoryReplayStore } from "./replay.js";

const url = "https://api.example/things";
const nonces = dpopNonces();
const foreignNonce = await dpopNonces().issue();
let key: FrameKey;

beforeAll(async () => {
  key = await frameKey();
});

afterEach(() => {
  vi.useRealTimers();
});

const withProof = (dpop: string | undefined, method = "GET") =>
  new Request(`${url}?page=2`, { method, headers: dpop === undefined ? {} : { dpop } });

async function outcome(changes: Changes, token?: string): Promise<string> {
  const ath = token === undefined ? undefined : await hashOf(token);
  const proof = await signProof(key, { htm: "GET", htu: url, ath }, changes);
  return checkProof(withProof(proof), url, nonces, token).then(
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
      [now() - 62, "use_dpop_nonce"],
      [now() + 62, "use_dpop_nonce"],
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
    await expect(checkProof(withProof(proof), url, nonces)).rejects.toMatchObject({ code: "invalid_dpop_proof" });
  });

  it.each(["RS256", "PS256"])("is refused when signed with %s", async (alg) => {
    const { privateKey, publicKey } = await generateKeyPair(alg);
    const proof = await new SignJWT({ htm: "GET", htu: url, jti: "1", iat: now() })
      .setProtectedHeader({ alg, typ: "dpop+jwt", jwk: await exportJWK(publicKey) })
      .sign(privateKey);
    await expect(checkProof(withProof(proof), url, nonces)).rejects.toMatchObject({ code: "invalid_dpop_proof" });
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
      await expect(checkProof(withProof(bad), url, nonces)).rejects.toMatchObject({ code: "invalid_dpop_proof" });
    }
    await expect(checkProof(withProof(good), url, nonces)).resolves.toMatchObject({ jkt: key.jkt });
  });

  it("is used once, and cannot be used up by another key", async () => {
    const replay = memoryReplayStore();
    const proof = { jti: "1", iat: now(), nonce: undefined };
    await useProof(replay, { ...proof, jkt: "thief" });
    await useProof(replay, { ...proof, jkt: "owner" });
    await expect(useProof(replay, { ...proof, jkt: "owner" })).rejects.toMatchObject({ code: "invalid_dpop_proof" });
  });

  it("may end by itself, as far as clocks agree", async () => {
    expect(await outcome({ claims: { iat: now() - 40, exp: now() - 30 } })).toBe("accepted");
    expect(await outcome({ claims: { iat: now() - 40, exp: now() - 62 } })).toBe("invalid_dpop_proof");
  });

  it("is asked for when it is missing", async () => {
    await expect(checkProof(withProof(undefined), url, nonces)).rejects.toThrow("Send a DPoP header");
  });

  describe("of a computer whose clock is wrong", () => {
    it.each([-600, 600, -86_400, 86_400])("by %d s is asked for a nonce, and is good with it", async (off) => {
      const claims = { iat: now() + off };
      const refusal = await signProof(key, { htm: "GET", htu: url }, { claims })
        .then((proof) => checkProof(withProof(proof), url, nonces))
        .catch((error: unknown) => error);
      if (!(refusal instanceof Refusal)) throw refusal;
      expect(refusal).toMatchObject({ status: 400, code: "use_dpop_nonce" });
      expect(await outcome({ claims: { ...claims, nonce: refusal.headers["dpop-nonce"] } })).toBe("accepted");
    });

    it.each([
      ["made up", "k3x2.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"],
      ["of another server", foreignNonce],
      ["empty", ""],
    ])("is not good with a nonce %s, even if its iat is now", async (_, nonce) => {
      expect(await outcome({ claims: { iat: now() - 600, nonce } })).toBe("use_dpop_nonce");
      expect(await outcome({ claims: { iat: now(), nonce } })).toBe("use_dpop_nonce");
    });

    it("is remembered for as long as its nonce is good, and a day later its iat does not bring it back", async () => {
      const replay = memoryReplayStore();
      vi.useFakeTimers({ toFake: ["Date", "performance"] });
      const tomorrow = now() + 86_400;
      const claims = { iat: tomorrow, nonce: await nonces.issue() };
      const text = await signProof(key, { htm: "GET", htu: url }, { claims });
      const use = async () => useProof(replay, await checkProof(withProof(text), url, nonces));
      await use();
      for (let passed = 0; passed < 2 * serverLimits.nonceSlot; passed += 10) {
        await expect(use()).rejects.toBeInstanceOf(Refusal);
        vi.advanceTimersByTime(10_000);
      }
      vi.setSystemTime(tomorrow * 1_000);
      await expect(use()).rejects.toMatchObject({ code: "use_dpop_nonce" });
    });
  });

  it("needs a nonce always, where the server says so", async () => {
    const strict = dpopNonces({ required: true });
    const check = async (nonce?: string) =>
      checkProof(withProof(await signProof(key, { htm: "GET", htu: url }, { claims: { nonce } })), url, strict);
    await expect(check()).rejects.toMatchObject({ code: "use_dpop_nonce" });
    await expect(check(await strict.issue())).resolves.toMatchObject({ jkt: key.jkt, headers: {} });
  });

  it("with a nonce that is about to end gets the next one", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const claims = { nonce: await nonces.issue(), iat: now() };
    vi.setSystemTime(Date.now() + serverLimits.nonceSlot * 1_000);
    const proof = await checkProof(withProof(await signProof(key, { htm: "GET", htu: url }, { claims })), url, nonces);
    expect(proof.headers).toEqual({ "dpop-nonce": await nonces.issue() });
    expect(await nonces.judge(claims.nonce)).toBe("old");
  });

  it("says how far the clock is off", async () => {
    const proof = await signProof(key, { htm: "GET", htu: url }, { claims: { iat: now() - 600 } });
    await expect(checkProof(withProof(proof), url, nonces)).rejects.toThrow(/60\d s in the past/);
  });
});
