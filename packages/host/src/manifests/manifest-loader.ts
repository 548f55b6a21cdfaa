import { type Manifest, manifestLimits } from "@partner-panel/manifest";
import { Failure } from "../errors.js";

interface Loading {
  readonly promise: Promise<Manifest>;
  readonly abort: AbortController;
  /** How many wait for it. */
  waiting: number;
  /** It was asked for before anybody waited, who is to hear how that went even if it failed meanwhile. */
  isAhead: boolean;
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
  if (entry.isAhead) {
    entry.isAhead = false;
    forgetFailed(url, entry);
  }
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

/** Has a manifest on its way for the next {@link loadManifest}. The returned function is for when that has come, or nobody will any more. */
export function loadAhead(url: string): () => void {
  if (loading.has(url)) return () => {};
  const until = new AbortController();
  loadManifest(url, { signal: until.signal }).catch(() => {});
  const entry = loading.get(url);
  if (entry !== undefined) entry.isAhead = true;
  return () => {
    until.abort();
    if (entry?.isAhead !== true) return;
    entry.isAhead = false;
    forgetFailed(url, entry);
  };
}

function startLoading(url: string, fetch: typeof globalThis.fetch): Loading {
  const abort = new AbortController();
  const entry = { promise: fetchManifest(url, abort.signal, fetch), abort, waiting: 0, isAhead: false };
  loading.set(url, entry);
  forgetFailed(url, entry);
  return entry;
}

function forgetFailed(url: string, entry: Loading): void {
  entry.promise.catch(() => {
    if (!entry.isAhead && loading.get(url) === entry) loading.delete(url);
  });
}

async function fetchManifest(url: string, signal: AbortSignal, fetch: typeof globalThis.fetch): Promise<Manifest> {
  const reading = import("./read-manifest.js");
  // Told only where there is something to read.
  reading.catch(() => {});
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
  const { readManifest } = await reading.catch((cause: unknown) => {
    throw new Failure("LOAD_TIMEOUT", { message: "The panel's own code did not come", cause });
  });
  return readManifest(text, url);
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
