import type { Endpoint } from "./endpoint.js";
import { parseMediaType } from "./words.js";

/** What is used of node:http's `IncomingMessage`, with what frameworks add to it. */
export interface NodeRequest extends AsyncIterable<Uint8Array | string> {
  method?: string | undefined;
  url?: string | undefined;
  rawHeaders: readonly string[];
  readableDidRead: boolean;
  /** These as `Readable` has them: by them a body that was read in part is handed on. */
  readableEnded?: boolean;
  iterator?(options: { destroyOnReturn: boolean }): AsyncIterator<Uint8Array | string>;
  unshift?(chunk: Uint8Array): void;
  /** The parsed body, where a parser such as `express.json()` has read it. */
  body?: unknown;
  /** The body as it came, where somebody kept it. */
  rawBody?: unknown;
}

/** What is used of node:http's `ServerResponse`. */
export interface NodeResponse {
  writeHead(status: number, headers: Record<string, string | string[]>): unknown;
  end(body?: Uint8Array): unknown;
}

/**
 * Mounts an endpoint in node:http, Express, Connect and what else speaks `(request, response, next)`.
 *
 * What is not the endpoint's goes on to `next`; without one (bare node:http) it is answered with 404. An error of a callback or of the
 * replay store goes to `next(error)`; without one it is answered with an empty 500, after `onError` was told.
 *
 * A body parser may stand before it: the body is then put together again from `request.rawBody` or `request.body`. And a form that
 * was looked into but is not the endpoint's (another grant, at a token endpoint) is left in `request.body` for who comes next, as
 * by `express.urlencoded()`; one that is longer than the endpoint reads is left in the request, to be read.
 *
 * The path is that of `request.url`: below a mount point of Express, without it.
 */
export function toNodeHandler(
  endpoint: Endpoint,
  { onError }: { onError?: (error: unknown) => void } = {},
): (request: NodeRequest, response: NodeResponse, next?: (error?: unknown) => void) => Promise<void> {
  return async (incoming, outgoing, next) => {
    const body = bodyOf(incoming);
    let answer: { headers: Record<string, string | string[]>; status: number; bytes: Uint8Array } | undefined;
    try {
      const request = requestOf(incoming, body.stream);
      const response = request && (await endpoint.fetch(request));
      if (response) {
        const headers: Record<string, string | string[]> = Object.fromEntries(response.headers);
        const cookies = response.headers.getSetCookie();
        if (cookies.length > 0) headers["set-cookie"] = cookies;
        answer = { headers, status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
      }
    } catch (error) {
      if (next) return next(error);
      onError?.(error);
      answer = { headers: {}, status: 500, bytes: new Uint8Array() };
    }
    if (!answer) {
      await body.leave();
      if (next) return next();
      answer = { headers: {}, status: 404, bytes: new Uint8Array() };
    }
    outgoing.writeHead(answer.status, answer.headers);
    outgoing.end(answer.bytes);
  };
}

/** The request as fetch has it; `undefined` for what no endpoint here answers, and fetch cannot express (TRACE, CONNECT, `*`). */
function requestOf(incoming: NodeRequest, body: ReadableStream<Uint8Array> | null): Request | undefined {
  const { method = "GET", url = "" } = incoming;
  if (method === "TRACE" || method === "CONNECT" || method === "TRACK" || !url.startsWith("/")) return undefined;
  const headers = new Headers();
  // Every value of every header: a second Authorization or DPoP must be seen to be refused.
  for (let index = 0; index + 1 < incoming.rawHeaders.length; index += 2) {
    const [name = "", value = ""] = incoming.rawHeaders.slice(index, index + 2);
    if (!name.startsWith(":")) headers.append(name, value);
  }
  // Put together, not resolved: "//elsewhere/token" is a path here, and no other host's /token.
  return new Request(`http://localhost${url}`, {
    method,
    headers,
    body: method === "GET" || method === "HEAD" ? null : body,
    duplex: "half",
  } as RequestInit);
}

/** The body as a stream that reads no more than it is asked for; `leave` leaves what it read from the network to who comes next. */
function bodyOf(incoming: NodeRequest): { stream: ReadableStream<Uint8Array>; leave(): Promise<void> } {
  const chunks: Uint8Array[] = [];
  const before = incoming.readableDidRead || incoming.rawBody instanceof Uint8Array;
  let iterator: AsyncIterator<Uint8Array | string> | undefined;
  const stream = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (before) {
          controller.enqueue(bodyReadBefore(incoming));
          return controller.close();
        }
        iterator ??= incoming.iterator?.({ destroyOnReturn: false }) ?? incoming[Symbol.asyncIterator]();
        const { value, done } = await iterator.next();
        if (done) return controller.close();
        const chunk = typeof value === "string" ? new TextEncoder().encode(value) : new Uint8Array(value);
        chunks.push(chunk);
        controller.enqueue(chunk);
      },
    },
    // Nothing ahead: what the endpoint does not read is left for who comes next.
    { highWaterMark: 0 },
  );
  return {
    stream,
    async leave() {
      // Once what is being read has come: the endpoint's copy of the stream reads one chunk ahead.
      await iterator?.return?.();
      if (chunks.length === 0) return;
      if (incoming.readableEnded === false) for (const chunk of chunks.reverse()) incoming.unshift?.(chunk);
      else incoming.body ??= formOf(chunks);
    },
  };
}

/** @throws {TypeError} The body was read, and nobody kept it. */
function bodyReadBefore({ rawBody, body, rawHeaders }: NodeRequest): Uint8Array {
  if (rawBody instanceof Uint8Array) return new Uint8Array(rawBody);
  if (body instanceof Uint8Array) return new Uint8Array(body);
  const type = rawHeaders[rawHeaders.findIndex((name) => name.toLowerCase() === "content-type") + 1];
  const isForm = parseMediaType(type) === "application/x-www-form-urlencoded";
  const text = typeof body === "string" ? body : isForm && body ? formText(body) : JSON.stringify(body);
  if (text === undefined) throw new TypeError("The body was read before, and is neither in rawBody nor in body.");
  return new TextEncoder().encode(text);
}

/** A parsed form as it was sent: a parameter that was there twice is there twice again. */
function formText(form: unknown): string {
  const pairs = Object.entries(typeof form === "object" && form !== null ? form : {}).flatMap(([name, values]) =>
    [values].flat().map((value) => [name, String(value)]),
  );
  return new URLSearchParams(pairs).toString();
}

/** A form as `express.urlencoded()` would leave it. */
function formOf(chunks: readonly Uint8Array[]): Record<string, string | string[]> {
  const decoder = new TextDecoder();
  const text = chunks.map((chunk) => decoder.decode(chunk, { stream: true })).join("") + decoder.decode();
  const parameters = new URLSearchParams(text);
  return Object.fromEntries(
    [...new Set(parameters.keys())].map((name) => {
      const values = parameters.getAll(name);
      return [name, values.length === 1 ? String(values[0]) : values];
    }),
  );
}
