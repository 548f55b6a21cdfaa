import type { DisplayMode } from "@partner-panel/postmessage-rpc/panel";
import type { TemplateResult } from "lit";
import type { PanelStrings } from "../strings.js";
import type { ViewSession } from "./accept-view.js";

/** What the view of a session that is open can be told. */
export type ViewWords = ViewSession["remote"]["panel"];

/** What acting at a view's word needs of the panel, as it is by then. */
export interface ActingPanel {
  readonly element: HTMLElement & { display: DisplayMode; path: string; readonly updateComplete: Promise<unknown> };
  readonly root: () => ShadowRoot;
  readonly frame: () => HTMLIFrameElement | null;
  readonly strings: () => PanelStrings;
  /** For `{panel}` and `{partner}`. */
  readonly words: () => Readonly<Record<string, string>>;
  /** How the manifest says that the view can be shown; undefined: it does not say, so in any way. */
  readonly modes: () => readonly DisplayMode[] | undefined;
  /** The shortcuts that the page wants to hear of. */
  readonly shortcuts: () => readonly string[];
  /** Path, query and fragment on the view's origin to which a `path` of the element leads; null where it leads off that, or nowhere yet. */
  readonly pathOf: (path: string) => string | null;
  /** Whether a person has just pressed something in this panel. */
  readonly isCalledFor: () => Promise<boolean>;
  /** Something that {@link ActingLook} tells of is another. */
  readonly onLook: () => void;
  /** The panel is shown another way. */
  readonly onDisplay: (mode: DisplayMode) => void;
  /** Ends what is shown. */
  readonly close: (reason: string) => void;
  /** Shows it anew, in a new frame. */
  readonly begin: () => void;
}

/** What is known of the view, by all that acts at its word. */
export interface ActingState {
  /** Null while there is no session. */
  view: ViewWords | null;
  /** Aborts when the session ends. */
  signal: AbortSignal;
  /** Whether something would be lost, as the view says. */
  isDirty: boolean;
  /** Where the view is, on its origin, as far as that is known: where it began, was sent since, or reported to be. */
  path: string;
}

/** What is shown around and above the frame only while there is something to act upon; each part comes with the module that makes it. */
export interface ActingLook {
  readonly display: DisplayMode;
  /** Of the panel's window. */
  readonly header: TemplateResult | null;
  /** A question, in place of the view. */
  readonly question: { readonly template: TemplateResult; readonly spoken: string } | null;
  readonly toasts: readonly TemplateResult[];
}

export const nothingDone: ActingLook = { display: "inline", header: null, question: null, toasts: [] };
