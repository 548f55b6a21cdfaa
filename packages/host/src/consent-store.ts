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
}

/** Whose consent to what. */
export type ConsentSubject = Pick<ConsentRecord, "partner" | "origin" | "user">;

/** Where consent is remembered. A store that rejects or throws is taken to remember nothing. */
export interface ConsentStore {
  list(subject: ConsentSubject): readonly ConsentRecord[] | Promise<readonly ConsentRecord[]>;
  add(records: readonly ConsentRecord[]): void | Promise<void>;
  remove(subject: ConsentSubject, scopes: readonly string[]): void | Promise<void>;
}

const prefix = "partner-panel.consent";

/**
 * The default store: this browser's localStorage on the host's origin. One entry a record, so that two tabs that write at once
 * cannot lose each other's; `[prefix, partner, origin, user, scope]` as JSON is the key, so that no name can pass for two.
 *
 * @param storage any Storage.
 */
export function storageConsentStore(storage: () => Storage = () => localStorage): ConsentStore {
  const keyOf = ({ partner, origin, user }: ConsentSubject, scope: string) =>
    JSON.stringify([prefix, partner, origin, user, scope]);
  return {
    list(subject) {
      const held = storage();
      const records: ConsentRecord[] = [];
      for (let index = 0; index < held.length; index += 1) {
        const key = held.key(index);
        const parts = key?.startsWith(`["${prefix}"`) ? readArray(key) : [];
        const [, partner, origin, user, scope] = parts;
        if (partner !== subject.partner || origin !== subject.origin || user !== subject.user) continue;
        if (typeof scope === "string") records.push({ ...subject, scope, at: Number(held.getItem(key ?? "")) || 0 });
      }
      return records;
    },
    add(records) {
      for (const record of records) storage().setItem(keyOf(record, record.scope), String(record.at));
    },
    remove(subject, scopes) {
      for (const scope of scopes) storage().removeItem(keyOf(subject, scope));
    },
  };
}

function readArray(text: string): readonly unknown[] {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
