import { acceptManifest, type Manifest, manifestLimits, visibleText } from "@partner-panel/manifest";
import { Failure } from "../errors.js";

interface Loading {
  readonly promise: Promise<Manifest>;
  readonly abort: AbortController;
  /** How many wait for it. */
  waiting: number;
}

const loading = new Map<string, Loading>();

/**
 * The manifest at a pinned URL: fetched once a page for all panels of a partner, and again after a failure. Rejects with
 * `MANIFEST_UNREACHABLE` (also for a redirect, which is never followed), or `MANIFEST_INVALID` with the faults as its cause.
 *
 * @param options.signal aborts when this caller waits no more; the fetch ends when nobody does.
 */
export function loadManifest(
  url: string,
  { signal, fetch = globalThis.fetch }: { signal?: AbortSignal; fetch?: typeof globalThis.fetch } = {},
): Promise<Manifest> {
  const entry = loading.get(url) ?? startLoading(url, fetch);
  entry.waiting += 1;
  const leave = () => {
    entry.waiting -= 1;
    if (entry.waiting > 0) return;
    if (loading.get(url) === entry) loading.delete(url);
    entry.abort.abort();
  };
  signal?.addEventListener("abort", leave, { once: true });
  const stay = () => signal?.removeEventListener("abort", leave);
  entry.promise.then(stay, stay);
  return entry.promise;
}

/** For one that does not come: the next panel starts a fetch of its own, and who waits for this one goes on waiting. */
export function forgetManifest(url: string): void {
  loading.delete(url);
}

function startLoading(url: string, fetch: typeof globalThis.fetch): Loading {
  const abort = new AbortController();
  const entry = { promise: fetchManifest(url, abort.signal, fetch), abort, waiting: 0 };
  loading.set(url, entry);
  entry.promise.catch(() => {
    if (loading.get(url) === entry) loading.delete(url);
  });
  return entry;
}

async function fetchManifest(url: string, signal: AbortSignal, fetch: typeof globalThis.fetch): Promise<Manifest> {
  let text: string;
  try {
    const response = await fetch(url, { cache: "no-cache", redirect: "error", credentials: "omit", signal });
    if (!response.ok)
      throw new Failure("MANIFEST_UNREACHABLE", {
        message: `The manifest's server answered ${response.status}: ${url}`,
      });
    text = await readBounded(response, url);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    throw new Failure("MANIFEST_UNREACHABLE", { message: `The manifest cannot be fetched: ${url}`, cause });
  }
  const manifest = acceptManifest(text, { url });
  if (manifest !== undefined) return manifest;
  throw await refusal(text, url);
}

/** What is wrong with it, in words that load only now: a page whose partners' manifests are in order never needs them. */
async function refusal(text: string, url: string): Promise<Failure> {
  try {
    const { parseManifest } = await import("@partner-panel/manifest/parse");
    const parsed = parseManifest(text, { url });
    const faults = parsed.ok ? [] : parsed.faults;
    // A pointer is made of the manifest's own keys.
    const words = faults.map(({ pointer, message }) => `${visibleText(pointer) || "/"}: ${message}`);
    return new Failure("MANIFEST_INVALID", { message: `The manifest is refused. ${words.join(" ")}`, cause: faults });
  } catch (cause) {
    return new Failure("MANIFEST_INVALID", { message: `The manifest is refused: ${url}`, cause });
  }
}

/** Counted while reading: what is over the limit is not kept, whatever the headers said. */
async function readBounded(response: Response, url: string): Promise<string> {
  const reader = response.body?.getReader();
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for (;;) {
    const chunk = await reader?.read();
    if (chunk?.value === undefined) return text + decoder.decode();
    bytes += chunk.value.byteLength;
    if (bytes > manifestLimits.bytes) {
      await reader?.cancel().catch(() => {});
      throw new Failure("MANIFEST_INVALID", { message: `The manifest is over ${manifestLimits.bytes} bytes: ${url}` });
    }
    text += decoder.decode(chunk.value, { stream: true });
  }
}
