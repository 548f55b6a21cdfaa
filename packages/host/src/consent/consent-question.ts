import { type Manifest, type ResolvedView, textFor } from "@partner-panel/manifest";
import type { ConsentAsk } from "./consent.js";

/** The question about these scopes in the reader's language, as the manifest puts it: its texts have nothing hidden in them. */
export function questionAbout(
  scopes: readonly string[],
  about: { manifest: Manifest; view: ResolvedView; panel: string; locale: string; remembered: boolean },
): ConsentAsk {
  const { manifest, view, panel, locale, remembered } = about;
  return {
    partner: textFor(manifest.name, locale),
    origin: manifest.origin,
    panel,
    remembered,
    scopes: view.scopes
      .filter((scope) => scopes.includes(scope))
      .map((scope) => {
        const { title, reason } = manifest.scopes[scope] ?? { title: scope };
        return {
          scope,
          title: textFor(title, locale),
          reason: reason === undefined ? null : textFor(reason, locale),
          required: view.required.includes(scope),
        };
      }),
  };
}
