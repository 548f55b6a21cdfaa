import { base64url } from "jose";
import { serverLimits } from "./limits.js";

/** Nonces for DPoP proofs (RFC 9449, sections 8 and 9). See {@link dpopNonces}. */
export interface DpopNonces {
  /** Whether every proof must have one; otherwise only those whose `iat` is not within the window. */
  readonly required: boolean;
  /** The nonce to hand out now. */
  issue(): Promise<string>;
  /** Whether this is a nonce that was handed out in the last minutes: `"current"`, `"old"` (still good, but there is a newer one), or not. */
  judge(nonce: string): Promise<"current" | "old" | "unknown">;
}

/**
 * Nonces that need no storage: each names the 2 minutes that it was made in, under a key. One is good in those and in the next
 * 2 minutes, so for at least 2 and at most 4.
 *
 * A proof with a good nonce was made just now, by this server's clock, whatever `iat` it has (RFC 9449, section 11.1): so a
 * computer whose clock is off by any time can still sign in.
 *
 * @param options.secret At least 32 random bytes, the same in all processes that answer at one address. Left out, each process
 *   makes its own: good for one process, and in several a computer whose clock is wrong is now and then asked twice.
 * @param options.required Ask for a nonce in every proof, so that none can be signed ahead of time. It costs each panel a
 *   request more, at the token endpoint and at the API. `false` if left out.
 * @throws {TypeError} The secret is shorter than 32 bytes.
 */
export function dpopNonces({
  secret = crypto.getRandomValues(new Uint8Array(32)),
  required = false,
}: {
  secret?: Uint8Array<ArrayBuffer>;
  required?: boolean;
} = {}): DpopNonces {
  if (secret.byteLength < 32) throw new TypeError("The secret for DPoP nonces needs at least 32 random bytes.");
  const key = crypto.subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign", "verify"]);
  const text = (slot: number) => new TextEncoder().encode(`dpop nonce ${slot}`);
  const currentSlot = () => Math.floor(Date.now() / 1000 / serverLimits.nonceSlot);

  return {
    required,
    async issue() {
      const slot = currentSlot();
      const mac = await crypto.subtle.sign("HMAC", await key, text(slot));
      return `${slot.toString(36)}.${base64url.encode(new Uint8Array(mac))}`;
    },
    async judge(nonce) {
      const match = /^([0-9a-z]{1,10})\.([\w-]{43})$/.exec(nonce);
      if (!match?.[1] || !match[2]) return "unknown";
      const slot = Number.parseInt(match[1], 36);
      const age = currentSlot() - slot;
      // One of the next slot comes from a process whose clock is a little ahead.
      if (age < -1 || age > 1) return "unknown";
      if (!(await crypto.subtle.verify("HMAC", await key, new Uint8Array(base64url.decode(match[2])), text(slot))))
        return "unknown";
      return age === 1 ? "old" : "current";
    },
  };
}
