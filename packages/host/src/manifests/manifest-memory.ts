import type { Manifest, ResolvedView } from "@partner-panel/manifest";

/*
 * What this browser remembers of manifests between pages, in localStorage on the host's origin: the version last seen, for each
 * user and, as a version tells of nobody, for all without one; and for each user the manifest with which consent for a view was
 * first asked for or last complete. Both only say what is new; neither gives anything.
 */

const seen = "partner-panel.seen";
const agreed = "partner-panel.agreed";

/** Notes that this user's browser, or with null anybody's, saw this version. Tells the one last seen where that was another. */
export function noteVersion(user: string | null, { id, origin, version }: Manifest): string | null {
  const key = JSON.stringify([seen, id, origin, ...(user === null ? [] : [user])]);
  const before = read(key);
  if (before === version) return null;
  write(key, version);
  return before;
}

/** Remembers that this user was asked for what the view cannot do without, or had agreed to it. */
export function noteAgreed(user: string, manifest: Manifest, view: ResolvedView): void {
  const key = agreedKey(user, manifest, view);
  const text = JSON.stringify(manifest);
  if (read(key) !== text) write(key, text);
}

/** The manifest that this user was asked about or agreed to for this view, as JSON; null for none. */
export function agreedBefore(user: string, manifest: Manifest, view: ResolvedView): string | null {
  return read(agreedKey(user, manifest, view));
}

/** Whether this browser remembers nothing of this user and any of the partner's views: what was agreed to, was agreed to elsewhere. */
export function isNewHere(user: string, manifest: Manifest): boolean {
  const names = Object.keys(manifest.surfaces.panel?.views ?? {});
  return names.every((name) => read(agreedKey(user, manifest, { name })) === null);
}

const agreedKey = (user: string, { id, origin }: Manifest, { name }: Pick<ResolvedView, "name">) =>
  JSON.stringify([agreed, id, origin, user, name]);

function read(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function write(key: string, text: string): void {
  try {
    localStorage.setItem(key, text);
  } catch {
    // Blocked or full: see above.
  }
}
