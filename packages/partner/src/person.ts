import { isShortcut, isTyping, type PanelKey, parseShortcut } from "@partner-panel/postmessage-rpc/panel";

/** Milliseconds for which one sign of life stands. */
const activityPause = 5_000;

const signs = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"] as const;

export interface PersonListener {
  /** What the host wants to hear of. */
  readonly shortcuts: readonly string[];
  /** Whether Escape is the host's, which shows the panel above its page: it hears of it where the view makes nothing of it. */
  isEscapeWanted(): boolean;
  onKey(key: PanelKey): void;
  onActivity(): void;
}

/** Tells what of a person's doing in the view is the host's to know, until the returned function is called: its own shortcuts, and that somebody is there. */
export function watchPerson(window: Window, listener: PersonListener, withActivity = true): () => void {
  const ends = new AbortController();
  const shortcuts = listener.shortcuts.map(parseShortcut).filter((each) => each !== null);
  let toldAt = Number.NEGATIVE_INFINITY;

  const onSign = (event: Event): void => {
    if (!event.isTrusted || event.timeStamp - toldAt < activityPause) return;
    toldAt = event.timeStamp;
    listener.onActivity();
  };
  // Last of all: what the view has made use of is the view's.
  const onKey = (event: KeyboardEvent): void => {
    if (!event.isTrusted || event.defaultPrevented || event.isComposing) return;
    const isEscape = event.key === "Escape" && listener.isEscapeWanted();
    const isWanted = shortcuts.some((each) => isShortcut(each, event)) && !(isField(event) && isTyping(event));
    if (!isEscape && !isWanted) return;
    event.preventDefault();
    const { key, code, ctrlKey, altKey, shiftKey, metaKey } = event;
    listener.onKey({ key, code, ctrlKey, altKey, shiftKey, metaKey });
  };

  for (const name of withActivity ? signs : [])
    window.addEventListener(name, onSign, { signal: ends.signal, capture: true, passive: true });
  window.addEventListener("keydown", onKey, ends);
  return () => ends.abort();
}

/** Whether a press types into something. */
function isField(event: KeyboardEvent): boolean {
  const [target] = event.composedPath();
  if (!(target instanceof HTMLElement)) return false;
  // What is in a closed shadow root cannot be known.
  const { localName } = target;
  return target.isContentEditable || /^(input|textarea|select)$/.test(localName) || localName.includes("-");
}
