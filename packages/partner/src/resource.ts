import { RpcError } from "@partner-panel/postmessage-rpc";

/**
 * The address below the partner's API that `panel.fetch` was asked for. A text that is no absolute URL is put after the API's
 * own path, so "/issues/42" at https://api.example/v2 is https://api.example/v2/issues/42. A token goes with the request, so it
 * must come out at the API's origin and below its path once dots are resolved.
 *
 * @throws RpcError INVALID_PARAMS for any other address.
 */
export function addressBelow(resource: URL, input: string | URL | Request): URL {
  const base = `${resource.origin}${resource.pathname.replace(/\/$/, "")}`;
  const url = new URL(textOf(input, base));
  const within = url.href === base || url.href.startsWith(`${base}/`) || url.href.startsWith(`${base}?`);
  if (within) return url;
  throw new RpcError("INVALID_PARAMS", {
    message: `panel.fetch goes to ${base} and below, not to ${url.origin}${url.pathname}. For anything else use fetch.`,
  });
}

function textOf(input: string | URL | Request, base: string): string {
  if (typeof input !== "string") return input instanceof URL ? input.href : input.url;
  if (/^[a-z][a-z0-9+.-]*:/i.test(input)) {
    if (URL.canParse(input)) return input;
    throw new RpcError("INVALID_PARAMS", { message: "panel.fetch: this is not a URL." });
  }
  return /^[?#]|^$/.test(input) ? base + input : `${base}/${input.replace(/^\//, "")}`;
}

/** A request as it can be sent twice: its body is read once, into memory. A stream of unknown length is no exception. */
export interface Repeatable {
  readonly url: URL;
  readonly method: string;
  readonly headers: Headers;
  readonly body: ArrayBuffer | null;
  readonly signal: AbortSignal;
  readonly init: RequestInit;
}

/** Reads what was asked for like `fetch` would, at the address below the API. */
export async function repeatable(
  resource: URL,
  input: string | URL | Request,
  init: RequestInit | undefined,
  ended: AbortSignal,
): Promise<Repeatable> {
  const url = addressBelow(resource, input);
  const request = new Request(input instanceof Request ? input : url, init);
  const { method, headers, cache, credentials, integrity, keepalive, referrerPolicy } = request;
  // These two are this module's to set; what a view put there would be sent to the API beside its token.
  headers.delete("authorization");
  headers.delete("dpop");
  const signal = AbortSignal.any([request.signal, ended]);
  signal.throwIfAborted();
  const body = method === "GET" || method === "HEAD" ? null : await request.arrayBuffer();
  return {
    url,
    method,
    headers,
    body: body?.byteLength ? body : null,
    signal,
    init: { cache, credentials, integrity, keepalive, referrerPolicy },
  };
}
