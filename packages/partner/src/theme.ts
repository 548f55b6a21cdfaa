import type { PanelTheme } from "@partner-panel/postmessage-rpc/panel";

/**
 * Puts the host's looks on an element, the document's root as a rule: `color-scheme`, `lang`, `dir`, and each design token as
 * the custom property it is named. Through the CSSOM, which a strict `style-src` allows. Tokens of an earlier theme that the
 * new one lacks go.
 *
 * @param last The theme applied before this one.
 */
export function applyTheme(root: HTMLElement, theme: PanelTheme, last: PanelTheme | null): void {
  const { style } = root;
  style.colorScheme = theme.colorScheme;
  root.lang = theme.locale;
  root.dir = theme.direction;
  for (const name of Object.keys(last?.designTokens ?? {})) {
    if (!Object.hasOwn(theme.designTokens, name)) style.removeProperty(name);
  }
  for (const [name, value] of Object.entries(theme.designTokens)) style.setProperty(name, value);
}
