import type { GrantResult, SurfaceRefusal } from "./grant.js";
import { type SurfaceName, surfaceNames } from "./vocabulary.js";

/** The surface to show, and why it is not a deeper one. */
export interface SurfaceChoice {
  readonly surface: SurfaceName;
  /** Each deeper surface up to the wanted one, deepest first, with the reason. Empty if the wanted one is to be had. */
  readonly reasons: readonly SurfaceRefusal[];
}

/**
 * The deepest surface, from `wanted` up the ladder to the link, that the grant allows. The link is the floor: it needs
 * nothing, so there is always an answer.
 *
 * @param grant what {@link grantFor} gave, itself and not a copy. A copy has lost what it knew of surfaces: link only.
 */
export function surfaceFor(grant: Pick<GrantResult, "surfaces">, wanted: SurfaceName): SurfaceChoice {
  const reasons: SurfaceRefusal[] = [];
  for (let level = surfaceNames.indexOf(wanted); level > 0; level -= 1) {
    const surface = surfaceNames[level] ?? "link";
    const known: readonly SurfaceRefusal[] | undefined = grant.surfaces;
    const refusal =
      known === undefined
        ? { surface, code: "SURFACE_NOT_GRANTED" as const, message: "The grant says nothing of surfaces.", scopes: [] }
        : known.find((each) => each.surface === surface);
    if (refusal === undefined) return { surface, reasons };
    reasons.push(refusal);
  }
  return { surface: "link", reasons };
}
