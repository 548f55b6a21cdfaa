/**
 * The elements as tags of React 19's JSX: `import type {} from "@partner-panel/host/react"` once, in any file of the project. Nothing is loaded by it.
 * React 19 sets properties and listens to events of custom elements by itself: `<partner-panel partner="trackwell" view="issue" onpartner-ready={…} />`.
 */
import type { DetailedHTMLProps, HTMLAttributes } from "react";
import type { PartnerPanelEventMap } from "./events.js";
import type { PartnerGrants } from "./partner-grants.js";
import type { PartnerPanel } from "./partner-panel.js";

type Base<E> = DetailedHTMLProps<HTMLAttributes<E>, E>;
type Listeners = { [Name in keyof PartnerPanelEventMap as `on${Name}`]?: (event: PartnerPanelEventMap[Name]) => void };

/** What can be given to `<partner-panel>`: its attributes by their property names, and its own properties. */
export interface PartnerPanelProps extends Omit<Base<PartnerPanel>, "children" | "slot">, Listeners {
  readonly children?: Base<PartnerPanel>["children"];
  readonly slot?: string;
  readonly partner: string;
  readonly view: string;
  readonly label?: string;
  /** An object: React sets the property. */
  readonly context?: unknown;
  readonly path?: string;
  readonly display?: PartnerPanel["display"];
  readonly minHeight?: number;
  readonly maxHeight?: number;
  readonly loading?: "eager" | "lazy";
  readonly theme?: "auto" | "light" | "dark";
  readonly locale?: string;
  readonly timeZone?: string;
  readonly timeout?: number;
  readonly keepAlive?: boolean;
  readonly use?: PartnerPanel["use"];
  readonly provide?: PartnerPanel["provide"];
  readonly policy?: PartnerPanel["policy"];
  readonly signIn?: PartnerPanel["signIn"];
  readonly consent?: PartnerPanel["consent"];
  readonly designTokens?: PartnerPanel["designTokens"];
  readonly strings?: PartnerPanel["strings"];
}

/** What can be given to `<partner-grants>`. */
export interface PartnerGrantsProps extends Base<PartnerGrants> {
  readonly locale?: string;
  readonly headingLevel?: number;
  readonly consent?: PartnerGrants["consent"];
  readonly strings?: PartnerGrants["strings"];
  readonly "onpartner-audit"?: (event: PartnerPanelEventMap["partner-audit"]) => void;
}

declare module "react" {
  // biome-ignore lint/style/noNamespace: React takes tags in no other form; nothing of it is left at run time.
  namespace JSX {
    interface IntrinsicElements {
      "partner-panel": PartnerPanelProps;
      "partner-grants": PartnerGrantsProps;
    }
  }
}
