import type { arabicStrings } from "./strings-ar.js";

type Strings = typeof arabicStrings;

let loaded: Strings | null = null;
let loading: Promise<void> | null = null;

/**
 * The package's own texts for this locale; null: those in English, which every page has. What is not there yet is being loaded, and `onLoad`
 * is called when it is. Where that fails, it stays English.
 */
export function ownWords(locale: string, onLoad: () => void): Strings | null {
  if (!/^ar(-|$)/i.test(locale)) return null;
  if (loaded === null) {
    loading ??= import("./strings-ar.js").then(({ arabicStrings }) => {
      loaded = arabicStrings;
    });
    loading.then(onLoad, () => {});
  }
  return loaded;
}
