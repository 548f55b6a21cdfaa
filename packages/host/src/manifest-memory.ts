import type { Manifest, ResolvedView } from "@partner-panel/manifest";

/*
 * What this browser remembers of manifests between pages, in localStorage on the host's origin: for each user the version last
 * seen, and the manifest with which consent for a view was last complete; for nobody nothing. Both only say what is new; neither
 * gives anything. Where storage is blocked every manifest is taken for known and nothing for agreed, so the user is asked as at
 * the first time.
 */

const seen = "partner-panel.seen";
const agreed = "partner-panel.agreed";

/** Notes that this user's browser saw this version. Tells the one last seen where that was another. */
export function noteVersion(user: string, { id, origin, version }: Manifest): string | null {
  const key = JSON.stringify([seen, id, origin, user]);
  const before = read(key);
  if (before === version) return null;
  write(key, version);
  return before;
}

/** Remembers that this user's consent is complete for what the view cannot do without. */
export function noteAgreed(user: string, manifest: Manifest, view: ResolvedView): void {
  const key = agreedKey(user, manifest, view);
  const text = JSON.stringify(manifest);
  if (read(key) !== text) write(key, text);
}

/** The manifest that this user agreed to for this view, as JSON; null for none, and where it is this one. */
export function agreedBefore(user: string, manifest: Manifest, view: ResolvedView): string | null {
  const text = read(agreedKey(user, manifest, view));
  return text === JSON.stringify(manifest) ? null : text;
}

const agreedKey = (user: string, { id, origin }: Manifest, { name }: ResolvedView) =>
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
