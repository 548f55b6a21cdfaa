/**
 * Whether a host name, as `URL` writes it, means this very machine: `localhost`, any name under it (RFC 6761, section 6.3),
 * 127.0.0.1 and [::1]. What runs there is in development, so it may do without https.
 */
export function isLoopbackName(name: string): boolean {
  return name === "localhost" || name.endsWith(".localhost") || name === "127.0.0.1" || name === "[::1]";
}

/** https, or http to a loopback name. */
export function isSecure(url: URL): boolean {
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopbackName(url.hostname));
}
