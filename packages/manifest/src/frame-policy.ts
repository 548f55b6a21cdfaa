import { type GrantResult, viewOf } from "./grant.js";
import type { ManifestInput } from "./schema.js";
import { quoted } from "./text.js";
import { checkEntry, checkOrigin } from "./url.js";
import { isPermission, permissionNames, permissionTable } from "./vocabulary.js";

/** The attributes of a view's frame, all to be set before it is inserted; or why there must be no frame. */
export type FramePolicy =
  | {
      readonly ok: true;
      /** The whole URL of the view's page. */
      readonly src: string;
      /** For `sandbox`. A change of it takes a new frame. */
      readonly sandbox: string;
      /** For `allow`: each feature for the exact origin; `""` for none. */
      readonly allow: string;
      /** For `referrerpolicy`. */
      readonly referrerPolicy: "strict-origin";
      /** What is allowed but unwise; left out if there is nothing. */
      readonly warnings?: readonly FrameWarning[];
    }
  | {
      readonly ok: false;
      readonly code: "CONFIG_REFUSED" | "VIEW_UNKNOWN" | "SURFACE_NOT_GRANTED";
      readonly message: string;
    };

/** Something that a developer should hear of, and that stops nothing. */
export interface FrameWarning {
  readonly code: "SAME_SITE" | "POPUPS_NEEDED";
  readonly message: string;
}

/**
 * The frame that a grant allows, by the permission table. Always `allow-scripts allow-same-origin`, on another origin
 * than the host's: an opaque frame cannot be told from any other, and one on the host's own origin takes its sandbox off.
 *
 * The manifest is checked here again, since it may have been made by hand instead of by {@link parseManifest}.
 *
 * @param grant what {@link grantFor} gave; its `permissions` count as far as the manifest asks for them too.
 * @param options.hostOrigin `location.origin` of the page that holds the frame.
 * @param options.view the view's name.
 */
export function framePolicy(
  manifest: ManifestInput,
  grant: Pick<GrantResult, "permissions"> & { readonly surfaces?: GrantResult["surfaces"] },
  { hostOrigin, view: name }: { readonly hostOrigin: string; readonly view: string },
): FramePolicy {
  const refuse = (message: string): FramePolicy => ({ ok: false, code: "CONFIG_REFUSED", message });

  const origin = checkOrigin(manifest.origin);
  if (origin.fault !== undefined)
    return refuse(
      `The manifest's origin ${quoted(manifest.origin)} is refused (${origin.fault.code}); see parseManifest.`,
    );
  // Compared as the URL standard writes it, so that no spelling of the host's own origin passes for another.
  const host = URL.canParse(hostOrigin) ? new URL(hostOrigin) : undefined;
  if (host === undefined || (host.protocol !== "https:" && host.protocol !== "http:")) {
    return refuse(
      `${quoted(hostOrigin)} is not the origin of a host; a page with an opaque origin cannot hold a panel.`,
    );
  }
  if (host.origin === origin.url.origin) {
    return refuse(`The view is on the host's own origin, ${host.origin}; there it could take off its own sandbox.`);
  }

  const view = viewOf(manifest, name);
  if (view === undefined) {
    const names = Object.keys(manifest.surfaces.panel?.views ?? {});
    const hint = names.length > 0 ? `it has ${names.map(quoted).join(", ")}` : "it offers no panel at all";
    return { ok: false, code: "VIEW_UNKNOWN", message: `The manifest has no view ${quoted(name)}; ${hint}.` };
  }
  const closed = grant.surfaces?.find(
    ({ surface, code, scopes }) => surface === "panel" && code === "SURFACE_NOT_GRANTED" && scopes.length === 0,
  );
  if (closed !== undefined) return { ok: false, code: "SURFACE_NOT_GRANTED", message: closed.message };

  const entry = checkEntry(view.view.entry, origin.url.origin);
  if (entry.fault !== undefined)
    return refuse(`The view's entry ${quoted(view.view.entry)} is refused (${entry.fault.code}); see parseManifest.`);

  const unknown = grant.permissions.find((permission) => !isPermission(permission));
  if (unknown !== undefined) {
    return refuse(`${quoted(unknown)} is no permission of a frame; known are ${permissionNames.join(", ")}.`);
  }
  const held = permissionNames.filter(
    (permission) => grant.permissions.includes(permission) && Object.hasOwn(manifest.permissions ?? {}, permission),
  );
  const warnings: FrameWarning[] = [];
  if (perhapsSameSite(host, origin.url)) {
    const message = `${host.origin} and ${origin.url.origin} seem to be one site and may share a process, where a busy view stops the host: serve the view with "Origin-Agent-Cluster: ?1".`;
    warnings.push({ code: "SAME_SITE", message });
  }
  if (view.token && manifest.auth?.modes?.every((mode) => mode === "code") === true && !held.includes("popups")) {
    const message =
      'The view signs in by mode "code" alone, which needs the permission "popups" in the manifest and in the host\'s policy.';
    warnings.push({ code: "POPUPS_NEEDED", message });
  }
  return {
    ok: true,
    src: entry.url.href,
    sandbox: [
      "allow-scripts",
      "allow-same-origin",
      ...held.flatMap((permission) => permissionTable[permission].sandbox),
    ].join(" "),
    allow: held
      .filter((permission) => permissionTable[permission].feature)
      .map((permission) => `${permission} ${origin.url.origin}`)
      .join("; "),
    referrerPolicy: "strict-origin",
    ...(warnings.length > 0 ? { warnings } : {}),
  };
}

/**
 * Whether two origins may be of one site, by their last two labels. The real answer takes the public suffix list; this
 * one only warns, and errs to the side of a warning too many (`a.co.uk` and `b.co.uk`).
 */
function perhapsSameSite(a: URL, b: URL): boolean {
  const site = ({ hostname }: URL) =>
    hostname.startsWith("[") || /^[0-9.]+$/.test(hostname) ? hostname : hostname.split(".").slice(-2).join(".");
  return a.protocol === b.protocol && site(a) === site(b);
}
