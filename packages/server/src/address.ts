/**
 * Addresses as the world sees them. Behind a proxy `request.url` has the wrong scheme, host and sometimes path, so what
 * a proof or an `Origin` is compared with always comes from configuration.
 */

/**
 * Reads a configured address.
 *
 * @throws {TypeError} It is not absolute, has user info, a query or a fragment, or is `http:` on a name that is not loopback.
 */
export function configuredUrl(name: string, value: string | URL): URL {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  if (!url || url.username || url.password || url.search || url.hash) {
    throw new TypeError(`${name} must be an absolute URL without user info, query or fragment: ${value}`);
  }
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isLoopback(url.hostname))) {
    throw new TypeError(`${name} must be https (http only on loopback names): ${value}`);
  }
  return url;
}

/**
 * Reads configured origins.
 *
 * @throws {TypeError} One of them is not exactly a canonical origin (`https://app.example`: no path, no slash at the end).
 */
export function configuredOrigins(name: string, values: readonly string[]): ReadonlySet<string> {
  for (const value of values) {
    if (configuredUrl(name, value).origin !== value) {
      throw new TypeError(`${name} must be origins such as https://app.example: ${value}`);
    }
  }
  return new Set(values);
}

/** The public address of what was asked for, without query: the configured base and the path of the request. */
export function publicAddress(base: URL, request: Request): string {
  return under(base, new URL(request.url).pathname);
}

/**
 * `path`, which begins with a slash, below `base`. Put together, not resolved: of a request for `//elsewhere/issues` the path would
 * be taken for an address of its own, and say which host a proof has to be for.
 */
export function under(base: URL, path: string): string {
  return base.origin + base.pathname.replace(/\/$/, "") + path;
}

/** `/.well-known/<name>` for an identifier that may have a path of its own (RFC 8414, section 3.1; RFC 9728, section 3.1). */
export function wellKnownPath(name: string, identifier: URL): string {
  return `/.well-known/${name}${identifier.pathname === "/" ? "" : identifier.pathname.replace(/\/$/, "")}`;
}

function isLoopback(hostname: string): boolean {
  return (
    hostname === "localhost" || hostname.endsWith(".localhost") || hostname === "127.0.0.1" || hostname === "[::1]"
  );
}
