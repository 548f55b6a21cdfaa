/**
 * How high the content is, told to the host, who sets the frame's height by it. Needs: the height must not depend on the
 * frame's own, or the two chase each other; it must be able to shrink; and nothing of the view's looks may change.
 *
 * The root element is as high as its content and its content's margins, unless a style makes `html` or `body` fill the
 * viewport (`height: 100%`, `min-height: 100vh`). So it is measured with both taken out, and they are put back before
 * anything is painted. `scrollHeight` is of no use: it is never less than the viewport.
 *
 * Something further down can still be as high as the viewport and then some (`min-height: 100vh` under a margin). That
 * shows in a height that changes by exactly as much as the viewport did, and such a change is reported a few times at most.
 */

/** Reports, one after another, that may follow the viewport: enough for a coincidence, too few to be seen as a loop. */
const mostInStep = 3;

/** The content's height in whole CSS pixels, independent of the viewport's. */
export function contentHeight(document: Document): number {
  const { documentElement: root, body } = document;
  const scrolled = body?.scrollTop;
  const restore = [root, body].flatMap((element) =>
    element ? [put(element, "height", "auto"), put(element, "min-height", "0")] : [],
  );
  const { height } = root.getBoundingClientRect();
  for (const putBack of restore) putBack();
  // A body that scrolls by itself was for a moment as high as its content, and so at its top.
  if (body && body.scrollTop !== scrolled) body.scrollTop = scrolled;
  // A hair less than a pixel more is a matter of rounding, not of content.
  return Math.ceil(height - 0.01);
}

function put(element: HTMLElement, name: string, value: string): () => void {
  const { style } = element;
  const before = style.getPropertyValue(name);
  const priority = style.getPropertyPriority(name);
  const bare = !element.hasAttribute("style");
  style.setProperty(name, value, "important");
  return () => {
    if (before === "") style.removeProperty(name);
    else style.setProperty(name, before, priority);
    if (bare) element.removeAttribute("style");
  };
}

/**
 * Reports the content's height now and whenever it has changed; the returned function stops it. While the frame is not
 * rendered (`display: none` in the host) there is nothing to measure and nothing is reported.
 */
export function watchHeight(window: Window & typeof globalThis, report: (height: number) => void): () => void {
  const { document } = window;
  let reported = -1;
  let content = 0;
  let viewport = window.innerHeight;
  let inStep = 0;

  const measure = (): void => {
    if (document.documentElement.getClientRects().length === 0) return;
    const height = contentHeight(document);
    const change = height - content;
    const viewportChange = window.innerHeight - viewport;
    if (change !== 0 || viewportChange !== 0) inStep = change === viewportChange ? inStep + 1 : 0;
    content = height;
    viewport = window.innerHeight;
    if (height === reported || inStep > mostInStep) return;
    reported = height;
    report(height);
  };

  const sizes = new window.ResizeObserver(measure);
  const observeAll = (): void => {
    sizes.disconnect();
    // The children too: what is in a body of fixed height grows without the body. A script in the head comes before the body.
    for (const element of [document.documentElement, document.body]) {
      if (!element) continue;
      sizes.observe(element);
      for (const child of element.children) sizes.observe(child);
      children.observe(element, { childList: true });
    }
  };
  const children = new window.MutationObserver(observeAll);
  // Not for the width alone: with each change of the viewport's height it is known whether the content's followed.
  window.addEventListener("resize", measure);
  observeAll();

  return () => {
    sizes.disconnect();
    children.disconnect();
    window.removeEventListener("resize", measure);
  };
}
