/** One yes of one user to one scope of one partner. */
export interface ConsentRecord {
  /** The manifest's `id`. */
  readonly partner: string;
  /** The manifest's `origin`: the same id at another origin is another partner. */
  readonly origin: string;
  readonly user: string;
  readonly scope: string;
  /** When, in milliseconds since the epoch. */
  readonly at: number;
  /** When a view last did something under it, in milliseconds since the epoch, to about a minute. Left out: never, or not known. */
  readonly lastUsed?: number | undefined;
}

/** Whose consent to what. */
export type ConsentSubject = Pick<ConsentRecord, "partner" | "origin" | "user">;

/**
 * Where consent is remembered. A store that rejects or throws is taken to remember nothing. Keep it one object: panels and
 * `<partner-grants>` that share it follow each other at once.
 */
export interface ConsentStore {
  list(subject: ConsentSubject): readonly ConsentRecord[] | Promise<readonly ConsentRecord[]>;
  add(records: readonly ConsentRecord[]): void | Promise<void>;
  /** Whatever else the records held, such as `lastUsed`, goes too. */
  remove(subject: ConsentSubject, scopes: readonly string[]): void | Promise<void>;
  /** All records of one user, for `<partner-grants>`. Without it that list asks `list` for each partner that the page names. */
  listAll?(user: string): readonly ConsentRecord[] | Promise<readonly ConsentRecord[]>;
  /** A scope was used. Called at most once a minute for each; must not bring back a record that was removed. */
  used?(subject: ConsentSubject, scope: string, at: number): void | Promise<void>;
  /**
   * Calls `run` when records may have changed elsewhere: in another tab, on the server. The function returned stops that. What is
   * gone then is gone from open panels at once.
   */
  watch?(run: () => void): () => void;
}

/** A {@link ConsentStore} that needs no waiting. */
export interface StorageConsentStore extends ConsentStore {
  list(subject: ConsentSubject): readonly ConsentRecord[];
  listAll(user: string): readonly ConsentRecord[];
  add(records: readonly ConsentRecord[]): void;
  remove(subject: ConsentSubject, scopes: readonly string[]): void;
  used(subject: ConsentSubject, scope: string, at: number): void;
  watch(run: () => void): () => void;
}

const consent = "partner-panel.consent";
const usage = "partner-panel.used";

/**
 * The default store: this browser's localStorage on the host's origin. One entry a record, so that two tabs that write at once
 * cannot lose each other's; `[prefix, partner, origin, user, scope]` as JSON is the key, so that no name can pass for two. Last
 * uses are entries of their own: written late by one tab, they cannot bring back what another has just removed.
 *
 * @param storage any Storage.
 */
export function storageConsentStore(storage: () => Storage = () => localStorage): StorageConsentStore {
  const keyOf = (prefix: string, { partner, origin, user }: ConsentSubject, scope: string) =>
    JSON.stringify([prefix, partner, origin, user, scope]);

  const read = (isWanted: (subject: ConsentSubject) => boolean): ConsentRecord[] => {
    const held = storage();
    const records: ConsentRecord[] = [];
    for (let index = 0; index < held.length; index += 1) {
      const key = held.key(index);
      const record = key === null ? null : readKey(key);
      if (key === null || record === null || !isWanted(record)) continue;
      const lastUsed = Number(held.getItem(keyOf(usage, record, record.scope))) || undefined;
      const at = Number(held.getItem(key)) || 0;
      records.push({ ...record, at, ...(lastUsed === undefined ? {} : { lastUsed }) });
    }
    return records;
  };

  return {
    list: ({ partner, origin, user }) =>
      read((record) => record.partner === partner && record.origin === origin && record.user === user),
    listAll: (user) => read((record) => record.user === user),
    add(records) {
      for (const record of records) storage().setItem(keyOf(consent, record, record.scope), String(record.at));
    },
    remove(subject, scopes) {
      for (const scope of scopes) {
        for (const prefix of [consent, usage]) storage().removeItem(keyOf(prefix, subject, scope));
      }
    },
    used(subject, scope, at) {
      if (storage().getItem(keyOf(consent, subject, scope)) === null) return;
      storage().setItem(keyOf(usage, subject, scope), String(at));
    },
    watch(run) {
      // Told by the browser in every other document of this origin, never in the one that wrote.
      const onStorage = ({ key, storageArea }: StorageEvent) => {
        if (storageArea !== null && storageArea !== storage()) return;
        if (key === null || key.startsWith(`["${consent}"`) || key.startsWith(`["${usage}"`)) run();
      };
      // A page in the back/forward cache hears nothing of what happens meanwhile.
      const onShow = ({ persisted }: PageTransitionEvent) => {
        if (persisted) run();
      };
      window.addEventListener("storage", onStorage);
      window.addEventListener("pageshow", onShow);
      return () => {
        window.removeEventListener("storage", onStorage);
        window.removeEventListener("pageshow", onShow);
      };
    },
  };
}

/** What a key of a record says; null for every other entry of the storage. */
function readKey(key: string): (ConsentSubject & { scope: string }) | null {
  if (!key.startsWith(`["${consent}"`)) return null;
  try {
    const parts = JSON.parse(key) as unknown[];
    const [, partner, origin, user, scope] = parts;
    if (parts.length !== 5 || !parts.every((part) => typeof part === "string")) return null;
    return { partner, origin, user, scope } as ConsentSubject & { scope: string };
  } catch {
    return null;
  }
}
