import { forgetNobody } from "../consent/nobody.js";

/**
 * The end of the host's session, for every panel in every tab of this origin. Other tabs hear of it over a BroadcastChannel, which is open
 * while there are panels and closed while the page is in the back/forward cache: there it could keep the page from being restored.
 */

const channelName = "partner-panel sign-out";

interface Listener {
  /** That user was signed out, in another tab or in this one; null: whoever it is. */
  onSignOut(user: string | null, isElsewhere: boolean): void;
  /** The page comes back from the back/forward cache, where it heard of nothing. */
  onRestore(): void;
}

const listeners = new Set<Listener>();
let channel: BroadcastChannel | null = null;

/** Calls back until the returned function is called. */
export function watchSignOut(listener: Listener): () => void {
  listeners.add(listener);
  if (listeners.size === 1) {
    open();
    window.addEventListener("pagehide", close);
    window.addEventListener("pageshow", onShow);
  }
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    close();
    window.removeEventListener("pagehide", close);
    window.removeEventListener("pageshow", onShow);
  };
}

/** Tells every panel of this page, and the other tabs. */
export function tellSignOut(user: string | null): void {
  const teller = channel ?? new BroadcastChannel(channelName);
  teller.postMessage({ user });
  if (teller !== channel) teller.close();
  onSignOut(user, false);
}

/** Ends every panel of this page, whoever its user is, and tells no other tab. */
export function endPanelsHere(): void {
  onSignOut(null, false);
}

function onSignOut(user: string | null, isElsewhere: boolean): void {
  forgetNobody();
  for (const listener of [...listeners]) listener.onSignOut(user, isElsewhere);
}

function open(): void {
  channel ??= new BroadcastChannel(channelName);
  channel.onmessage = ({ data }: MessageEvent<unknown>) => {
    // Written by another copy or version of this package, perhaps.
    const user: unknown = typeof data === "object" && data !== null ? Reflect.get(data, "user") : undefined;
    if (user !== null && typeof user !== "string") return;
    onSignOut(user, true);
  };
}

function close(): void {
  channel?.close();
  channel = null;
}

function onShow(event: PageTransitionEvent): void {
  if (!event.persisted) return;
  open();
  for (const listener of [...listeners]) listener.onRestore();
}
