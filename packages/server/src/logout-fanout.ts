import { type JWK, SignJWT } from "jose";
import { configuredUrl } from "./address.js";
import type { Endpoint } from "./endpoint.js";
import { type SigningKey, signingKey } from "./keys.js";
import { serverLimits } from "./limits.js";
import { logoutEvent, logoutTokenType } from "./logout-token.js";
import { sessionOfOwnPage } from "./own-page.js";
import { json, Refusal } from "./refusal.js";

/** A partner that is told about log-outs. */
export interface LogoutPartner {
  /** The partner's issuer: the logout token's `aud`, as it is the assertion's. */
  issuer: string;
  /** Where the partner receives logout tokens (see `createLogoutReceiver`). */
  backchannel_logout_uri: string;
}

/** What became of telling one partner. */
export interface LogoutResult {
  /** A key of `partners`. */
  partner: string;
  /** Whether the partner said that it ended the session. */
  ok: boolean;
  /** How often it was tried. */
  attempts: number;
  /** The partner's last answer; left out when there was none. */
  status?: number;
}

export interface LogoutFanoutOptions<Session extends { sid: string }> {
  /** The public address of this back end. Its origin is the only one whose pages may log out. */
  publicUrl: string | URL;
  /** The tokens' `iss`: the same as of the assertions; `publicUrl` if left out. */
  issuer?: string;
  /** Where the host's pages log out, below `publicUrl`; `/panel/logout` if left out. */
  path?: string;
  /** The same as of the assertion endpoint, which also publishes the public halves. */
  keys: readonly [JWK, ...JWK[]];
  partners: Readonly<Record<string, LogoutPartner>>;
  /** The user's name for this partner, for `sub`: the same as of the assertion endpoint. Without it, tokens have `sid` alone. */
  pairwise?(session: NoInfer<Session>, partner: LogoutPartner): string | Promise<string>;
  /** The session that is to end, as of the assertion endpoint. It must not read the body. */
  authenticate(request: Request): Session | undefined | Promise<Session | undefined>;
  /** Ends the host's own session. Called before any partner is told. */
  end(session: NoInfer<Session>): unknown;
  /** Told what became of each log-out: for logs, or to try again later where a partner was not there. */
  report?(results: readonly LogoutResult[], session: NoInfer<Session>): void;
  /** How partners are told; the global `fetch` if left out. */
  fetch?: typeof globalThis.fetch;
}

export interface LogoutFanout<Session extends { sid: string }> extends Endpoint {
  /**
   * Tells every partner that a session is over, all at once: for a log-out that did not come from a page, such as one that
   * the host's own provider sent. Never rejects because of a partner. Takes at most about 10 s.
   */
  notify(session: Session): Promise<readonly LogoutResult[]>;
}

/**
 * Spreads a log-out of the host to its partners: each gets an OpenID Connect back-channel logout token (Back-Channel Logout
 * 1.0, section 2.4) with the `sid` that the assertions had, and refuses that session from then on.
 *
 * `fetch` answers `POST {path}` (`content-type: application/json`, from the host's own pages alone, as at the assertion endpoint):
 * ends the host's session, tells the partners, and answers 200 with `{ partners: LogoutResult[] }`. The user is logged out of
 * the host whatever the partners answer, so the page need not wait.
 *
 * A partner has 3 s to answer. It is asked again after 0.25 s and after 1 s if it could not be reached, took too long or
 * answered 5xx or 429, each time with a new token. Redirects are not followed.
 *
 * Refusals: 403 `access_denied`, 400 `invalid_request`, 401 `login_required`. What `authenticate`, `end` or `pairwise` throws,
 * `fetch` rejects with.
 *
 * @throws {TypeError} An option has the wrong form; that of a key is told by the first log-out.
 */
export function createLogoutFanout<Session extends { sid: string }>(
  options: LogoutFanoutOptions<Session>,
): LogoutFanout<Session> {
  const base = configuredUrl("publicUrl", options.publicUrl);
  const issuer = options.issuer ?? base.href.replace(/\/$/, "");
  const path = options.path ?? "/panel/logout";
  const send = options.fetch ?? globalThis.fetch;
  const partners = Object.entries(options.partners).map(([name, partner]) => {
    configuredUrl("backchannel_logout_uri", partner.backchannel_logout_uri);
    return { name, partner };
  });
  let signer: Promise<SigningKey> | undefined;

  async function sign(session: Session, partner: LogoutPartner, sub: string | undefined): Promise<string> {
    signer ??= signingKey(options.keys[0]);
    const { key, alg, kid } = await signer;
    const iat = Math.floor(Date.now() / 1000);
    return new SignJWT({
      iss: issuer,
      aud: partner.issuer,
      ...(sub === undefined ? {} : { sub }),
      sid: session.sid,
      iat,
      exp: iat + serverLimits.logoutTokenLife,
      jti: crypto.randomUUID(),
      events: { [logoutEvent]: {} },
    })
      .setProtectedHeader({ typ: logoutTokenType, alg, kid })
      .sign(key);
  }

  /** The partner's status, or `undefined` when it gave none in time. */
  async function post(uri: string, token: string): Promise<number | undefined> {
    try {
      const response = await send(uri, {
        method: "POST",
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: new URLSearchParams({ logout_token: token }).toString(),
        redirect: "manual",
        signal: AbortSignal.timeout(serverLimits.logoutTimeout * 1000),
      });
      response.body?.cancel().catch(() => {});
      return response.status;
    } catch {
      return undefined;
    }
  }

  async function tell(session: Session, name: string, partner: LogoutPartner): Promise<LogoutResult> {
    const sub = await options.pairwise?.(session, partner);
    for (let attempts = 1; ; attempts += 1) {
      // A new one each time: the partner may have used the last one up, and then failed.
      const status = await post(partner.backchannel_logout_uri, await sign(session, partner, sub));
      const ok = status === 200 || status === 204;
      const pause = serverLimits.logoutPauses[attempts - 1];
      const isFinal = ok || !(status === undefined || status >= 500 || status === 429);
      if (isFinal || pause === undefined) {
        return { partner: name, ok, attempts, ...(status === undefined ? {} : { status }) };
      }
      await new Promise((resolve) => setTimeout(resolve, pause * 1000));
    }
  }

  async function notify(session: Session): Promise<readonly LogoutResult[]> {
    const results = await Promise.all(partners.map(({ name, partner }) => tell(session, name, partner)));
    options.report?.(results, session);
    return results;
  }

  return {
    notify,
    async fetch(request) {
      if (new URL(request.url).pathname !== path) return undefined;
      if (request.method !== "POST") {
        return new Refusal(405, "invalid_request", "Use POST.").toResponse({ allow: "POST" });
      }
      try {
        const session = await sessionOfOwnPage(request, base.origin, options.authenticate);
        await options.end(session);
        return json(200, { partners: await notify(session) });
      } catch (error) {
        if (error instanceof Refusal) return error.toResponse();
        throw error;
      }
    },
  };
}
