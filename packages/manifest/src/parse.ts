import { checkManifest, type ManifestSource } from "./accept.js";
import type { ManifestFault } from "./faults.js";
import type { Manifest } from "./schema.js";
import { explain } from "./words.js";

/** A manifest that holds, or everything that is wrong with it. */
export type ParsedManifest =
  | { readonly ok: true; readonly manifest: Manifest }
  | { readonly ok: false; readonly faults: readonly ManifestFault[] };

/**
 * Checks a manifest and gives it with its defaults, its texts with nothing hidden in them.
 *
 * All faults are told at once, each with a JSON pointer and a sentence to act on; only input beyond a limit of
 * {@link manifestLimits} is not looked at further. Never throws, and takes under 10 ms for the 64 KiB allowed.
 *
 * @param json the manifest's text, or a value parsed from it. Prefer the text: only there can a member that stands twice
 *   be seen, and the size be taken as served. A string is always taken for text.
 * @param options.url the address it was fetched from, which must be on the origin that it declares. `null` says that
 *   there is none, for a file on disk: never in a host.
 */
export function parseManifest(json: unknown, options: ManifestSource): ParsedManifest {
  const { manifest, faults: found } = checkManifest(json, options);
  if (manifest !== undefined) return { ok: true, manifest };
  // Faults of the same place stand together, and one said twice is said once.
  const once = new Map(found.map((fault) => [`${fault.pointer} ${fault.code}`, fault]));
  const faults = [...once.values()].map(explain);
  faults.sort((a, b) => (a.pointer < b.pointer ? -1 : a.pointer > b.pointer ? 1 : 0));
  return { ok: false, faults };
}
