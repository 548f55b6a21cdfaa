export type { Implementation } from "@partner-panel/postmessage-rpc";
export {
  type DisplayMode,
  type ExchangedToken,
  implementLater as implement,
} from "@partner-panel/postmessage-rpc/panel";
export { type AuditLog, auditLines, auditLog, type PanelAuditRecord } from "./audit.js";
export {
  type AssertionRequest,
  type AssertionStrategy,
  type CodeStrategy,
  configurePartners,
  type ExchangeRequest,
  type ExchangeStrategy,
  type PanelPolicy,
  type PartnersConfig,
  type PolicySource,
  type SignInStrategy,
  type StepUp,
  type StepUpRequest,
  signOut,
  type UpgradeAction,
  type UpgradeRequest,
} from "./config.js";
export type { AskedScope, ConsentAsk } from "./consent/consent.js";
export {
  type ConsentRecord,
  type ConsentStore,
  type ConsentSubject,
  type StorageConsentStore,
  storageConsentStore,
} from "./consent/consent-store.js";
export { PanelError, type PanelErrorCode, type PanelPhase } from "./errors.js";
export {
  type PanelState,
  PartnerActivityEvent,
  PartnerAuditEvent,
  PartnerCloseRequestEvent,
  PartnerConsentRequestEvent,
  PartnerDirtyEvent,
  PartnerDisplayRequestEvent,
  PartnerErrorEvent,
  PartnerNavigateEvent,
  PartnerOpenLinkEvent,
  type PartnerPanelEventMap,
  PartnerReadyEvent,
  PartnerResizeEvent,
  PartnerScopesChangeEvent,
  PartnerStateChangeEvent,
} from "./events.js";
export { englishGrantsStrings, type GrantsStrings } from "./grants/grants-strings.js";
export { PartnerGrants } from "./partner-grants.js";
export { PartnerPanel } from "./partner-panel.js";
export { type AssertionOptions, assertionFrom } from "./sign-in/assertion.js";
export type { BackEndOptions } from "./sign-in/back-end.js";
export { codeInFrame } from "./sign-in/code-in-frame.js";
export { type ExchangeOptions, type ExchangeSettings, exchangeAt } from "./sign-in/exchange.js";
export { englishStrings, type PanelStrings } from "./strings.js";
