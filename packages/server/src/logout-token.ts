/** What an OpenID Connect back-channel logout token says (OpenID Connect Back-Channel Logout 1.0, section 2.4). */

/** `typ` of a logout token: what else is signed with the same key does not pass for one. */
export const logoutTokenType = "logout+jwt";

/** The one member that `events` must have; its value is an empty object. */
export const logoutEvent = "http://schemas.openid.net/event/backchannel-logout";
