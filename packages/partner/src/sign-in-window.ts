/*
 * The window of sign-in mode `code`, as the frame's document opens it and hears of it. Opened in the very task of a click, for a browser opens
 * windows for that alone: so before anything of the sign-in is loaded or asked.
 */

/** Of a window, what the sign-in uses. */
export interface Popup {
  /** A hint: also true where a Cross-Origin-Opener-Policy cut the window off from the frame. */
  readonly closed: boolean;
  readonly location: { replace(url: string): void };
  postMessage(message: unknown, origin: string): void;
  focus(): void;
  close(): void;
}

export interface OpenedWindow {
  /** Null: the browser gave none. */
  readonly popup: Popup | null;
  /** Whether it opened one all the same, and gave it to nobody. */
  readonly isSevered: boolean;
}

/** Tells a window something, if it shows a page of this origin. */
export function tellWindow(popup: Popup, origin: string, message: object): void {
  popup.postMessage(message, origin);
}

/** What another window said. */
export interface WindowMessage {
  readonly source: unknown;
  readonly origin: string;
  readonly data: unknown;
}

/**
 * Opens a window with the callback page, which says so where nobody can send it on. A browser that opens one uses up the click for it (HTML, "rules for choosing a navigable"), and one that blocks it does
 * not: which tells a blocked window from one that opened and was cut off by the host page's Cross-Origin-Opener-Policy. But for WebKit, where the click is
 * left over in both cases: there only the window itself tells.
 */
export function openWindow(callback: string): OpenedWindow {
  const wasActive = navigator.userActivation?.isActive === true;
  let popup: Window | null;
  try {
    popup = window.open(`${callback}#begin`, "_blank", "popup,width=480,height=640");
  } catch {
    // In a sandbox without allow-popups Firefox throws where the others give null. It uses up the click all the same.
    return { popup: null, isSevered: false };
  }
  return { popup, isSevered: popup === null && wasActive && !navigator.userActivation.isActive };
}

/** Calls `listener` with what other windows say, until the returned function is called. */
export function onWindowMessage(listener: (message: WindowMessage) => void): () => void {
  window.addEventListener("message", listener);
  return () => window.removeEventListener("message", listener);
}
