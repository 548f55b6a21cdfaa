import { request as httpRequest } from "node:http";
import type { LookupFunction } from "node:net";
import { Readable } from "node:stream";

const loopback: LookupFunction = (_hostname, options, callback) => {
  if (options.all) callback(null, [{ address: "127.0.0.1", family: 4 }]);
  else callback(null, "127.0.0.1", 4);
};

/**
 * `fetch` between the demo's own servers. Browsers know that every `*.localhost` is this machine (RFC 6761, section
 * 6.3); Node asks the system's resolver, which mostly does not. Other hosts are refused: no back end of the demo has
 * business beyond this machine. Redirects are handed back, never followed.
 *
 * @throws {TypeError} the address is not an `http:` one on this machine, or nothing answers there.
 */
export const localFetch: typeof fetch = async (input, init) => {
  const request = new Request(input, init);
  const url = new URL(request.url);
  if (url.protocol !== "http:" || !(url.hostname === "localhost" || url.hostname.endsWith(".localhost"))) {
    throw new TypeError(`${url.origin} is not on this machine`);
  }
  const body = Buffer.from(await request.arrayBuffer());
  return new Promise<Response>((resolve, reject) => {
    const outgoing = httpRequest(
      url,
      {
        method: request.method,
        headers: Object.fromEntries(request.headers),
        lookup: loopback,
        signal: request.signal,
      },
      (incoming) => {
        const headers = new Headers();
        for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
          headers.append(incoming.rawHeaders[index] ?? "", incoming.rawHeaders[index + 1] ?? "");
        }
        const status = incoming.statusCode ?? 500;
        const empty = status === 204 || status === 304;
        if (empty) incoming.resume();
        resolve(new Response(empty ? null : (Readable.toWeb(incoming) as ReadableStream), { status, headers }));
      },
    );
    outgoing.once("error", (cause) => reject(new TypeError(`${url.origin} does not answer`, { cause })));
    outgoing.end(body);
  });
};
