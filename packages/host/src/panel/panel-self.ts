import { type Manifest, type ResolvedView, textFor } from "@partner-panel/manifest";
import type { PanelTheme } from "@partner-panel/postmessage-rpc/panel";
import { partnersConfig } from "../config.js";
import { Failure } from "../errors.js";
import { localeOf, stringsOf } from "../own-words.js";
import type { PartnerPanel } from "../partner-panel.js";
import type { PanelStrings } from "../strings.js";
import { themeOf } from "./theme.js";

/** What one panel is called, in whose words it speaks, and what its view is told of it. */
export class PanelSelf {
  readonly #panel: PartnerPanel;
  /** Null until it is there. */
  manifest: Manifest | null = null;
  /** The one last shown, until there is another. */
  view: ResolvedView | null = null;
  #context: { given: unknown; value: unknown } = { given: undefined, value: null };

  constructor(panel: PartnerPanel) {
    this.#panel = panel;
  }

  get strings(): PanelStrings {
    return stringsOf(this.#panel);
  }

  /** A frame must have a name for people who do not see it; the view's title is better than none. */
  get label(): string {
    const title = this.view?.view.title;
    return this.#panel.label || (title === undefined ? this.#partner : textFor(title, this.#locale));
  }

  /** For `{panel}` and `{partner}` in the element's texts. */
  get words(): Readonly<Record<string, string>> {
    return { panel: this.label, partner: this.#partner };
  }

  /** As JSON carries it, made once for each value: so that "the same context" can be told by identity. */
  get context(): unknown {
    const given = this.#panel.context;
    if (given !== this.#context.given) {
      try {
        this.#context = { given, value: JSON.parse(JSON.stringify(given) ?? "null") as unknown };
      } catch (cause) {
        throw new Failure("CONFIG_REFUSED", { message: "The context is not JSON", cause });
      }
    }
    return this.#context.value;
  }

  get theme(): PanelTheme {
    const { theme, locale, timeZone, designTokens } = this.#panel;
    const tokens = designTokens ?? partnersConfig()?.designTokens ?? {};
    return themeOf({ element: this.#panel, theme, locale, timeZone, designTokens: tokens });
  }

  get #partner(): string {
    return this.manifest === null ? this.#panel.partner : textFor(this.manifest.name, this.#locale);
  }

  get #locale(): string {
    return localeOf(this.#panel, this.#panel.locale);
  }
}
