export { acceptManifest, type ManifestSource } from "./accept.js";
export {
  comparePermissions,
  compareVersions,
  type PermissionChange,
  type PermissionDifference,
} from "./compare.js";
export type { FaultCode, ManifestFault } from "./faults.js";
export { type FramePolicy, type FrameWarning, framePolicy } from "./frame-policy.js";
export {
  type Grant,
  type GrantedScope,
  type GrantResult,
  type GrantSources,
  grantFor,
  type Policy,
  type Refusal,
  type Refuser,
  type ResolvedView,
  type Scalar,
  type SurfaceRefusal,
  viewOf,
} from "./grant.js";
export { type HeaderLines, headersFor } from "./headers.js";
export { manifestLimits } from "./limits.js";
export { type ParsedManifest, parseManifest } from "./parse.js";
export { isInRange } from "./range.js";
export type { Auth, AuthMode, DisplayMode, Manifest, ManifestInput, ScopeAsk, View, ViewInput } from "./schema.js";
export { type SurfaceChoice, surfaceFor } from "./surface.js";
export { type Text, textFor, visibleText } from "./text.js";
export { isLoopback } from "./url.js";
export { type PermissionName, permissionNames, type SurfaceName, surfaceNames } from "./vocabulary.js";
