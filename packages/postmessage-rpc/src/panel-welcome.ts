/**
 * What the host tells a view of itself in its welcome, and of its looks again whenever they change; and how a view reads it. Apart from the words of
 * `panel.ts`, for a page that has not begun to talk needs no more than this.
 */
import { isRecord } from "./errors.js";

/** What the host tells of its looks, in the welcome and whenever it changes. */
export interface PanelTheme {
  colorScheme: "light" | "dark";
  /** CSS custom properties, `--name` to value. */
  designTokens: Record<string, string>;
  /** BCP 47. */
  locale: string;
  direction: "ltr" | "rtl";
  /** IANA name. */
  timeZone: string;
  reducedMotion: boolean;
}

/** How the host lets a view sign in; it is for the view's own manifest to offer that mode. */
export interface HostSignIn {
  /** Null: the host has no way to vouch for its user. */
  mode: "assertion" | "exchange" | "code" | null;
  /** Whether the view's frame may open windows. */
  popups: boolean;
  /** What the host's policy leaves of the manifest's `auth.scopes`: it refuses a request for more. Left out: all of them. */
  scopes?: readonly string[];
}

/** How a panel is shown: in its place on the page, or above the page, in a window of its own or as large as the page's viewport. */
export type DisplayMode = "inline" | "dialog" | "fullscreen";

/** What the welcome carries beside the bridge's own fields. */
export interface PanelWelcome extends PanelTheme {
  instanceId: string;
  context: unknown;
  signIn: HostSignIn;
  display: DisplayMode;
  /** What the host wants to hear of while the focus is in the view; written as in `parseShortcut`. */
  shortcuts: readonly string[];
}

/** Whether this is a text of at most so many UTF-16 code units. */
export const bounded = (value: unknown, most: number): value is string =>
  typeof value === "string" && value.length <= most;
/** A name. */
export const word = (value: unknown): value is string => bounded(value, 256);
/** A list of names. */
export const words = (value: unknown): value is string[] =>
  Array.isArray(value) && value.length <= 256 && value.every(word);

/** Whether this is one of the ways a panel is shown. */
export const isDisplayMode = (value: unknown): value is DisplayMode =>
  value === "inline" || value === "dialog" || value === "fullscreen";
/** Reads a theme; unknown members are dropped, so that a newer host can say more. */
export function readTheme(value: unknown): PanelTheme | undefined {
  if (!isRecord(value)) return undefined;
  const { colorScheme, designTokens, locale, direction, timeZone, reducedMotion } = value;
  if (colorScheme !== "light" && colorScheme !== "dark") return undefined;
  if (direction !== "ltr" && direction !== "rtl") return undefined;
  if (!word(locale) || !word(timeZone) || typeof reducedMotion !== "boolean" || !isRecord(designTokens))
    return undefined;
  const tokens: Record<string, string> = {};
  for (const [name, token] of Object.entries(designTokens).slice(0, 256)) {
    if (name.startsWith("--") && word(name) && bounded(token, 1_024)) tokens[name] = token;
  }
  return { colorScheme, designTokens: tokens, locale, direction, timeZone, reducedMotion };
}

/** Reads the shortcuts of the welcome; an older host names none. */
export function readShortcuts(value: unknown): readonly string[] {
  return words(value) ? value : [];
}

/** Reads how the host signs in, from its welcome; an older host says nothing, and knows assertions alone. */
export function readSignIn(value: unknown): HostSignIn {
  const { mode, popups, scopes } = isRecord(value) ? value : {};
  const isKnown = mode === "assertion" || mode === "exchange" || mode === "code";
  return { mode: isKnown ? mode : null, popups: popups === true, ...(words(scopes) ? { scopes } : {}) };
}
