import type { DisplayMode } from "@partner-panel/postmessage-rpc/panel";
import { PartnerCloseRequestEvent } from "../events.js";
import type { ViewWords } from "../panel/acting.js";
import { VisibleLimit } from "../panel/visible-limit.js";

/** Milliseconds of visible time for a view that says nothing; while it has the user asked, it has all the time. */
const viewTimeout = 5_000;
const personTimeout = 300_000;

interface Closing {
  readonly reason: string;
  readonly view: ViewWords | null;
  /** Aborts when the session ends: then there is nothing left to lose. */
  readonly signal: AbortSignal;
  readonly display: DisplayMode;
  readonly isDirty: () => boolean;
  /** Whether the user is being asked something in the panel. */
  readonly isAsking: () => boolean;
  /** Whether the user wants to lose what would be lost. */
  readonly ask: () => Promise<boolean>;
}

/** Whether a panel, or its window, may be closed: the view is asked first, then the page, then the user if something would be lost. */
export async function askToClose(element: EventTarget, closing: Closing): Promise<boolean> {
  const { reason, display, signal, isDirty, ask } = closing;
  if (!(await viewLets(closing))) return false;
  const event = new PartnerCloseRequestEvent(reason, isDirty(), display);
  element.dispatchEvent(event);
  if (event.response !== null) return (await event.response.catch(() => false)) === true;
  if (event.defaultPrevented) return false;
  return !isDirty() || signal.aborted || (await ask());
}

/** A view that knows the word not, or answers not in time, holds nobody back; what it called dirty still does. */
async function viewLets({ view, reason, signal, isAsking }: Closing): Promise<boolean> {
  if (view === null || signal.aborted) return true;
  const given = new AbortController();
  let limit: VisibleLimit | null = null;
  const wait = (): void => {
    limit = new VisibleLimit(viewTimeout, () => (isAsking() ? wait() : given.abort()));
  };
  wait();
  try {
    const options = { signal: AbortSignal.any([signal, given.signal]), timeout: personTimeout };
    return (await view.beforeClose({ reason: reason.slice(0, 256) }, options)).canClose;
  } catch {
    return true;
  } finally {
    (limit as VisibleLimit | null)?.stop();
  }
}
