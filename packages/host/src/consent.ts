import { type Clock, systemClock } from "@partner-panel/postmessage-rpc";
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

/** Puts the question to the user, in the host's page. Resolves with `"unanswered"` when the signal aborts. */
export type AskUser = (scopes: readonly string[], signal: AbortSignal) => Promise<ConsentAnswer>;

/** After this many Nos to one partner the page asks no more: who begs must not win by wearing the user down. */
const mostRefusals = 3;

/** Explicit Nos of this page's life, by partner, origin and user. Kept per page, for a view can reload itself but not the host. */
const refusals = new Map<string, number>();

/**
 * What one user said yes to for one partner, in one panel. Remembered in the store where there is a user; for nobody it lasts as
 * long as the panel. One question at a time: what is asked for meanwhile waits for the answer, and is part of it if it was in it.
 */
export class Consent {
  readonly #partner: Omit<ConsentSubject, "user">;
  readonly #user: string | null;
  readonly #store: ConsentStore;
  readonly #ask: AskUser;
  readonly #clock: Clock;
  readonly #held = new Set<string>();
  #asking: { readonly scopes: readonly string[]; readonly done: Promise<void> } | null = null;

  constructor(options: {
    partner: Omit<ConsentSubject, "user">;
    user: string | null;
    store: ConsentStore;
    ask: AskUser;
    clock?: Clock | undefined;
  }) {
    this.#partner = options.partner;
    this.#user = options.user;
    this.#store = options.store;
    this.#ask = options.ask;
    this.#clock = options.clock ?? systemClock;
  }

  /** The scopes held, whatever policy and plan say to them. */
  get scopes(): readonly string[] {
    return [...this.#held];
  }

  /** Whether this user said No so often that the page asks no more. */
  get isSilent(): boolean {
    return (refusals.get(this.#key) ?? 0) >= mostRefusals;
  }

  /** Reads what was said before. */
  async load(): Promise<void> {
    const subject = this.#subject;
    if (subject === null) return;
    try {
      for (const { scope } of await this.#store.list(subject)) this.#held.add(scope);
    } catch {
      // A store that cannot be read (storage blocked, back end away) remembers nothing: the user is asked.
    }
  }

  /**
   * Asks the user for those of the scopes that are not held. Resolves when that is settled, one way or the other; `scopes` then
   * tells what is held.
   */
  async request(scopes: readonly string[], signal: AbortSignal): Promise<void> {
    const asked = new Set<string>();
    for (;;) {
      const open = scopes.filter((scope) => !this.#held.has(scope) && !asked.has(scope));
      if (open.length === 0 || this.isSilent || signal.aborted) return;
      // Whoever comes while a question is open learns of its answer, and asks only for what was not in it.
      this.#asking ??= this.#begin(open, signal);
      for (const scope of this.#asking.scopes) asked.add(scope);
      await this.#asking.done;
    }
  }

  /** Holds the scopes without asking: the host's page says that the user agreed. */
  async add(scopes: readonly string[]): Promise<void> {
    for (const scope of scopes) this.#held.add(scope);
    const subject = this.#subject;
    if (subject === null || scopes.length === 0) return;
    try {
      const at = this.#clock.wall();
      await this.#store.add(scopes.map((scope) => ({ ...subject, scope, at })));
    } catch {
      // What cannot be remembered holds for this panel all the same.
    }
  }

  /** Takes the yes back; when this returns a promise the scopes are no longer held. */
  remove(scopes: readonly string[]): Promise<void> {
    for (const scope of scopes) this.#held.delete(scope);
    const subject = this.#subject;
    if (subject === null) return Promise.resolve();
    return Promise.resolve()
      .then(() => this.#store.remove(subject, scopes))
      .catch(() => {});
  }

  #begin(scopes: readonly string[], signal: AbortSignal) {
    const done = (async () => {
      try {
        const answer = await this.#ask(scopes, signal);
        if (answer === "denied") refusals.set(this.#key, (refusals.get(this.#key) ?? 0) + 1);
        else if (answer !== "unanswered") await this.add(answer.filter((scope) => scopes.includes(scope)));
      } finally {
        this.#asking = null;
      }
    })();
    return { scopes, done };
  }

  get #subject(): ConsentSubject | null {
    return this.#user === null ? null : { ...this.#partner, user: this.#user };
  }

  get #key(): string {
    return JSON.stringify([this.#partner.partner, this.#partner.origin, this.#user]);
  }
}

let turn: Promise<unknown> = Promise.resolve();

/** Runs one question after the other: two dialogs at once could be laid so that one press answers both. */
export function inTurn<T>(run: () => Promise<T>): Promise<T> {
  const mine = turn.then(run, run);
  turn = mine.catch(() => {});
  return mine;
}
