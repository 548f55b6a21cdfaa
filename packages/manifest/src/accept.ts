import type { Finding } from "./faults.js";
import { manifestLimits as limits } from "./limits.js";
import { readJson } from "./read.js";
import { type Around, servedElsewhere } from "./rules.js";
import type { Manifest } from "./schema.js";
import { checkShape, isObject } from "./shape.js";
import { table } from "./shape-table.js";
import { checkOrigin } from "./url.js";

/** Where a manifest was served from; `null` says from nowhere, for a file on disk: never in a host. */
export interface ManifestSource {
  readonly url: string | URL | null;
}

/**
 * What {@link parseManifest} does, without the words: undefined for a manifest that does not hold. For a page that counts
 * its bytes, which loads `@partner-panel/manifest/parse` only where there are faults to tell.
 */
export function acceptManifest(json: unknown, source: ManifestSource): Manifest | undefined {
  return checkManifest(json, source).manifest;
}

/** The manifest where it holds, or else all that is wrong with it, in no order. Never throws. */
export function checkManifest(
  json: unknown,
  source: ManifestSource,
): { readonly manifest?: Manifest; readonly faults: readonly Finding[] } {
  try {
    const { value, faults: found } = readJson(json);
    if (value === undefined) return { faults: found };
    const faults = [...found];
    const root = isObject(value) ? value : {};
    const { origin: declared, scopes } = root;
    const around: Around = {
      origin:
        typeof declared === "string" && declared.length <= limits.url ? checkOrigin(declared).url?.origin : undefined,
      scopes: isObject(scopes) ? Object.keys(scopes) : [],
      hasAuth: root["auth"] !== undefined,
    };
    const manifest = checkShape(table, value, "", around, (fault) => faults.push(fault));
    const elsewhere = servedElsewhere(source?.url, around.origin);
    if (elsewhere !== undefined) faults.push(elsewhere);
    // The table is made from the schema that the type is inferred from, and a test holds the two together.
    return faults.length === 0 ? { manifest: manifest as unknown as Manifest, faults } : { faults };
  } catch {
    // Nothing known leads here. A host that parses a stranger's manifest must not fall over what we did not think of.
    return { faults: [{ pointer: "", code: "NOT_JSON" }] };
  }
}
