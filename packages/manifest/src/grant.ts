import type { ManifestInput, ViewInput } from "./schema.js";
import { type PermissionName, permissionNames, type SurfaceName, surfaceNames } from "./vocabulary.js";

/** A value that a limit can compare with `===`. */
export type Scalar = string | number | boolean | null;

/** A scope that is held, with its limits. */
export interface GrantedScope {
  readonly scope: string;
  /** The parsed params' own members must be one of these; see the bridge. */
  readonly where?: Record<string, Scalar | readonly Scalar[]>;
  /** Milliseconds since the epoch; from that moment on the scope is not held. */
  readonly expiresAt?: number;
}

/** What a session may do. */
export type Grant = readonly GrantedScope[];

/** Who left a scope out. */
export type Refuser = "manifest" | "policy" | "consent" | "plan";

/** A scope that is not held, and who left it out. */
export interface Refusal {
  readonly scope: string;
  readonly by: Refuser;
}

/** What the host gives one panel. Whatever it does not name, it does not give. */
export interface Policy {
  readonly scopes: Grant;
  /** Names from the manifest's `permissions`; none if left out. */
  readonly permissions?: readonly string[] | undefined;
  /** The surfaces the host shows of this partner; all that the manifest offers if left out. The link is always one. */
  readonly surfaces?: readonly SurfaceName[] | undefined;
}

/** What {@link grantFor} works from. */
export interface GrantSources {
  readonly manifest: ManifestInput;
  /** The view's name. One that the manifest lacks is granted nothing. */
  readonly view: string;
  readonly policy: Policy;
  /** Scopes that the user said yes to. */
  readonly consent: readonly string[];
  /** Scopes that the customer's plan allows; all if left out. */
  readonly plan?: readonly string[] | undefined;
  /** Milliseconds since the epoch, to tell what has expired. */
  readonly now: number;
}

/** Why a surface is not to be had: the panel's error codes, and the scopes to blame. */
export interface SurfaceRefusal {
  readonly surface: SurfaceName;
  readonly code: "SURFACE_NOT_OFFERED" | "SURFACE_NOT_GRANTED" | "NOT_ENTITLED" | "CONSENT_REFUSED";
  readonly message: string;
  /** The scopes that are needed and not held; empty where it is not for a scope. */
  readonly scopes: readonly Refusal[];
}

/** What a view gets: {@link grantFor}'s answer. */
export interface GrantResult {
  /** The scopes held, in the manifest's order, with the policy's limits. */
  readonly granted: GrantedScope[];
  /** What the frame may be given, in the order of the permission table. */
  readonly permissions: PermissionName[];
  /** Each scope that the view asked for or the policy named, and that is not held. */
  readonly refused: Refusal[];
  /**
   * For {@link surfaceFor}: each level of the ladder that is not to be had. Not enumerable, so that the grant stays the
   * three lists above where it is compared, copied, logged or sent; ask `surfaceFor` on the object given here.
   */
  readonly surfaces: readonly SurfaceRefusal[];
}

/** A view with what the manifest leaves to be filled in. */
export interface ResolvedView {
  readonly name: string;
  /** The scopes it asks for. */
  readonly scopes: readonly string[];
  /** Those it cannot do without. */
  readonly required: readonly string[];
  /** Whether it needs an access token for the partner's own API. */
  readonly token: boolean;
  /** As the manifest describes it. */
  readonly view: ViewInput;
}

/** The view of that name, or undefined. Only the manifest's own views are found, whatever the name. */
export function viewOf(manifest: ManifestInput, name: string): ResolvedView | undefined {
  const declared = manifest.scopes ?? {};
  const views = manifest.surfaces.panel?.views;
  if (views === undefined || !Object.hasOwn(views, name)) return undefined;
  const view = views[name];
  if (view === undefined) return undefined;
  const scopes = (view.scopes ?? Object.keys(declared)).filter((scope) => Object.hasOwn(declared, scope));
  return {
    name,
    scopes,
    required: scopes.filter((scope) => declared[scope]?.optional !== true),
    token: view.token ?? manifest.auth !== undefined,
    view,
  };
}

