import { partnersConfig } from "./config.js";
import { englishStrings, type PanelStrings } from "./strings.js";
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

/** BCP 47: what the element says, else the nearest `lang`, else the browser's. */
export function localeOf(element: HTMLElement, said: string): string {
  return said || element.closest<HTMLElement>("[lang]")?.lang || navigator.language;
}

/** The texts of one panel: its own, else the page's, else this package's. */
export function stringsOf(
  panel: HTMLElement & {
    readonly locale: string;
    readonly strings: Partial<PanelStrings> | null;
    requestUpdate(): void;
  },
): PanelStrings {
  const own = ownWords(localeOf(panel, panel.locale), () => panel.requestUpdate());
  return { ...englishStrings, ...own, ...partnersConfig()?.strings, ...panel.strings };
}
