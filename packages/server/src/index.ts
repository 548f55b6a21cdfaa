export { type AssertionClaims, assertionType, jwtBearerGrant } from "./assertion.js";
export {
  type AssertionEndpointOptions,
  createAssertionEndpoint,
  type HostSession,
  type PartnerAuth,
} from "./assertion-endpoint.js";
export {
  type AccountLinks,
  type AssertionGrantOptions,
  type AssertionHost,
  createAssertionGrant,
  type MintedToken,
  type ShownAccount,
  type TokenOrder,
} from "./assertion-grant.js";
export type { AssertionTrust } from "./assertion-reader.js";
export { endedSessions } from "./ended-sessions.js";
export type { Endpoint } from "./endpoint.js";
export {
  createExchangeProxy,
  type ExchangePartner,
  type ExchangeProxyOptions,
  type SubjectToken,
} from "./exchange-proxy.js";
export type { FetchKeys, TrustedIssuer } from "./keys.js";
export { serverLimits } from "./limits.js";
export { createLinkEndpoint, type LinkEndpointOptions } from "./link-endpoint.js";
export {
  createLogoutFanout,
  type LogoutFanout,
  type LogoutFanoutOptions,
  type LogoutPartner,
  type LogoutResult,
} from "./logout-fanout.js";
export { createLogoutReceiver, type EndedSession, type LogoutReceiverOptions } from "./logout-receiver.js";
export { type NodeRequest, type NodeResponse, toNodeHandler } from "./node.js";
export { type DpopNonces, dpopNonces } from "./nonces.js";
export { pairwiseSubjects } from "./pairwise.js";
export { memoryReplayStore, type ReplayStore } from "./replay.js";
export {
  type Access,
  type AccessNeeds,
  type AccessTokenClaims,
  createResourceGuard,
  type ResourceGuard,
  type ResourceGuardOptions,
} from "./resource-guard.js";
export { createSignInPages, type SignInPagesOptions, type SignInPagesText } from "./sign-in-pages.js";
