import type { ConsentBook } from "./consent-book.js";
import type { ConsentStore } from "./consent-store.js";

/** What was said yes to while there was no user: written nowhere, and gone with the page or as soon as there may be somebody else. */
let nobodys = new WeakMap<ConsentStore, Map<string, ConsentBook>>();

/** By subject. */
export function booksOfNobody(store: ConsentStore): Map<string, ConsentBook> {
  const books = nobodys.get(store) ?? new Map<string, ConsentBook>();
  nobodys.set(store, books);
  return books;
}

/** Forgets what was allowed while there was no user. Panels that are open go on with what they have. */
export function forgetNobody(): void {
  nobodys = new WeakMap();
}
