/*
 * Sign-in mode `assertion`, the frame's half: a key made here, an assertion from the host bound to it, a token from the partner's
 * own token endpoint bound to it, and requests to the partner's API with proofs of it.
 *
 * The token is in a private field and in the Authorization header of requests to the API, and nowhere else. Errors made here have
 * words of their own and no cause: the errors of the OAuth library carry what a server answered, which may be the token.
 */
import { RpcError } from "@partner-panel/postmessage-rpc";
import * as oauth from "oauth4webapi";
import { type AuthConfig, readAuth } from "./auth-config.js";
import { type Repeatable, repeatable } from "./resource.js";
import { failureReport, type SignIn, type SignInPort } from "./sign-in-port.js";
import { discover, redeem } from "./token-request.js";

/** The part of a token's life after which it is renewed. */
const renewalPoint = 0.75;
/** Milliseconds from an attempt at renewing a token that is still good to the next. */
const renewalPause = 5_000;

/** @throws RpcError CONFIG_REFUSED where `auth` is not of the manifest's form, or does not offer mode `assertion`. */
export function createSignIn(auth: unknown, port: SignInPort): SignIn {
  return new AssertionSignIn(readAuth(auth), port);
}

interface Token {
  readonly text: string;
  /** Both in milliseconds of the monotonic clock: a wall clock set back must not make a token live longer. */
  renewAt: number;
  readonly expiresAt: number;
}

interface Answer {
  readonly response: Response;
  /** `error` of the response's DPoP challenges. */
  readonly errors: readonly (string | undefined)[];
}

class AssertionSignIn implements SignIn {
  readonly #auth: AuthConfig;
  readonly #port: SignInPort;
  /** Of a key that cannot be extracted and is stored nowhere: it ends with the document, and every token with it. */
  readonly #proofs: Promise<oauth.DPoPHandle>;
  #server: Promise<oauth.AuthorizationServer> | undefined;
  #token: Token | undefined;
  #renewal: Promise<Token> | undefined;
  /** Whether the host was told that it is done, and nothing else since. */
  #isDone = false;
  #stopTimer = (): void => {};

  constructor(auth: AuthConfig, port: SignInPort) {
    this.#auth = auth;
    this.#port = port;
    this.#proofs = oauth.generateKeyPair("ES256").then((key) => oauth.DPoP({}, key));
    // Both begin before the session is open, so their failures may come before anybody waits for them.
    this.#proofs.catch(() => {});
    this.#metadata().catch(() => {});
    port.signal.addEventListener("abort", () => {
      this.#stopTimer();
      this.#token = undefined;
    });
  }

  async start(): Promise<void> {
    await this.#valid();
  }

  async fetch(input: string | URL | Request, init?: RequestInit): Promise<Response> {
    const request = await repeatable(this.#auth.resourceUrl, input, init, this.#port.signal);
    const token = await unlessAborted(this.#valid(), request.signal);
    const first = await this.#send(request, token);
    // A 401 that asks for a stronger sign-in is no matter of the token's age, and nor is a scope that it lacks.
    if (first.response.status !== 401 || first.errors.includes("insufficient_user_authentication"))
      return first.response;
    discard(first.response);
    const second = await this.#send(request, await unlessAborted(this.#instead(token), request.signal));
    if (second.errors.includes("invalid_token")) {
      this.#fail(new RpcError("TOKEN_REFUSED", { message: "The partner's API refuses this frame's token." }));
    }
    return second.response;
  }

  /** Sends with a fresh proof; once more where the API wants its nonce in it (RFC 9449, section 9). */
  async #send(request: Repeatable, token: Token): Promise<Answer> {
    const answer = await this.#sendOnce(request, token);
    if (!answer.errors.includes("use_dpop_nonce")) return answer;
    discard(answer.response);
    return this.#sendOnce(request, token);
  }

  async #sendOnce({ url, method, headers, body, signal, init }: Repeatable, token: Token): Promise<Answer> {
    const { fetch } = this.#port;
    const options = {
      DPoP: await this.#proofs,
      signal,
      // The address was checked when the configuration was read.
      [oauth.allowInsecureRequests]: true,
      [oauth.customFetch]: (address: string, given: object) => fetch(address, { ...init, ...given }),
    };
    try {
      return {
        response: await oauth.protectedResourceRequest(token.text, method, url, headers, body, options),
        errors: [],
      };
    } catch (error) {
      if (!(error instanceof oauth.WWWAuthenticateChallengeError)) throw error;
      const challenges = error.cause.filter(({ scheme }) => scheme === "dpop");
      return { response: error.response, errors: challenges.map(({ parameters }) => parameters.error) };
    }
  }

