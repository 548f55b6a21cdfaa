import type { Clock } from "@partner-panel/postmessage-rpc";
import { ConsentBook, type ConsentChange } from "./consent-book.js";
import type { ConsentStore, ConsentSubject } from "./consent-store.js";
import { booksOfNobody, forgetNobody } from "./nobody.js";

interface Entry {
  readonly book: ConsentBook;
  openers: number;
}

/** The books of one store, as long as somebody on the page reads them, or they know of what the store has not done. */
interface Shelf {
  readonly books: Map<string, Entry>;
  readonly readers: Set<() => void>;
  stop: (() => void) | null;
}

const shelves = new WeakMap<ConsentStore, Shelf>();

/** A book that is read: closing it leaves nothing. */
export interface OpenBook {
  readonly book: ConsentBook;
  close(): void;
}

/**
 * Opens the page's book for these: everybody who opens it with the same store and subject has the same one.
 *
 * @param user null: a book that is remembered nowhere, for this page until {@link forgetNobody} or somebody's book is opened.
 * @param onChange runs while the change already holds, so that a grant can be narrowed before anything else happens.
 */
export function openBook(
  store: ConsentStore,
  { user, ...partner }: Omit<ConsentSubject, "user"> & { readonly user: string | null },
  onChange: (change: ConsentChange) => void,
  clock?: Clock,
): OpenBook {
  if (user === null) {
    const books = booksOfNobody(store);
    const key = JSON.stringify([partner.partner, partner.origin]);
    const book = books.get(key) ?? new ConsentBook(null, store, clock);
    books.set(key, book);
    return { book, close: book.onChange(onChange) };
  }
  forgetNobody();
  const shelf = shelfOf(store);
  const key = JSON.stringify([partner.partner, partner.origin, user]);
  let entry = shelf.books.get(key);
  if (entry === undefined) {
    const onWritten = () => {
      putAway(shelf, key);
      tell(shelf);
    };
    entry = { book: new ConsentBook({ ...partner, user }, store, clock, onWritten), openers: 0 };
    shelf.books.set(key, entry);
  }
  const { book } = entry;
  if (entry.openers === 0) book.reset();
  entry.openers += 1;
  const stop = book.onChange(onChange);
  follow(shelf, store);
  return {
    book,
    close() {
      stop();
      entry.openers -= 1;
      putAway(shelf, key);
      unfollow(shelf);
    },
  };
}

/** Calls `run` whenever records of the store may have changed, here or elsewhere. The returned function takes it back. */
export function onRecords(store: ConsentStore, run: () => void): () => void {
  const shelf = shelfOf(store);
  shelf.readers.add(run);
  follow(shelf, store);
  return () => {
    shelf.readers.delete(run);
    unfollow(shelf);
  };
}

function shelfOf(store: ConsentStore): Shelf {
  let shelf = shelves.get(store);
  if (shelf === undefined) {
    shelf = { books: new Map(), readers: new Set(), stop: null };
    shelves.set(store, shelf);
  }
  return shelf;
}

function follow(shelf: Shelf, store: ConsentStore): void {
  try {
    shelf.stop ??=
      store.watch?.(() => {
        for (const { book } of shelf.books.values()) void book.load();
        tell(shelf);
      }) ?? null;
  } catch {
    // A store that cannot be watched is still read when a panel opens.
  }
}

/** Takes a book that nobody reads off the shelf; one that is ahead of the store stays, else the next reader had what was taken back. */
function putAway(shelf: Shelf, key: string): void {
  const entry = shelf.books.get(key);
  if (entry !== undefined && entry.openers === 0 && !entry.book.isAhead) shelf.books.delete(key);
}

function tell(shelf: Shelf): void {
  for (const reader of [...shelf.readers]) reader();
}

function unfollow(shelf: Shelf): void {
  if (shelf.readers.size > 0 || [...shelf.books.values()].some(({ openers }) => openers > 0)) return;
  shelf.stop?.();
  shelf.stop = null;
}
