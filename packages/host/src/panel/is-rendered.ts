/** Whether what is put into this root is rendered. Asked of an element in it, for the panel itself may be `display: contents`. */
export function isRenderedIn(root: ShadowRoot): boolean {
  const probe = document.createElement("span");
  root.prepend(probe);
  const is = isRendered(probe);
  probe.remove();
  return is;
}

/** Safari has `checkVisibility` from 17.4 on. */
export function isRendered(element: Element): boolean {
  return element.checkVisibility?.() ?? element.getClientRects().length > 0;
}
