import type { ExchangedToken } from "@partner-panel/postmessage-rpc/panel";
import type { ExchangeRequest, ExchangeStrategy, StepUp } from "../config.js";
import { Failure } from "../errors.js";
import { ask, askBackEnd, type BackEndOptions, type Told, toldReason } from "./back-end.js";

/** RFC 8693, sections 2.1 and 3. */
const tokenExchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
const accessTokenType = "urn:ietf:params:oauth:token-type:access_token";

export interface ExchangeOptions extends BackEndOptions {
  /** Has the user sign in anew where the partner's API demands it; left out, its refusal stands. */
  readonly stepUp?: StepUp | undefined;
}

/** A host page that is itself a public client of the provider, and exchanges its own user's token. */
export type ExchangeSettings = {
  /** The provider's token endpoint, the address that frames' proofs are for. It must allow the page's origin by CORS. */
  readonly tokenEndpoint: string | URL;
  /** The page, as a client of the provider. */
  readonly clientId: string;
  /** The user's own token from the provider, or null where nobody is signed in. Asked for each time. */
  readonly subjectToken: () => string | null | Promise<string | null>;
  /** Its type, of those in RFC 8693, section 3; that of an access token if left out. */
  readonly subjectTokenType?: string | undefined;
  /** As in {@link ExchangeOptions}. */
  readonly stepUp?: StepUp | undefined;
  /** In place of the page's fetch. */
  readonly fetch?: typeof globalThis.fetch | undefined;
} & (
  | {
      /** The partner's API as an absolute URL (RFC 8707). Yours to name: a manifest could name another partner's. */
      readonly resource: string;
    }
  | {
      /** The partner's API by the name that the provider gives it (RFC 8693, section 2.1). */
      readonly audience: string;
    }
);

/** The provider wants its nonce in the frame's proof (RFC 9449, section 8). */
class NonceWanted extends Error {
  override readonly name = "NonceWanted";
  readonly code = "USE_DPOP_NONCE";
  readonly nonce: string;

  constructor(nonce: string) {
    super("The provider wants its DPoP-Nonce in the proof");
    this.nonce = nonce;
  }
}

/**
 * The sign-in strategy for a host and a partner that trust one provider (RFC 8693): the frame's proof goes to the token endpoint
 * together with the user's own token, and a token bound to the frame's key comes back. The page passes it on and cannot use it.
 *
 * With a URL: posts `{ proof, scope, partner }` as JSON to the host's back end, with the host's own session;
 * `createExchangeProxy` of `@partner-panel/server` is the other side. With settings: the page asks the provider itself, as a public
 * client, for one audience and the scopes that the policy leaves.
 *
 * The strategy rejects with code `SIGN_IN_REQUIRED` where there is no session at the host, `USE_DPOP_NONCE`, and `TOKEN_REFUSED` on
 * anything else but a token whose `token_type` is `DPoP`.
 *
 * @param at the endpoint, on the host's own origin, or how to ask the provider.
 * @param options for a URL only.
 */
export function exchangeAt(at: string | URL | ExchangeSettings, options: ExchangeOptions = {}): ExchangeStrategy {
  const isUrl = typeof at === "string" || at instanceof URL;
  const send = isUrl ? fromBackEnd(at, options) : fromProvider(at);
  return {
    mode: "exchange",
    stepUp: isUrl ? options.stepUp : at.stepUp,
    async exchange(request) {
      const told = await send(request).catch((cause: unknown) => {
        if (cause instanceof Failure) throw cause;
        throw new Failure("TOKEN_REFUSED", { message: "The token exchange cannot be reached", cause });
      });
      return tokenOf(told);
    },
  };
}

type Send = (request: ExchangeRequest) => Promise<Told>;

function fromBackEnd(url: string | URL, options: BackEndOptions): Send {
  return async ({ proof, scope, partner, signal }) => {
    const told = await askBackEnd(url, { proof, scope, partner }, signal, options);
    if (told.status !== 401) return told;
    throw new Failure("SIGN_IN_REQUIRED", { message: "The host's back end knows no session" });
  };
}

function fromProvider(settings: ExchangeSettings): Send {
  const { tokenEndpoint, clientId, subjectToken, subjectTokenType = accessTokenType, fetch } = settings;
  return async ({ proof, scope, signal }) => {
    const token = await subjectToken();
    if (token === null) throw new Failure("SIGN_IN_REQUIRED", { message: "Nobody is signed in at the host" });
    const body = new URLSearchParams({
      grant_type: tokenExchangeGrant,
      client_id: clientId,
      subject_token: token,
      subject_token_type: subjectTokenType,
      requested_token_type: accessTokenType,
      scope,
      ...("resource" in settings ? { resource: settings.resource } : { audience: settings.audience }),
    });
    const headers = new Headers({ dpop: proof });
    return ask(tokenEndpoint, { headers, body, signal, credentials: "omit" }, fetch ?? globalThis.fetch);
  };
}

function tokenOf(told: Told): ExchangedToken {
  const nonce = told.headers.get("dpop-nonce") ?? undefined;
  if (told.member("error") === "use_dpop_nonce" && nonce !== undefined) throw new NonceWanted(nonce);
  const [access_token, token_type, expires_in, scope] = ["access_token", "token_type", "expires_in", "scope"].map(
    told.member,
  );
  if (!told.ok || typeof access_token !== "string" || typeof token_type !== "string")
    throw new Failure("TOKEN_REFUSED", { message: `The token exchange ${toldReason(told)}` });
  return {
    access_token,
    token_type,
    expires_in: typeof expires_in === "number" ? expires_in : undefined,
    scope: typeof scope === "string" ? scope : undefined,
    nonce,
  };
}
