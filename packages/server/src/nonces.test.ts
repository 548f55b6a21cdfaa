import fc from "fast-check";
import { afterEach, describe, expect, it, vi } from "vitest";
import { dpopNonces } from "./nonces.js";

afterEach(() => {
  vi.useRealTimers();
});

describe("dpopNonces", () => {
  it("gives nonces that are good for 2 to 4 minutes", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const nonces = dpopNonces();
    const start = Date.UTC(2026, 0, 1);
    for (const into of [0, 60, 119]) {
      vi.setSystemTime(start + into * 1_000);
      const nonce = await nonces.issue();
      const states: [number, string][] = [];
      for (const after of [0, 119 - into, 120 - into, 239 - into, 240 - into, 86_400]) {
        vi.setSystemTime(start + (into + after) * 1_000);
        states.push([after, await nonces.judge(nonce)]);
      }
      expect(states.map(([, state]) => state)).toEqual(["current", "current", "old", "old", "unknown", "unknown"]);
    }
  });

  it("knows those of another process by the secret, also of one whose clock is a little ahead", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    const secret = crypto.getRandomValues(new Uint8Array(32));
    const [one, two] = [dpopNonces({ secret }), dpopNonces({ secret })];
    expect(await two.judge(await one.issue())).toBe("current");
    vi.setSystemTime(Date.now() + 120_000);
    const ahead = await one.issue();
    vi.setSystemTime(Date.now() - 120_000);
    expect(await two.judge(ahead)).toBe("current");
    expect(await dpopNonces().judge(await one.issue())).toBe("unknown");
  });

  it("cannot be made up, nor made from one that was given", async () => {
    const nonces = dpopNonces();
    const given = await nonces.issue();
    const [slot = "", mac = ""] = given.split(".");
    const next = (Number.parseInt(slot, 36) + 1).toString(36);
    for (const bad of [`${next}.${mac}`, `${slot}.${mac.slice(0, -1)}`, `${given}.`, `.${mac}`, `${slot}.`, mac, slot])
      expect(await nonces.judge(bad)).toBe("unknown");
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(fc.string({ unit: "binary" }), fc.stringMatching(/^[0-9a-z]{1,10}\.[\w-]{43}$/)),
        async (text) => {
          expect(await nonces.judge(text)).toBe("unknown");
        },
      ),
    );
    expect(await nonces.judge(given)).not.toBe("unknown");
  });

  it("goes into a header as it is", async () => {
    // NQCHAR of RFC 9449, section 8.1.
    expect(await dpopNonces().issue()).toMatch(/^[\x21\x23-\x5b\x5d-\x7e]+$/);
  });

  it("wants a secret of 32 bytes", () => {
    expect(() => dpopNonces({ secret: new Uint8Array(31) })).toThrow(TypeError);
  });
});
