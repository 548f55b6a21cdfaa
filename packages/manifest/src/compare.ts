import { pointerTo } from "./faults.js";
import { viewOf } from "./grant.js";
import type { ManifestInput } from "./schema.js";
import { quoted } from "./text.js";
import { isPermission, surfaceNames } from "./vocabulary.js";

/** One difference between two manifests in what they ask for. */
export interface PermissionChange {
  /**
   * - `scope`: a scope of the host's, declared or no longer, or no longer optional
   * - `scope-use`: a declared scope, taken up or given up by one view or surface
   * - `permission`: of the frame
   * - `api-scope`: of the partner's own API, in the view's token
   * - `auth-mode`: a way to get that token: `assertion` lets the host vouch for its user, `code` opens a window
   * - `token`: a view that needs a token, or no longer does; with it the partner learns who the user is
   * - `domain`: an origin the view may reach
   * - `view`, `surface`: offered or no longer
   * - `identity`: who it is: id, origin, issuer, client, resource. Another one widens; none where there was one narrows
   */
  readonly kind:
    | "scope"
    | "scope-use"
    | "permission"
    | "api-scope"
    | "auth-mode"
    | "token"
    | "domain"
    | "view"
    | "surface"
    | "identity";
  /** The scope, permission, origin, view, surface or member. */
  readonly name: string;
  /** Where, as a JSON pointer into the later manifest, or into the earlier one for what is gone. */
  readonly pointer: string;
  readonly message: string;
}

/** What {@link comparePermissions} found. Both empty: the two ask for the same. */
export interface PermissionDifference {
  /** Applies by itself. */
  readonly narrows: readonly PermissionChange[];
  /** Waits: the panel goes on with what was consented to, and asks for the rest. */
  readonly widens: readonly PermissionChange[];
}

/**
 * What a later manifest asks for less, and what it asks for more, than an earlier one. If nothing widens, no policy and
 * no consent can make the later one's grant hold what the earlier one's did not.
 *
 * Words (titles, reasons, names), icons, heights and the version are no permissions and are not compared; see
 * {@link compareVersions} for a rollback.
 */
export function comparePermissions(before: ManifestInput, after: ManifestInput): PermissionDifference {
  const narrows: PermissionChange[] = [];
  const widens: PermissionChange[] = [];
  const compare = (
    kind: PermissionChange["kind"],
    pointer: string,
    [old, next]: readonly [readonly string[] | undefined, readonly string[] | undefined],
  ) => {
    const change = (name: string, done: string): PermissionChange => {
      const inList = kind === "api-scope" || kind === "auth-mode" || kind === "domain" || kind === "scope-use";
      return {
        kind,
        name,
        pointer: inList ? pointer : pointerTo(pointer, name),
        message: `${label[kind]} ${quoted(name)} ${done}.`,
      };
    };
    const [was, is] = [new Set(old), new Set(next)];
    for (const name of was) if (!is.has(name)) narrows.push(change(name, "is no longer asked for"));
    for (const name of is) if (!was.has(name)) widens.push(change(name, "is asked for anew"));
  };
  const both = <T>(pick: (manifest: ManifestInput) => T): readonly [T, T] => [pick(before), pick(after)];

  for (const [pointer, pick] of identity) {
    const [old, next] = both(pick);
    if (old === next) continue;
    const name = pointer.slice(pointer.lastIndexOf("/") + 1);
    const message = `The ${name} changes from ${quoted(old ?? "none")} to ${quoted(next ?? "none")}.`;
    (next === undefined ? narrows : widens).push({ kind: "identity", name, pointer, message });
  }

  const [oldScopes, nextScopes] = both((manifest) => manifest.scopes ?? {});
  compare("scope", "/scopes", [Object.keys(oldScopes), Object.keys(nextScopes)]);
  const kept = Object.keys(nextScopes).filter((scope) => Object.hasOwn(oldScopes, scope));
  for (const scope of kept) {
    const [was, is] = [oldScopes[scope]?.optional === true, nextScopes[scope]?.optional === true];
    if (was === is) continue;
    const message = `Scope ${quoted(scope)} is ${is ? "now optional" : "no longer optional"}.`;
    (is ? narrows : widens).push({
      kind: "scope",
      name: scope,
      pointer: `${pointerTo("/scopes", scope)}/optional`,
      message,
    });
  }

  compare(
    "permission",
    "/permissions",
    // A member of the manifest's own, as `x-why`, gives the frame nothing.
    both((manifest) => Object.keys(manifest.permissions ?? {}).filter(isPermission)),
  );
  compare(
    "api-scope",
    "/auth/scopes",
    both((manifest) => manifest.auth?.scopes),
  );
  compare(
    "auth-mode",
    "/auth/modes",
    both(({ auth }) => auth && (auth.modes ?? ["assertion"])),
  );
  for (const list of ["connectDomains", "resourceDomains", "frameDomains", "baseUriDomains"] as const) {
    compare(
      "domain",
      `/csp/${list}`,
      both((manifest) => manifest.csp?.[list]),
    );
  }

  // A scope that is itself new or gone was told above, as was a view or surface: here only who uses what both know.
  const uses = (pointer: string, [old, next]: readonly [readonly string[], readonly string[]]) =>
    compare("scope-use", `${pointer}/scopes`, [
      old.filter((scope) => kept.includes(scope)),
      next.filter((scope) => kept.includes(scope)),
    ]);
  compare(
    "surface",
    "/surfaces",
    both((manifest) => surfaceNames.filter((name) => manifest.surfaces[name] !== undefined)),
  );
  for (const name of surfaceNames) {
    if (name === "panel" || name === "link") continue;
    const [old, next] = both((manifest) => manifest.surfaces[name]);
    if (old !== undefined && next !== undefined) uses(`/surfaces/${name}`, [old.scopes ?? [], next.scopes ?? []]);
  }
  const views = both((manifest) => Object.keys(manifest.surfaces.panel?.views ?? {}));
  compare("view", "/surfaces/panel/views", views);
  for (const name of views[1]) {
    const [old, next] = both((manifest) => viewOf(manifest, name));
    if (old === undefined || next === undefined) continue;
    const pointer = pointerTo("/surfaces/panel/views", name);
    uses(pointer, [old.scopes, next.scopes]);
    if (old.token === next.token) continue;
    const message = `View ${quoted(name)} ${next.token ? "needs a token now" : "no longer needs a token"}.`;
    (next.token ? widens : narrows).push({ kind: "token", name, pointer: `${pointer}/token`, message });
  }
  return { narrows, widens };
}

