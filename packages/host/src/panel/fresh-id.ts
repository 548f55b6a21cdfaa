/** 96 random bits in hexadecimal. Not `crypto.randomUUID`, which a page on plain http outside loopback names lacks. */
export function freshId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
