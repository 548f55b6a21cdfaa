/**
 * A refusal on its way to becoming an answer: OAuth's error JSON (RFC 6749, section 5.2). Thrown inside this package and
 * turned into a `Response` at its edge; it never leaves the package as an exception, and never has a `cause`: jose's
 * errors carry the claims of the token that they refused.
 */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(status: number, code: string, description: string, headers: Readonly<Record<string, string>> = {}) {
    super(withinOAuthCharset(description));
    this.status = status;
    this.code = code;
    this.headers = headers;
  }

  toResponse(headers: Record<string, string> = {}): Response {
    return json(this.status, { error: this.code, error_description: this.message }, { ...headers, ...this.headers });
  }
}

/** A JSON answer that no cache keeps: all that this package answers with is about one person, or a key to be replaced. */
export function json(status: number, body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: { "content-type": "application/json", "cache-control": "no-store", ...headers },
  });
}

/** Whether a request reads: GET, or HEAD, which is answered like it but for the body (RFC 9110, section 9.3.2). See {@link toRead}. */
export function isRead({ method }: Request): boolean {
  return method === "GET" || method === "HEAD";
}

/** The answer to a request that reads. */
export function toRead(request: Request, response: Response): Response {
  return request.method === "HEAD" ? new Response(null, response) : response;
}

/** `error_description` may hold neither quotes, backslashes nor anything outside ASCII (RFC 6749, section 5.2). */
function withinOAuthCharset(text: string): string {
  return text.replace(/["\\]/g, "'").replace(/[^\x20-\x7e]/g, "?");
}
