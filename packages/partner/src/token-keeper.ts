import type { PanelAccount } from "./account.js";
import type { SignInPort } from "./sign-in-port.js";

/** The part of a token's life after which it is renewed, and how much later that may be: so that many panels do not ask at once. */
const renewalPoint = 0.75;
const renewalSpread = 0.05;
/**
 * Milliseconds from an attempt at renewing a token that is still good to the next; also from a token to the next, however short its life:
 * what the issuer says of that must not have a view ask on and on.
 */
const renewalPause = 5_000;
/** Milliseconds after which a timer looks again. A browser's timer knows no delay of 2^31 ms or more, and ends at once. */
const longestDelay = 86_400_000;

/** What a token endpoint gave. */
export interface TokenAnswer {
  readonly text: string;
  /** Seconds. */
  readonly life: number;
  /** Whose it is; null if it does not say. */
  readonly account: PanelAccount | null;
}

export interface Token {
  readonly text: string;
  /** Both in milliseconds of the monotonic clock: a wall clock set back must not make a token live longer. */
  renewAt: number;
  readonly expiresAt: number;
}

interface Listener {
  /** An attempt begins that a person could notice: there is no token. */
  onStart(): void;
  onToken(account: PanelAccount | null): void;
  /** There is no token any more, and none is to be had. */
  onFailure(error: unknown): void;
}

/**
 * The life of one frame's token: got once for all who wait for it, renewed in time while somebody can see the page, and again when
 * the page comes back to the eye or the network comes back.
 */
export class TokenKeeper {
  readonly #obtain: () => Promise<TokenAnswer>;
  readonly #port: SignInPort;
  readonly #listener: Listener;
  #token: Token | undefined;
  #renewal: Promise<Token> | undefined;
  /** Whether anybody ever wanted a token. */
  #isWanted = false;
  #stopTimer = (): void => {};

  constructor(obtain: () => Promise<TokenAnswer>, port: SignInPort, listener: Listener) {
    this.#obtain = obtain;
    this.#port = port;
    this.#listener = listener;
    const stopAwake = port.onAwake(() => this.#onAwake());
    port.signal.addEventListener("abort", () => {
      stopAwake();
      this.#drop();
    });
  }

  /** A token that has not expired. One past its renewal point is still given, while the next is under way. */
  valid(): Promise<Token> {
    const token = this.#token;
    const now = this.#port.clock.now();
    if (!token || now >= token.expiresAt) return this.renew();
    if (now >= token.renewAt) this.renew().catch(() => {});
    return Promise.resolve(token);
  }

  /** Another token than this one, which will not do; of all who ask at once the first makes it be renewed. */
  instead(refused: Token): Promise<Token> {
    if (this.#token === refused) this.#drop();
    return this.valid();
  }

  /** Whether there is a token that has not expired. */
  get isGood(): boolean {
    return this.#token !== undefined && this.#port.clock.now() < this.#token.expiresAt;
  }

  /** Whether this is the token that is given now: no other was got since. */
  holds(token: Token): boolean {
    return this.#token === token;
  }

  /** This token will not do, and nor will one that is got the same way. */
  giveUp(refused: Token, error: unknown): void {
    if (this.#token !== refused) return;
    this.#drop();
    this.#listener.onFailure(error);
  }

  renew(): Promise<Token> {
    const { signal } = this.#port;
    if (signal.aborted) return Promise.reject(signal.reason as Error);
    this.#isWanted = true;
    this.#renewal ??= this.#renewOnce().finally(() => {
      this.#renewal = undefined;
    });
    return this.#renewal;
  }

  async #renewOnce(): Promise<Token> {
    const { clock, signal } = this.#port;
    if (!this.#token) this.#listener.onStart();
    const began = clock.now();
    try {
      const answer = await this.#obtain();
      signal.throwIfAborted();
      return this.keep(answer, began);
    } catch (error) {
      const held = this.#token;
      const now = clock.now();
      if (held && now < held.expiresAt) {
        held.renewAt = now + renewalPause;
        this.#renewInTime(held);
      } else if (!signal.aborted) {
        this.#drop();
        this.#listener.onFailure(error);
      }
      throw error;
    }
  }

  /** Keeps a token that was asked for at `began`, by the monotonic clock. */
  keep({ text, life, account }: TokenAnswer, began: number): Token {
    const { random } = this.#port;
    const renewAt = began + Math.max(renewalPause, life * 1_000 * (renewalPoint + renewalSpread * random()));
    const token: Token = { text, renewAt, expiresAt: began + life * 1_000 };
    this.#token = token;
    this.#renewInTime(token);
    this.#listener.onToken(account);
    return token;
  }

  #renewInTime(token: Token): void {
    const { clock, isHidden } = this.#port;
    this.#stopTimer();
    const delay = Math.max(0, token.renewAt - clock.now());
    this.#stopTimer = clock.after(Math.min(delay, longestDelay), () => {
      if (delay > longestDelay) this.#renewInTime(token);
      else if (!isHidden()) this.renew().catch(() => {});
    });
  }

  #onAwake(): void {
    const { clock, isHidden } = this.#port;
    if (!this.#isWanted || isHidden()) return;
    if (!this.#token || clock.now() >= this.#token.renewAt) this.renew().catch(() => {});
  }

  #drop(): void {
    this.#stopTimer();
    this.#token = undefined;
  }
}
