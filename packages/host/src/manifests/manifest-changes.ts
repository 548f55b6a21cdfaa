import {
  acceptManifest,
  comparePermissions,
  compareVersions,
  type Manifest,
  type ResolvedView,
} from "@partner-panel/manifest";

/**
 * The scopes that this view cannot do without and that it could do without in an earlier version of its manifest. They wait: the
 * panel goes on with what was consented to.
 *
 * @param text the earlier manifest as JSON, as this browser kept it; what is no manifest asks for nothing anew.
 */
export function requiredSince(text: string, manifest: Manifest, view: ResolvedView): readonly string[] {
  const before = acceptManifest(text, { url: null });
  if (before === undefined) return [];
  const { widens } = comparePermissions(before, manifest);
  const names = widens.filter(({ kind }) => kind === "scope" || kind === "scope-use").map(({ name }) => name);
  return view.required.filter((scope) => names.includes(scope));
}

/** Whether a version comes before another (Semantic Versioning 2.0.0, section 11). What this browser kept could be anything. */
export function isRollback(version: string, before: string): boolean {
  return /^\d+\.\d+\.\d+/.test(before) && compareVersions(version, before) < 0;
}
