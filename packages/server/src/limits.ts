/**
 * What this package measures time and size with. They are constants and not options: each one is part of what keeps a
 * stolen assertion or proof worthless, and none has a use for which the other side could not be set up instead.
 */
export const serverLimits = Object.freeze({
  /** Seconds from an assertion's `iat` to its `exp`, at most. No tolerance is added to the length itself. */
  assertionLife: 60,
  /** Seconds a token from the assertion grant may live. */
  tokenLife: 300,
  /**
   * Seconds by which two servers' clocks may differ: added to `exp`, `iat` and `nbf` of assertions and access tokens.
   * Servers keep time with NTP; a clock that is minutes off is refused.
   */
  serverClockSkew: 10,
  /**
   * Seconds that a DPoP proof's `iat` may lie in the past or in the future. Wider than between servers, for the proof is
   * dated by the user's own computer. One that lies outside is asked for a nonce, and judged by that.
   */
  proofWindow: 60,
  /** Seconds after which there is a new DPoP nonce. One is good until the end of the next such time. */
  nonceSlot: 120,
  /** Bytes of a request to the assertion endpoint. An honest one has about 200. */
  assertionRequestBytes: 4 * 1024,
  /** Bytes of a token request. An honest one has about 1.5 KiB. */
  tokenRequestBytes: 64 * 1024,
  /** Bytes of a request to the link endpoint, and to the exchange proxy. An honest one has about 1 KiB. */
  linkRequestBytes: 16 * 1024,
  exchangeRequestBytes: 16 * 1024,
  /** Bytes of a request to the log-out receiver. An honest one has about 1 KiB. */
  logoutRequestBytes: 16 * 1024,
  /** Seconds that a logout token lives which this package makes (Back-Channel Logout 1.0, section 4, asks for at most 120). */
  logoutTokenLife: 120,
  /** Seconds since a logout token's `iat` after which it is refused, whatever its `exp`: so long must its `jti` be remembered. */
  logoutTokenAge: 300,
  /** Seconds that a partner has to answer a logout token. */
  logoutTimeout: 3,
  /** Seconds before it is told a second and a third time. */
  logoutPauses: Object.freeze([0.25, 1]),
  /** Seconds for which an ended session is remembered. */
  endedSessionLife: 86_400,
  /** Seconds that a provider has to answer a token exchange. */
  exchangeTimeout: 10,
  /** Bytes of a provider's answer to a token exchange. */
  exchangeAnswerBytes: 64 * 1024,
  /** Seconds since the user signed in at the partner within which an account can be linked. */
  linkSignInAge: 600,
  /** Characters of a `jti`, which goes into the replay store as it came. */
  jtiLength: 256,
});