  /** A token that has not expired. One past its renewal point is still given, while the next is under way. */
  #valid(): Promise<Token> {
    const token = this.#token;
    const now = this.#port.clock.now();
    if (!token || now >= token.expiresAt) return this.#renew();
    if (now >= token.renewAt) this.#renew().catch(() => {});
    return Promise.resolve(token);
  }

  /** Another token than this one, which the API refused; of all who ask at once the first makes it be renewed. */
  #instead(refused: Token): Promise<Token> {
    if (this.#token === refused) this.#token = undefined;
    return this.#valid();
  }

  #renew(): Promise<Token> {
    this.#renewal ??= this.#obtain().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #obtain(): Promise<Token> {
    const { clock, report, signal } = this.#port;
    if (!this.#isDone) report({ state: "started" });
    try {
      const token = await this.#trade();
      signal.throwIfAborted();
      this.#token = token;
      this.#renewInTime(token);
      if (!this.#isDone) report({ state: "done" });
      this.#isDone = true;
      return token;
    } catch (error) {
      const held = this.#token;
      const now = clock.now();
      if (held && now < held.expiresAt) {
        held.renewAt = now + renewalPause;
        this.#renewInTime(held);
      } else {
        this.#fail(error);
      }
      throw error;
    }
  }

  async #trade(): Promise<Token> {
    const { clock } = this.#port;
    const [proofs, server] = await Promise.all([this.#proofs, this.#metadata()]);
    const { assertion } = await this.#assertion(await proofs.calculateThumbprint());
    const began = clock.now();
    const { text, life } = await redeem(server, this.#auth, assertion, proofs, this.#port);
    return { text, renewAt: began + life * 1_000 * renewalPoint, expiresAt: began + life * 1_000 };
  }

  /** Asked for once; again only if it failed. */
  #metadata(): Promise<oauth.AuthorizationServer> {
    this.#server ??= discover(this.#auth, this.#port).catch((error: unknown) => {
      this.#server = undefined;
      throw error;
    });
    return this.#server;
  }

  #assertion(jkt: string): Promise<{ assertion: string }> {
    return this.#port.assertion({ jkt, scope: this.#auth.scope }).catch((error: unknown) => {
      if (error instanceof RpcError && passedOn.has(error.code)) throw error;
      const code = error instanceof RpcError ? error.code : "no reason given";
      throw new RpcError("ASSERTION_REFUSED", { message: `The host gave no assertion (${code}).`, cause: error });
    });
  }

  #renewInTime({ renewAt }: Token): void {
    const { clock, isHidden } = this.#port;
    this.#stopTimer();
    this.#stopTimer = clock.after(Math.max(0, renewAt - clock.now()), () => {
      if (!isHidden()) this.#renew().catch(() => {});
    });
  }

  #fail(error: unknown): void {
    const { report, signal } = this.#port;
    this.#isDone = false;
    if (!signal.aborted) report(failureReport(error));
  }
}

/** Codes of the host, or of the way to it, that say enough by themselves. */
const passedOn: ReadonlySet<string> = new Set([
  "SIGN_IN_REQUIRED",
  "SIGN_IN_CANCELLED",
  "ASSERTION_REFUSED",
  "TIMEOUT",
  "BUSY",
  "SESSION_CLOSED",
  "QUARANTINED",
]);

/** The promise's outcome, unless the signal aborts first. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", onAbort));
    if (signal.aborted) onAbort();
  });
}

/** Lets go of an answer nobody will read. */
function discard(response: Response): void {
  response.body?.cancel().catch(() => {});
}
