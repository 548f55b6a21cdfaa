const stops = [
  "a[href]",
  "area[href]",
  "button:not(:disabled)",
  "input:not(:disabled, [type=hidden])",
  "select:not(:disabled)",
  "textarea:not(:disabled)",
  "summary",
  "iframe",
  "audio[controls]",
  "video[controls]",
  "[contenteditable]:not([contenteditable=false])",
  "[tabindex]",
].join();

/** Puts the focus on the first or the last stop of the document, as Tab would from outside; on the document where there is none. */
export function focusEdge(document: Document, edge: "start" | "end"): void {
  const inOrder = [...stopsIn(document)].sort((a, b) => (a.tabIndex || 32_768) - (b.tabIndex || 32_768));
  if (edge === "end") inOrder.reverse();
  // What cannot have the focus after all is passed over: links in WebKit, say.
  for (const stop of inOrder) {
    stop.focus();
    if ((stop.getRootNode() as Document | ShadowRoot).activeElement === stop) return;
  }
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

/** The stops of a tree, those in open shadow roots where their hosts stand. */
function* stopsIn(root: Document | ShadowRoot | HTMLElement): Generator<HTMLElement> {
  for (const element of root.querySelectorAll<HTMLElement>("*")) {
    if (element.matches(stops) && element.tabIndex >= 0 && isRendered(element)) yield element;
    if (element.shadowRoot) yield* stopsIn(element.shadowRoot);
  }
}

/** Safari has `checkVisibility` from 17.4 on. */
function isRendered(element: HTMLElement): boolean {
  if (element.closest("[inert]")) return false;
  return element.checkVisibility?.({ visibilityProperty: true }) ?? element.getClientRects().length > 0;
}
