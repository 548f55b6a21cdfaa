import type { Limits } from "./limits.js";

/** Nothing beside a message: the usual case, and always the same list. */
export const noBinary: readonly Transferable[] = Object.freeze([]);

const binaries = new WeakMap<object, readonly Transferable[]>();

/**
 * A result with transferables beside it: `return withBinary({ name }, [buffer])`. They are transferred, never copied, so they
 * are unusable here afterwards. The caller finds them with `binaryOf(result)`.
 */
export function withBinary<R extends object>(result: R, binary: readonly Transferable[]): R {
  binaries.set(result, binary);
  return result;
}

/** What was transferred beside this result; empty where nothing was. */
export function binaryOf(result: object): readonly Transferable[] {
  return binaries.get(result) ?? noBinary;
}

/** A message's text with transferables beside it. */
export type BinaryMessage = [string, ...Transferable[]];

/** Whether this is text with transferables beside it, within the limits; `ports` are all that came with the message. */
export function isBinaryMessage(data: unknown, ports: readonly MessagePort[], limits: Limits): data is BinaryMessage {
  if (!Array.isArray(data) || typeof data[0] !== "string" || data.length < 2) return false;
  const binary = data.slice(1) as unknown[];
  // A port that stands nowhere in the message was transferred all the same. Node lists a stream's own port, too.
  const mostPorts = binary.filter((part) => part instanceof MessagePort || part instanceof ReadableStream).length;
  return binaryFault(binary, limits) === null && ports.length <= mostPorts;
}

/** Why these may not travel beside a message under these limits; null: they may. */
export function binaryFault(binary: readonly unknown[], limits: Limits): "INVALID_PARAMS" | "TOO_LARGE" | null {
  if (!binary.every(isTransferable)) return "INVALID_PARAMS";
  return binary.length > limits.binaryCount || bytesOf(binary) > limits.binaryBytes ? "TOO_LARGE" : null;
}

/** Bytes of the buffers among these; a stream's or a port's are not known. */
export function bytesOf(binary: readonly unknown[]): number {
  let bytes = 0;
  for (const part of binary) if (part instanceof ArrayBuffer) bytes += part.byteLength;
  return bytes;
}

/** One of the four kinds that the protocol carries. Each is looked for, as Node lacks one of them. */
function isTransferable(part: unknown): part is Transferable {
  return (
    part instanceof ArrayBuffer ||
    part instanceof MessagePort ||
    part instanceof ReadableStream ||
    (typeof ImageBitmap !== "undefined" && part instanceof ImageBitmap)
  );
}

/** How many values of a refused message are looked at for things to release. */
const mostSearched = 10_000;

/**
 * Releases what a refused message brought: ports are closed and streams cancelled, so that they hold nothing open. The search is
 * bounded and sees each object once: a clone may name one large object thousands of times.
 */
export function release(data: unknown, ports: readonly MessagePort[] = []): void {
  releaseFound(data);
  for (const port of ports) port.close();
}

function releaseFound(data: unknown): void {
  const seen = new Set<unknown>([data]);
  for (const value of seen) {
    if (value instanceof MessagePort) value.close();
    else if (value instanceof ReadableStream) value.cancel().catch(() => undefined);
    else if (typeof ImageBitmap !== "undefined" && value instanceof ImageBitmap) value.close();
    else for (const part of partsOf(value)) if (typeof part === "object" && part !== null) seen.add(part);
    if (seen.size >= mostSearched) return;
  }
}

/** At most so many parts of a container of the structured clone algorithm. */
function* partsOf(value: unknown): Iterable<unknown> {
  let left = mostSearched;
  if (Array.isArray(value) || value instanceof Set) {
    for (const part of value as Iterable<unknown>)
      if (left-- > 0) yield part;
      else return;
  } else if (value instanceof Map) {
    for (const [key, part] of value) {
      if (left-- <= 0) return;
      yield key;
      yield part;
    }
  } else if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    for (const key in value) {
      if (left-- <= 0) return;
      yield (value as Record<string, unknown>)[key];
    }
  }
}
