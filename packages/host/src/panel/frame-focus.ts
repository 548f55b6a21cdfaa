let isInFrame = false;
let watchers = 0;

const onBlur = () => {
  isInFrame = document.hasFocus();
};
const onFocus = () => {
  isInFrame = false;
};

/** Notices when the focus goes into a frame of this page, until the function returned is called. */
export function watchFrameFocus(): () => void {
  if (watchers === 0) {
    window.addEventListener("blur", onBlur);
    window.addEventListener("focus", onFocus);
  }
  watchers += 1;
  return () => {
    watchers -= 1;
    if (watchers > 0) return;
    window.removeEventListener("blur", onBlur);
    window.removeEventListener("focus", onFocus);
    isInFrame = false;
  };
}

/**
 * Whether the focus is in the frame within this shadow root. WebKit (2.50) goes on calling an element of the page the active one after
 * a press in a frame; it only tells that the window lost the focus while the document has it. Which frame it is cannot be known
 * there, so that it may be any panel's.
 */
export function isFrameFocused(root: ShadowRoot): boolean {
  let active = document.activeElement;
  while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
  return active instanceof HTMLIFrameElement ? root.activeElement === active : isInFrame;
}
