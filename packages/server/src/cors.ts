/**
 * CORS (Fetch standard) for the view's origins and nobody else. Never with credentials: what these endpoints believe is a
 * signature, not a cookie.
 */

/** Headers that let the page at the request's `Origin` read the answer, if it is one of `origins`. */
export function corsHeaders(request: Request, origins: ReadonlySet<string>): Record<string, string> {
  const origin = request.headers.get("origin");
  return {
    vary: "Origin",
    ...(origin !== null && origins.has(origin)
      ? { "access-control-allow-origin": origin, "access-control-expose-headers": "DPoP-Nonce, WWW-Authenticate" }
      : {}),
  };
}

/** Whether a browser asks beforehand what it may send. */
export function isPreflight(request: Request): boolean {
  return request.method === "OPTIONS" && request.headers.has("access-control-request-method");
}

/** The answer to a preflight: yes to one of `origins`, 403 and nothing more to any other. */
export function preflight(request: Request, origins: ReadonlySet<string>, methods: string): Response {
  const cors = corsHeaders(request, origins);
  if (!("access-control-allow-origin" in cors)) return new Response(null, { status: 403, headers: cors });
  return new Response(null, {
    status: 204,
    headers: {
      ...cors,
      "access-control-allow-methods": methods,
      // Any header will do: the origin is the partner's own view.
      "access-control-allow-headers":
        request.headers.get("access-control-request-headers") ?? "authorization, content-type, dpop",
      "access-control-max-age": "600",
    },
  });
}
