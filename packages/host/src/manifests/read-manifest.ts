import { acceptManifest, type Manifest, visibleText } from "@partner-panel/manifest";
import { Failure } from "../errors.js";

/**
 * The manifest in this text, which was at this URL. Loaded while the text is on its way.
 * @throws Failure MANIFEST_INVALID, with the faults as its cause.
 */
export async function readManifest(text: string, url: string): Promise<Manifest> {
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
