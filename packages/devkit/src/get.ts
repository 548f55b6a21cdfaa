import { lookup as resolveName } from "node:dns";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import type { LookupFunction } from "node:net";
import type { Duplex } from "node:stream";
import { createBrotliDecompress, createGunzip } from "node:zlib";
import { version } from "./version.js";

/** Nothing usable answered. The message is a sentence for the user. */
export class Unreached extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "Unreached";
  }
}

/** What a server answered. Redirects are answers like any other: they are never followed here. */
export interface Answer {
  readonly url: URL;
  readonly status: number;
  /** Each header's values in the order they came, by its name in lower case: a policy sent twice is two policies. */
  readonly headers: ReadonlyMap<string, readonly string[]>;
  /** What was kept of the body, decoded; empty unless it was asked for. */
  readonly body: Uint8Array;
  /** The body goes on beyond what was kept. */
  readonly truncated: boolean;
}

export interface GetOptions {
  readonly headers: Readonly<Record<string, string>>;
  /** Milliseconds for all of it: name, connection, headers, body. */
  readonly timeoutMs: number;
  /** Bytes of the decoded body to keep; with 0 it is not read at all. */
  readonly keep: number;
}

/** Bytes of headers that are read; node:http's own default, said here since the README names it. */
const maxHeaderSize = 16_384;

/**
 * Asks an address once, without credentials, with the system's certificates and a connection of its own.
 *
 * @throws {Unreached} whatever keeps it from an answer.
 */
export async function get(url: URL, { headers, timeoutMs, keep }: GetOptions): Promise<Answer> {
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    const incoming = await send(url, headers, signal);
    try {
      const body = keep > 0 ? await read(incoming, keep) : { bytes: new Uint8Array(), truncated: false };
      return {
        url,
        status: incoming.statusCode ?? 0,
        headers: collect(incoming.rawHeaders),
        body: body.bytes,
        truncated: body.truncated,
      };
    } finally {
      incoming.destroy();
    }
  } catch (cause) {
    if (signal.aborted) {
      throw new Unreached(`${url.origin} has not answered in full within ${timeoutMs / 1000} s.`, { cause });
    }
    throw new Unreached(sentence(url, cause), { cause });
  }
}

function send(url: URL, headers: Readonly<Record<string, string>>, signal: AbortSignal): Promise<IncomingMessage> {
  const request = url.protocol === "https:" ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const outgoing = request(url, {
      // A connection of its own, closed afterwards: one kept alive would keep the command from ending.
      agent: false,
      headers: { "accept-encoding": "gzip, br", "user-agent": `partner-panel-check/${version}`, ...headers },
      lookup,
      maxHeaderSize,
      signal,
    });
    outgoing.once("response", resolve);
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** Reads the body as it is decoded, and no further than `keep`: neither an endless one nor a small one that swells is kept. */
async function read(incoming: IncomingMessage, keep: number): Promise<{ bytes: Uint8Array; truncated: boolean }> {
  const decoders = (incoming.headers["content-encoding"] ?? "")
    .split(",")
    .map((name) => name.trim().toLowerCase())
    .filter((name) => name !== "" && name !== "identity")
    .reverse()
    .map(decoderFor);
  const stages: (IncomingMessage | Duplex)[] = [incoming, ...decoders];
  const last = stages.reduce((source, decoder) => {
    // pipe() does not carry errors on, and the reader below waits on the last stage only.
    source.on("error", (error) => decoder.destroy(error));
    return source.pipe(decoder as Duplex);
  });
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const chunk of last as AsyncIterable<Uint8Array>) {
      chunks.push(chunk.subarray(0, keep - size));
      size += chunk.length;
      if (size > keep) return { bytes: Buffer.concat(chunks), truncated: true };
    }
    return { bytes: Buffer.concat(chunks), truncated: false };
  } finally {
    for (const stage of stages) stage.destroy();
  }
}

function decoderFor(name: string): Duplex {
  if (name === "gzip" || name === "x-gzip") return createGunzip();
  if (name === "br") return createBrotliDecompress();
  throw new Unreached(`The body comes in the content-encoding "${name}", which was not asked for.`);
}

/**
 * As the system resolves names, but for `localhost` and every name under it, which are this machine (RFC 6761, section
 * 6.3). Browsers know that by themselves; the system's resolver mostly knows only the first.
 */
const lookup: LookupFunction = (hostname, options, callback) => {
  if (hostname !== "localhost" && !hostname.endsWith(".localhost")) return resolveName(hostname, options, callback);
  const both = [
    { address: "127.0.0.1", family: 4 },
    { address: "::1", family: 6 },
  ];
  if (options.all) callback(null, both);
  else callback(null, "127.0.0.1", 4);
};

function collect(raw: readonly string[]): Map<string, string[]> {
  const headers = new Map<string, string[]>();
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const name = (raw[index] ?? "").toLowerCase();
    const values = headers.get(name) ?? [];
    values.push(raw[index + 1] ?? "");
    headers.set(name, values);
  }
  return headers;
}

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: "its name has no address",
  EAI_AGAIN: "its name cannot be resolved at the moment",
  ECONNREFUSED: "nothing listens there",
  ECONNRESET: "it broke the connection off",
  EHOSTUNREACH: "there is no way to it",
  ENETUNREACH: "there is no way to it",
  HPE_HEADER_OVERFLOW: `its headers are over ${maxHeaderSize / 1024} KiB`,
  EPROTO: "it speaks no TLS there",
  ERR_STREAM_PREMATURE_CLOSE: "it broke the answer off",
  Z_DATA_ERROR: "its body is not compressed as its headers say",
  Z_BUF_ERROR: "its compressed body is cut short",
};

function sentence({ origin }: URL, cause: unknown): string {
  if (cause instanceof Unreached) return cause.message;
  const code = cause instanceof Error && "code" in cause && typeof cause.code === "string" ? cause.code : "";
  if (Object.hasOwn(reasons, code)) return `${origin} cannot be reached: ${reasons[code]} (${code}).`;
  if (code.includes("CERT") || code.includes("SIGNATURE") || code.includes("ISSUER")) {
    return `${origin} has a certificate that is not trusted (${code}); one of your own is named by NODE_EXTRA_CA_CERTS.`;
  }
  if (code.startsWith("HPE_")) return `${origin} answers what is not HTTP (${code}).`;
  return `${origin} cannot be reached (${code || "no reason given"}).`;
}
