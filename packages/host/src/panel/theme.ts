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

/**
 * Calls `run` when the system's colours or motion change, or the element's own colour scheme, wherever that comes from; the returned function
 * stops that. Nothing tells of the latter but a transition, so the stage has one, of a colour that is never painted.
 */
export function onTheme(root: ShadowRoot, run: () => void): () => void {
  const queries = [dark, still].map((query) => matchMedia(query));
  const onTransition = ({ target }: Event) => {
    if (target instanceof Element && target.classList.contains("stage")) run();
  };
  for (const query of queries) query.addEventListener("change", run);
  root.addEventListener("transitionrun", onTransition);
  return () => {
    for (const query of queries) query.removeEventListener("change", run);
    root.removeEventListener("transitionrun", onTransition);
  };
}

/** Calls `run` when the page's language or direction changes, as its root says; the returned function stops that. */
export function onLanguage(run: () => void): () => void {
  const observer = new MutationObserver(run);
  observer.observe(document.documentElement, { attributeFilter: ["lang", "dir"] });
  return () => observer.disconnect();
}
