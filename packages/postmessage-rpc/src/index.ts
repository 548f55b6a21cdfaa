export { type Clock, systemClock } from "./clock.js";
export {
  type CallOptions,
  type Contract,
  combineContracts,
  defineContract,
  isRpcError,
  type Member,
  type Members,
  type Method,
  method,
  type Notification,
  notification,
  type Remote,
  type Stream,
  stream,
} from "./contract.js";
export { type RpcCode, RpcError, type RpcErrorOptions, rpcErrorNumbers } from "./errors.js";
export type { Grant, GrantedScope, Scalar } from "./grant.js";
export {
  type AcceptOptions,
  acceptSession,
  type RequestedSession,
  type RequestOptions,
  requestSession,
} from "./handshake.js";
export { protocolVersions } from "./handshake-words.js";
export { implement } from "./implement.js";
export type { Call, Handlers, Implementation } from "./implementation.js";
export { defaultLimits, type Limits } from "./limits.js";
export { openSession } from "./open-session.js";
export type { AuditEvent, Session, SessionEnd, SessionOptions } from "./session.js";
export type { StandardSchema } from "./standard-schema.js";
export { binaryOf, withBinary } from "./transferables.js";
