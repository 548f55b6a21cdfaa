/**
 * What a manifest may hold at most. A manifest comes from somebody else's server and is read in the host's page before
 * anything was consented to, so each of these bounds work or screen space, not taste. They belong to the format: a
 * manifest over one of them is refused everywhere alike.
 */
export const manifestLimits = {
  /** UTF-8 bytes of the whole text: 64 KiB. Text over it is never parsed. */
  bytes: 65_536,
  /** Objects and arrays inside one another. */
  depth: 12,
  /** Values in the whole manifest, so that 64 KiB of `[0,0,…]` cannot buy more work than a real manifest does. */
  values: 1_024,
  /** Members of one object, or items of one array: scopes too, which may all stand in one consent dialog. */
  members: 64,
  /** Characters of a scope, of a view's name, of a version. */
  name: 64,
  /** Characters of the partner's id. */
  id: 128,
  /** Characters of a URL. */
  url: 2_048,
  /** Characters of a title or of the partner's name, counted as shown (see {@link visibleText}). */
  title: 80,
  /** Characters of a reason, counted as shown. */
  reason: 240,
  /** CSS pixels of a view's `minHeight`. */
  height: 10_000,
} as const;
