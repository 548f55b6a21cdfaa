/** The ladder of surfaces, shallowest first; a surface's place is its level. */
export const surfaceNames = ["link", "icon", "unfurl", "data", "record", "panel", "platform", "bundle"] as const;

/** How deep a partner's product is integrated, from a plain link (level 0) to a bundle (level 7). */
export type SurfaceName = (typeof surfaceNames)[number];

/** What a permission turns on at the frame: sandbox flags, and a feature delegated to the manifest's exact origin. */
interface PermissionEffect {
  readonly sandbox: readonly string[];
  readonly feature: boolean;
}

const feature: PermissionEffect = { sandbox: [], feature: true };

/** The permission table. A permission that is not in it does not exist, and its order is the order of the output. */
export const permissionTable = {
  forms: { sandbox: ["allow-forms"], feature: false },
  downloads: { sandbox: ["allow-downloads"], feature: false },
  // Without escaping, the provider's form could not be posted and its COOP would end in an error page.
  popups: { sandbox: ["allow-popups", "allow-popups-to-escape-sandbox"], feature: false },
  "clipboard-write": feature,
  "clipboard-read": feature,
  camera: feature,
  microphone: feature,
  geolocation: feature,
  fullscreen: feature,
  payment: feature,
  "publickey-credentials-get": feature,
  "identity-credentials-get": feature,
  "storage-access": { sandbox: ["allow-storage-access-by-user-activation"], feature: true },
} as const satisfies Record<string, PermissionEffect>;

/** What a view's frame may be given by the browser, in the manifest's `permissions`. */
export type PermissionName = keyof typeof permissionTable;

export const permissionNames = Object.keys(permissionTable) as readonly PermissionName[];

/** True for a permission of the table; not for what every object inherits. */
export function isPermission(name: string): name is PermissionName {
  return Object.hasOwn(permissionTable, name);
}
