import { type Clock, systemClock } from "@partner-panel/postmessage-rpc";
import type { ConsentBook, ConsentChange } from "./consent-book.js";
import { openBook } from "./consent-shelf.js";
import type { ConsentStore, ConsentSubject } from "./consent-store.js";

/** One scope as the user is asked about it. Its texts come from the manifest: they are data, with nothing hidden in them. */
export interface AskedScope {
  readonly scope: string;
  readonly title: string;
  readonly reason: string | null;
  readonly required: boolean;
}

/** What the user is asked. */
export interface ConsentAsk {
  /** The partner's name. */
  readonly partner: string;
  readonly origin: string;
  /** The panel's label. */
  readonly panel: string;
  /** Whether a yes outlives this panel: there is a user to remember it for. */
  readonly remembered: boolean;
  readonly scopes: readonly AskedScope[];
}

/** The scopes allowed; `"denied"` is the user's explicit No; `"unanswered"` is neither. */
export type ConsentAnswer = readonly string[] | "denied" | "unanswered";

/**
 * Puts the question to the user, in the host's page. Resolves with `"unanswered"` when the signal aborts.
 *
 * `isOpening`: the panel cannot open without the answer, so the question may be put without anybody having called for it.
 */
export type AskUser = (scopes: readonly string[], signal: AbortSignal, isOpening: boolean) => Promise<ConsentAnswer>;

/** After this many Nos to one partner the page asks no more: who begs must not win by wearing the user down. */
const mostRefusals = 3;

/** Explicit Nos of this page's life, by partner, origin and user. Kept per page, for a view can reload itself but not the host. */
const refusals = new Map<string, number>();

/** A question that the user was not done with yet. */
interface Question {
  readonly key: string;
  readonly scopes: readonly string[];
  /** Takes the question away: it has its answer. */
  readonly withdraw: () => void;
}

/** Those of all panels of the page: a No to one is a No to each that asks the same for the same partner. */
const questions = new Set<Question>();

/** A question of one panel, and who waits for its answer. */
interface Asking {
  readonly scopes: readonly string[];
  readonly withdraw: () => void;
  done: Promise<void>;
  waiting: number;
}

/** What was decided about one panel's scopes, for its audit. */
export type ConsentDecision = "granted" | "refused" | "silent";

/**
 * What one panel knows of its user's yes, and how it asks for more. One question at a time: what is asked for meanwhile waits for
 * the answer, and is part of it if it was in it. Remembered in the store where there is a user; for nobody it lasts as long as
 * the page.
 */
export class Consent {
  readonly #subject: Omit<ConsentSubject, "user"> & { readonly user: string | null };
  readonly #key: string;
  readonly #ask: AskUser;
  readonly #clock: Clock;
  readonly #book: ConsentBook;
  readonly #close: () => void;
  readonly #onDecision: (decision: ConsentDecision, scopes: readonly string[], ms: number) => void;
  #asking: Asking | null = null;

