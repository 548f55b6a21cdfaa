import type { PanelTheme } from "@partner-panel/postmessage-rpc/panel";
import { localeOf } from "../own-words.js";

/** What of the element decides its looks. */
export interface ThemeSource {
  readonly element: HTMLElement;
  /** The `theme` attribute. */
  readonly theme: string;
  readonly locale: string;
  readonly timeZone: string;
  readonly designTokens: Readonly<Record<string, string>>;
}

const dark = "(prefers-color-scheme: dark)";
const still = "(prefers-reduced-motion: reduce)";

/** What a view is told of the host's looks. `auto` follows the element's `color-scheme` where that decides, else the system. */
export function themeOf({ element, theme, locale, timeZone, designTokens }: ThemeSource): PanelTheme {
  const style = getComputedStyle(element);
  return {
    colorScheme: schemeOf(theme, style.colorScheme),
    designTokens: { ...designTokens },
    locale: localeOf(element, locale),
    direction: style.direction === "rtl" ? "rtl" : "ltr",
    timeZone: timeZone || Intl.DateTimeFormat().resolvedOptions().timeZone,
    reducedMotion: matchMedia(still).matches,
  };
}

function schemeOf(theme: string, ofElement: string): "light" | "dark" {
  for (const said of [theme, ofElement.replace(/\bonly\b/, "").trim()])
    if (said === "light" || said === "dark") return said;
  return matchMedia(dark).matches ? "dark" : "light";
}

/** Calls `run` when the system's colours or motion change; the returned function stops that. */
export function onSystemTheme(run: () => void): () => void {
  const queries = [dark, still].map((query) => matchMedia(query));
  for (const query of queries) query.addEventListener("change", run);
  return () => {
    for (const query of queries) query.removeEventListener("change", run);
  };
}
