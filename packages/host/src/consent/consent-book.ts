import { type Clock, systemClock } from "@partner-panel/postmessage-rpc";
import type { ConsentRecord, ConsentStore, ConsentSubject } from "./consent-store.js";

/** What is held that was not, and the other way round. */
export interface ConsentChange {
  readonly added: readonly string[];
  readonly removed: readonly string[];
}

/** Milliseconds between two notes of the same scope's last use: it is read by people, and a store may be a server. */
const noteEvery = 60_000;

/**
 * What one user said yes to for one partner: one book for all panels of a page, so that what is taken back anywhere is gone
 * everywhere before anything else runs. It follows the store as well, where the store tells of changes made elsewhere.
 */
export class ConsentBook {
  readonly #subject: ConsentSubject | null;
  readonly #store: ConsentStore;
  readonly #clock: Clock;
  readonly #onWritten: () => void;
  readonly #held = new Set<string>();
  /** Held although the store may not list them: being written, or impossible to write. Each with the write it is of. */
  readonly #unsaved = new Map<string, number>();
  /** Not held although the store may list them: being removed, or impossible to remove. */
  readonly #withheld = new Map<string, number>();
  readonly #watchers = new Set<(change: ConsentChange) => void>();
  readonly #noted = new Map<string, number>();
  /** Counts what was written, begun and done: a list that was read meanwhile says nothing certain. */
  #revision = 0;
  /** Counts the readings: of two at once, the one begun later knows more, whichever ends first. */
  #loads = 0;
  #newest: Promise<void> = Promise.resolve();

  /**
   * @param subject null: there is no user, so nothing is remembered.
   * @param onWritten runs when the store has done, or could not do, something of this book's.
   */
  constructor(
    subject: ConsentSubject | null,
    store: ConsentStore,
    clock: Clock = systemClock,
    onWritten: () => void = () => {},
  ) {
    this.#subject = subject;
    this.#store = store;
    this.#clock = clock;
    this.#onWritten = onWritten;
  }

  /** The scopes held, whatever policy and plan say to them. */
  get scopes(): readonly string[] {
    return [...this.#held];
  }

  /** Calls `run` after each change, while it already holds. The returned function takes it back. */
  onChange(run: (change: ConsentChange) => void): () => void {
    this.#watchers.add(run);
    return () => this.#watchers.delete(run);
  }

  /** Whether it knows of something that the store has not done yet, or could not do. */
  get isAhead(): boolean {
    return this.#unsaved.size > 0 || this.#withheld.size > 0;
  }

  /** Reads the store again. A store that cannot be read changes nothing. Where it is read anew meanwhile, resolves with that. */
  load(): Promise<void> {
    this.#newest = this.#subject === null ? Promise.resolve() : this.#read(this.#subject);
    return this.#newest;
  }

  /** Forgets what only the store can say: while nobody read this book, nobody heard of what went there. */
  reset(): void {
    this.#loads += 1;
    this.#newest = Promise.resolve();
    this.#hold(new Set(this.#unsaved.keys()));
  }

  async #read(subject: ConsentSubject): Promise<void> {
    this.#loads += 1;
    const mine = this.#loads;
    for (;;) {
      const revision = this.#revision;
      const records = await this.#list(subject);
      if (mine !== this.#loads) return this.#newest;
      if (records === null) return;
      if (revision !== this.#revision) continue;
      const listed = records.map(({ scope }) => scope).filter((scope) => !this.#withheld.has(scope));
      return this.#hold(new Set([...listed, ...this.#unsaved.keys()]));
    }
  }

  /** Null where the store cannot be read, storage being blocked or a back end away: the user is asked. */
  async #list(subject: ConsentSubject): Promise<readonly ConsentRecord[] | null> {
    try {
      return await this.#store.list(subject);
    } catch {
      return null;
    }
  }

  /** Holds the scopes at once. Resolves when the store has them; rejects where it could not, and they hold for this page alone. */
  add(scopes: readonly string[]): Promise<void> {
    const written = this.#mark(scopes, this.#unsaved, this.#withheld);
    this.#hold(new Set([...this.#held, ...scopes]));
    const at = this.#clock.wall();
    return written((subject) => this.#store.add(scopes.map((scope) => ({ ...subject, scope, at }))));
  }

  /** Lets the scopes go at once. Resolves when the store has; rejects where it could not, and they come back with the next page. */
  remove(scopes: readonly string[]): Promise<void> {
    const written = this.#mark(scopes, this.#withheld, this.#unsaved);
    this.#hold(new Set([...this.#held].filter((scope) => !scopes.includes(scope))));
    return written((subject) => this.#store.remove(subject, scopes));
  }

  /** Notes that a view used this scope. */
  used(scope: string): void {
    const now = this.#clock.now();
    const before = this.#noted.get(scope);
    if (this.#subject === null || this.#store.used === undefined || !this.#held.has(scope)) return;
    if (before !== undefined && now - before < noteEvery) return;
    this.#noted.set(scope, now);
    const { used } = this.#store;
    const subject = this.#subject;
    const at = this.#clock.wall();
    // What cannot be noted is not worth telling anybody.
    Promise.resolve()
      .then(() => used.call(this.#store, subject, scope, at))
      .then(this.#onWritten)
      .catch(() => {});
  }

  /** The marks stand until the store has done what they are of; a later write of the same scope has marks of its own. */
  #mark(scopes: readonly string[], on: Map<string, number>, off: Map<string, number>) {
    this.#revision += 1;
    const mark = this.#revision;
    for (const scope of scopes) {
      off.delete(scope);
      on.set(scope, mark);
    }
    return async (write: (subject: ConsentSubject) => void | Promise<void>): Promise<void> => {
      if (this.#subject === null || scopes.length === 0) return;
      try {
        await write(this.#subject);
        for (const scope of scopes) if (on.get(scope) === mark) on.delete(scope);
      } finally {
        this.#revision += 1;
        this.#onWritten();
      }
    };
  }

  #hold(next: ReadonlySet<string>): void {
    const change = {
      added: [...next].filter((scope) => !this.#held.has(scope)),
      removed: [...this.#held].filter((scope) => !next.has(scope)),
    };
    if (change.added.length === 0 && change.removed.length === 0) return;
    for (const scope of change.removed) this.#held.delete(scope);
    for (const scope of change.added) this.#held.add(scope);
    for (const watcher of [...this.#watchers]) watcher(change);
  }
}