/**
 * What one view gets: the manifest ∩ the host's policy ∩ the plan ∩ the user's consent. None of them can widen another;
 * scopes are compared as whole strings. Pure, so that the host's page and its server come to the same answer.
 *
 * A scope that several left out is laid on the first of manifest, policy, plan, consent: `by: "consent"` means that the
 * user's yes is all that is missing. What has expired at `now` was left out by the policy.
 */
export function grantFor({ manifest, view: name, policy, consent, plan, now }: GrantSources): GrantResult {
  const view = viewOf(manifest, name);
  const asked = new Set(view?.scopes);
  const granted: GrantedScope[] = [];
  const refused: Refusal[] = [];
  for (const scope of asked) {
    // A policy may name a scope more than once, with other limits: each of them is carried.
    const entries = policy.scopes.filter((entry) => entry.scope === scope && holdsAt(entry, now));
    if (entries.length === 0) refused.push({ scope, by: "policy" });
    else if (plan !== undefined && !plan.includes(scope)) refused.push({ scope, by: "plan" });
    else if (!consent.includes(scope)) refused.push({ scope, by: "consent" });
    else granted.push(...entries.map(carry));
  }
  for (const scope of new Set(policy.scopes.map((entry) => entry.scope))) {
    if (!asked.has(scope)) refused.push({ scope, by: "manifest" });
  }
  const permissions = permissionNames.filter(
    (permission) =>
      view !== undefined &&
      Object.hasOwn(manifest.permissions ?? {}, permission) &&
      policy.permissions?.includes(permission) === true,
  );
  const result = { granted, permissions, refused };
  const surfaces = surfaceNames.flatMap((surface) => refusalOf(surface, manifest, view, policy, result) ?? []);
  return Object.defineProperty({ ...result, surfaces }, "surfaces", { enumerable: false });
}

/** An expiry that is not a number holds at no time. */
function holdsAt({ expiresAt }: GrantedScope, now: number): boolean {
  return expiresAt === undefined || expiresAt > now;
}

function carry({ scope, where, expiresAt }: GrantedScope): GrantedScope {
  return { scope, ...(where === undefined ? {} : { where }), ...(expiresAt === undefined ? {} : { expiresAt }) };
}

function refusalOf(
  surface: SurfaceName,
  manifest: ManifestInput,
  view: ResolvedView | undefined,
  policy: Policy,
  { granted, refused }: Pick<GrantResult, "granted" | "refused">,
): SurfaceRefusal | undefined {
  if (surface === "link") return undefined;
  const offer = manifest.surfaces[surface];
  if (offer === undefined || (surface === "panel" && view === undefined)) {
    const message = offer === undefined ? `The manifest offers no ${surface}.` : "The panel has no such view.";
    return { surface, code: "SURFACE_NOT_OFFERED", message, scopes: [] };
  }
  if (policy.surfaces !== undefined && !policy.surfaces.includes(surface)) {
    return {
      surface,
      code: "SURFACE_NOT_GRANTED",
      message: `The host's policy leaves the ${surface} out.`,
      scopes: [],
    };
  }
  const needed = "views" in offer ? (view?.required ?? []) : (offer.scopes ?? []);
  const scopes = needed
    .filter((scope) => !granted.some((entry) => entry.scope === scope))
    .map((scope) => refused.find((entry) => entry.scope === scope) ?? { scope, by: "manifest" as const });
  const first = scopes[0];
  if (first === undefined) return undefined;
  const names = scopes.map(({ scope, by }) => `${scope} (${by})`).join(", ");
  const by = (["manifest", "policy", "plan", "consent"] as const).find((each) =>
    scopes.some((entry) => entry.by === each),
  );
  const code = by === "plan" ? "NOT_ENTITLED" : by === "consent" ? "CONSENT_REFUSED" : "SURFACE_NOT_GRANTED";
  return { surface, code, message: `The ${surface} needs scopes that are not granted: ${names}.`, scopes };
}
