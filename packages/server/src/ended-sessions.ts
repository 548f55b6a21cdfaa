import { serverLimits } from "./limits.js";
import type { EndedSession } from "./logout-receiver.js";
import type { ReplayStore } from "./replay.js";

/**
 * Remembers the sessions that were logged out, so that no token of theirs is taken from then on: `end` for
 * `createLogoutReceiver`, `isRevoked` for `createResourceGuard`, both over one store, shared by all processes.
 *
 * A session is its `sid` with the issuer that it was ended by, or one host could log out the users of another. For a token
 * that is the claim `host` (the host whose session it rests on, as `createAssertionGrant` orders it) or, without that, `iss`.
 *
 * Kept for a day. It need not be kept for longer than a token lives and an assertion before it, which is minutes in mode
 * `assertion`; a provider whose own access tokens live for longer than a day needs another way to take them back.
 *
 * @param store A store that is shared with replay checks will do.
 */
export function endedSessions(store: ReplayStore): {
  /** Ends a session. `false` where no `sid` is named: without one there is nothing to know its tokens by. */
  end(ended: EndedSession): Promise<boolean>;
  /** Whether the session that a token rests on was ended. A token without `sid` rests on none. */
  isRevoked(claims: { iss: string; sid?: unknown; host?: unknown }): Promise<boolean>;
} {
  const keyOf = (issuer: string, sid: string) => `ended session ${JSON.stringify([issuer, sid])}`;
  return {
    async end({ issuer, sid }) {
      if (sid === undefined) return false;
      await store.add(keyOf(issuer, sid), serverLimits.endedSessionLife);
      return true;
    },
    async isRevoked({ iss, sid, host }) {
      if (typeof sid !== "string") return false;
      return store.has(keyOf(typeof host === "string" ? host : iss, sid));
    },
  };
}
