import type { FramePolicy } from "@partner-panel/manifest";
import { Failure } from "../errors.js";

type Allowed = Extract<FramePolicy, { ok: true }>;

/**
 * The view's frame, with every attribute there before it is inserted: a sandbox set later does not apply to the first load. It
 * has no `name`, by which another window could find it (Firefox resolves `parent[name]` even into a shadow root).
 */
export function createFrame(policy: Allowed, src: string, label: string): HTMLIFrameElement {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", policy.sandbox);
  frame.setAttribute("allow", policy.allow);
  frame.setAttribute("referrerpolicy", policy.referrerPolicy);
  frame.setAttribute("title", label);
  frame.setAttribute("part", "frame");
  frame.setAttribute("src", src);
  return frame;
}

/**
 * The address of the view's page, with the element's `path` resolved against its entry.
 * @throws Failure CONFIG_REFUSED where that leads off the view's origin.
 */
export function frameSource(entry: string, path: string): string {
  if (path === "") return entry;
  const base = new URL(entry);
  const url = URL.canParse(path, entry) ? new URL(path, entry) : null;
  // The origin alone would pass a blob: URL, which carries its creator's.
  if (url === null || url.origin !== base.origin || url.protocol !== base.protocol || url.username || url.password) {
    throw new Failure("CONFIG_REFUSED", { message: "The path leads off the view's origin" });
  }
  return url.href;
}

/** Path, query and fragment of that address; null where it leads off the origin. */
export function pathIn(entry: string, manifest: { readonly origin: string } | null, path: string): string | null {
  try {
    const { pathname, search, hash } = new URL(frameSource(new URL(entry, manifest?.origin).href, path));
    return pathname + search + hash;
  } catch {
    return null;
  }
}
