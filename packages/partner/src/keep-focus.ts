/**
 * Puts the focus back where the view last had it, whenever the host gives it to the view's frame. Chromium forgets that place as soon as the host's page
 * has the focus, for as long as a dialog of its is up, say; Firefox and WebKit keep it. Until the returned function is called.
 */
export function keepFocus(document: Document): () => void {
  const ends = new AbortController();
  const on = (target: EventTarget, name: string, listener: (event: Event) => void): void =>
    target.addEventListener(name, listener, { signal: ends.signal, capture: true });
  let left: HTMLElement | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const inNextTask = (run: () => void): void => {
    clearTimeout(timer);
    timer = setTimeout(run);
  };

  on(document, "focusin", () => {
    left = null;
  });
  on(document, "focusout", (event) => {
    const [from] = event.composedPath();
    if (!(from instanceof HTMLElement)) return;
    left = from;
    // Not where it is still in the view, on nothing: as the user had it.
    inNextTask(() => {
      if (left === from && document.hasFocus()) left = null;
    });
  });
  // A press says where it is to be.
  on(document, "pointerdown", () => {
    left = null;
  });
  on(window, "focus", (event) => {
    if (event.target !== window) return;
    // Later, for Tab goes on to a stop of its own.
    inNextTask(() => {
      if (document.activeElement === document.body) left?.focus({ preventScroll: true });
    });
  });
  return () => {
    ends.abort();
    clearTimeout(timer);
  };
}
