import type { Remote } from "@partner-panel/postmessage-rpc";
import type { DisplayMode, hostPanel, PanelQuestion, PanelToast } from "@partner-panel/postmessage-rpc/panel";
import type { PanelEvents } from "./panel-events.js";
import type { Watched } from "./watched.js";

/** Milliseconds that a person may take to think about the host's question. */
const personTimeout = 300_000;

/** What the host does for a view beyond the frame's edge. Each of it the host, or its user, may refuse. */
export interface PanelUi {
  /** How the panel is shown now. */
  readonly display: DisplayMode;
  /** Calls `listener` whenever it is shown another way; the returned function takes it back. */
  onDisplay(listener: (mode: DisplayMode) => void): () => void;
  /**
   * Asks to be shown another way, in the same document: `dialog`, in a window above the page; `fullscreen`, as large as the page's
   * viewport; `inline`, in its place. Resolves with how it is shown then, which is what the host made of it. Call it in a click: where nobody
   * pressed anything in the view, the host leaves it as it is.
   */
  requestDisplay(mode: DisplayMode): Promise<{ mode: DisplayMode }>;
  /**
   * Opens a page in a new tab, which the frame itself cannot: at once in a click, else after the host asked the user. The page has no
   * access to the view. Resolves with whether it was opened. Rejects with RpcError LINK_REFUSED for what is not an `https:` address (or `http:` on
   * a loopback name), or has a user name in it.
   */
  openLink(url: string | URL): Promise<{ opened: boolean }>;
  /** Says whether something would be lost if the panel were closed now. Left out: it would. */
  setDirty(dirty?: boolean): void;
  /** Has the host show a short message in the panel, for some seconds. Too many at a time are dropped. */
  toast(toast: string | PanelToast): void;
  /**
   * Has the host ask the user in the panel, under the partner's name. One question at a time: another one meanwhile rejects with RpcError BUSY.
   * Resolves with false where the user wants to go on without an answer.
   */
  confirm(question: string | PanelQuestion): Promise<boolean>;
}

/** The view's own address, kept in step with the host's. */
export interface PanelNavigation {
  /**
   * Says that the view shows another of its pages: path, query and fragment, as of `location` in the view, which is what it is if left out.
   * The host's `path` follows, unless the host refuses; then the view hears `navigate` with the path that it came from.
   */
  report(path?: string): void;
}

type Words = Pick<Remote<typeof hostPanel>["panel"], "display" | "openLink" | "dirty" | "toast" | "confirm">;

export function viewUi(words: Words, displays: Watched<DisplayMode>): PanelUi {
  let isDirty = false;
  return Object.freeze<PanelUi>({
    get display() {
      return displays.value;
    },
    onDisplay: (listener) => displays.watch(listener),
    requestDisplay: (mode) => words.display({ mode }, { timeout: personTimeout }),
    openLink: (url) => words.openLink({ url: String(url) }, { timeout: personTimeout }),
    setDirty: (dirty = true) => {
      if (dirty === isDirty) return;
      isDirty = dirty;
      words.dirty({ dirty });
    },
    toast: (toast) => words.toast(typeof toast === "string" ? { message: toast } : toast),
    confirm: async (question) => {
      const asked = typeof question === "string" ? { message: question } : question;
      return (await words.confirm(asked, { timeout: personTimeout })).confirmed;
    },
  });
}

/** What the view answers for those who listen in it. */
export function viewAnswers(
  events: PanelEvents,
  displays: Watched<DisplayMode>,
  focusEdge: (edge: "start" | "end") => void,
) {
  return {
    "panel.navigate": async (to: { path: string; replace: boolean }) => {
      const answers = await settled(events.tell("navigate", to));
      return { handled: answers.some(isTaken) };
    },
    "panel.beforeClose": async (why: { reason: string }) => {
      const answers = await settled(events.tell("beforeclose", why));
      // One that threw does not hold the user back.
      return { canClose: answers.every((answer) => answer.status === "rejected" || answer.value !== false) };
    },
    "panel.focus": async (at: { edge: "start" | "end" }) => {
      const answers = await settled(events.tell("focus", at));
      if (!answers.some(isTaken)) focusEdge(at.edge);
    },
    "panel.displayed": ({ mode }: { mode: DisplayMode }) => {
      if (mode !== displays.value) displays.tell(mode);
    },
  };
}

const isTaken = (answer: PromiseSettledResult<unknown>) => answer.status === "fulfilled" && answer.value !== false;

function settled(answers: readonly Promise<unknown>[]): Promise<PromiseSettledResult<unknown>[]> {
  // Once more with nobody who looks at it, so that what a listener throws is reported like any uncaught error.
  for (const answer of answers) void answer.then();
  return Promise.allSettled(answers);
}
