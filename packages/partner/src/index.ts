export { isRpcError, RpcError } from "@partner-panel/postmessage-rpc";
export {
  type DisplayMode,
  implementLater as implement,
  type PanelQuestion,
  type PanelTheme,
  type PanelToast,
  type ScopesAnswer,
} from "@partner-panel/postmessage-rpc/panel";
export type { PanelAccount } from "./account.js";
export type { PartnerAuth } from "./auth.js";
export { type ConnectOptions, connect } from "./connect.js";
export type { ExactOrigins, HostCheck } from "./hosts.js";
export type { SignInPaths } from "./open-panel.js";
export type { Failure, Panel, PanelScopes, PanelToken, SignInOffer } from "./panel.js";
export type { PanelEventMap, PanelEventName, PanelListener } from "./panel-events.js";
export type { PanelNavigation, PanelUi } from "./view-ui.js";