  constructor(options: {
    partner: Omit<ConsentSubject, "user">;
    user: string | null;
    store: ConsentStore;
    ask: AskUser;
    /** Runs after each change, whoever made it and wherever, while it already holds. */
    onChange?: ((change: ConsentChange) => void) | undefined;
    onDecision?: ((decision: ConsentDecision, scopes: readonly string[], ms: number) => void) | undefined;
    clock?: Clock | undefined;
  }) {
    const { partner, user, store, ask, onChange = () => {}, onDecision = () => {}, clock = systemClock } = options;
    this.#subject = { ...partner, user };
    this.#key = JSON.stringify([partner.partner, partner.origin, user]);
    this.#ask = ask;
    this.#clock = clock;
    this.#onDecision = onDecision;
    const { book, close } = openBook(store, this.#subject, onChange, clock);
    this.#book = book;
    this.#close = close;
  }

  /** The scopes held, whatever policy and plan say to them. */
  get scopes(): readonly string[] {
    return this.#book.scopes;
  }

  /** Whether this user said No so often that the page asks no more. */
  get isSilent(): boolean {
    return (refusals.get(this.#key) ?? 0) >= mostRefusals;
  }

  /** Reads what was said before. */
  load(): Promise<void> {
    return this.#book.load();
  }

  /** Follows the book no more. */
  end(): void {
    this.#close();
  }

  /**
   * Asks the user for those of the scopes that are not held. Resolves when that is settled, one way or the other, or with the
   * signal; `scopes` then tells what is held. The question goes when everybody who waits for its answer has gone.
   */
  async request(scopes: readonly string[], signal: AbortSignal, isOpening = false): Promise<void> {
    const asked = new Set<string>();
    for (;;) {
      const held = this.scopes;
      const open = scopes.filter((scope) => !held.includes(scope) && !asked.has(scope));
      if (open.length === 0 || signal.aborted) return;
      if (this.isSilent) return this.#onDecision("silent", open, 0);
      // Whoever comes while a question is open learns of its answer, and asks only for what was not in it.
      const asking = this.#asking ?? this.#begin(open, isOpening);
      for (const scope of asking.scopes) asked.add(scope);
      await this.#answered(asking, signal);
    }
  }

  /** Holds the scopes without asking: the host's page says that the user agreed. */
  add(scopes: readonly string[]): Promise<void> {
    return this.#hold(scopes, 0);
  }

  /** Takes the yes back; when this returns a promise the scopes are no longer held. */
  async remove(scopes: readonly string[]): Promise<void> {
    await this.#book.remove(scopes).catch(() => {});
  }

  /** Notes that the view used this scope. */
  used(scope: string): void {
    this.#book.used(scope);
  }

  /** Waits for the answer, or for the signal. */
  async #answered(asking: Asking, signal: AbortSignal): Promise<void> {
    let leave = () => {};
    const left = new Promise<void>((resolve) => {
      leave = resolve;
      signal.addEventListener("abort", leave, { once: true });
      if (signal.aborted) leave();
    });
    asking.waiting += 1;
    try {
      await Promise.race([asking.done, left]);
    } finally {
      signal.removeEventListener("abort", leave);
      asking.waiting -= 1;
      if (asking.waiting === 0 && signal.aborted) {
        asking.withdraw();
        // Who comes now must not wait for an answer that nobody gives any more.
        this.#done(asking);
      }
    }
  }

  #done(asking: Asking): void {
    if (this.#asking === asking) this.#asking = null;
  }

  #begin(scopes: readonly string[], isOpening: boolean): Asking {
    const withdrawal = new AbortController();
    const withdraw = () => withdrawal.abort();
    const question = { key: this.#key, scopes, withdraw };
    // Another panel, another tab or the page itself may bring the yes while this one is still asking.
    const isHeld = () => scopes.every((scope) => this.scopes.includes(scope));
    const stop = this.#book.onChange(() => isHeld() && withdraw());
    questions.add(question);
    const asking: Asking = { scopes, withdraw, done: Promise.resolve(), waiting: 0 };
    this.#asking = asking;
    asking.done = (async () => {
      try {
        const since = this.#clock.now();
        const answer = await this.#ask(scopes, withdrawal.signal, isOpening);
        const ms = this.#clock.now() - since;
        if (answer === "denied") this.#onNo(question, ms);
        else if (answer !== "unanswered") {
          const left = scopes.filter((scope) => !answer.includes(scope));
          if (left.length > 0) this.#onDecision("refused", left, ms);
          await this.#hold(
            scopes.filter((scope) => answer.includes(scope)),
            ms,
          );
        }
      } finally {
        stop();
        questions.delete(question);
        this.#done(asking);
      }
    })();
    return asking;
  }

  async #hold(scopes: readonly string[], ms: number): Promise<void> {
    if (scopes.length === 0) return;
    const saved = this.#book.add(scopes);
    this.#onDecision("granted", scopes, ms);
    // What cannot be remembered holds for this page all the same.
    await saved.catch(() => {});
  }

  #onNo(answered: Question, ms: number): void {
    refusals.set(this.#key, (refusals.get(this.#key) ?? 0) + 1);
    this.#onDecision("refused", answered.scopes, ms);
    questions.delete(answered);
    for (const { key, scopes, withdraw } of [...questions]) {
      if (key !== this.#key) continue;
      if (this.isSilent || scopes.every((scope) => answered.scopes.includes(scope))) withdraw();
    }
  }
}

let turn: Promise<unknown> = Promise.resolve();

/** Runs one question after the other: two dialogs at once could be laid so that one press answers both. */
export function inTurn<T>(run: () => Promise<T>): Promise<T> {
  const mine = turn.then(run, run);
  turn = mine.catch(() => {});
  return mine;
}