const label: Record<PermissionChange["kind"], string> = {
  scope: "Scope",
  "scope-use": "Scope",
  permission: "Permission",
  "api-scope": "Scope of the partner's API",
  "auth-mode": "Sign-in mode",
  token: "Token of view",
  domain: "Origin",
  view: "View",
  surface: "Surface",
  identity: "Member",
};

const identity: readonly (readonly [string, (manifest: ManifestInput) => string | undefined])[] = [
  ["/id", (manifest) => manifest.id],
  ["/origin", (manifest) => manifest.origin],
  ["/auth/issuer", (manifest) => manifest.auth?.issuer],
  ["/auth/client_id", (manifest) => manifest.auth?.client_id],
  ["/auth/resource", (manifest) => manifest.auth?.resource],
];

/**
 * Which of two semantic versions is the later (Semantic Versioning 2.0.0, section 11): negative if `a` comes before `b`,
 * positive if after, 0 if neither. Build metadata does not count. A host that meets an earlier version than it knew takes
 * it, and says so in its audit.
 *
 * @param a a version as in {@link Manifest.version}, so already checked.
 */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [split(a), split(b)];
  const core = compareLists(left.core, right.core);
  if (core !== 0) return core;
  // A version without a pre-release comes after the same one with it.
  if (left.pre.length === 0 || right.pre.length === 0) return right.pre.length - left.pre.length;
  return compareLists(left.pre, right.pre);
}

function split(version: string): { core: string[]; pre: string[] } {
  const [plain = ""] = version.split("+", 1);
  const dash = plain.indexOf("-");
  return dash < 0
    ? { core: plain.split("."), pre: [] }
    : { core: plain.slice(0, dash).split("."), pre: plain.slice(dash + 1).split(".") };
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  for (const [index, left] of a.entries()) {
    const right = b[index];
    if (right === undefined) return 1;
    if (left === right) continue;
    const [leftNumeric, rightNumeric] = [/^[0-9]+$/.test(left), /^[0-9]+$/.test(right)];
    if (leftNumeric !== rightNumeric) return leftNumeric ? -1 : 1;
    // Numbers without leading zeros: the longer is the larger, however long, where a Number would lose digits.
    if (leftNumeric && left.length !== right.length) return left.length - right.length;
    return left < right ? -1 : 1;
  }
  return a.length - b.length;
}
