/** CSS pixels around the viewport within which a lazy panel begins. */
const near = 256;

/** The viewport and so much around it; of boxes that scroll, and of the page's own frame, as well, where the browser knows of that. */
export function around(margin: string): IntersectionObserverInit & { readonly scrollMargin: string } {
  return { rootMargin: margin, scrollMargin: margin };
}

/** Calls `run` once when the element comes near the viewport; the returned function stops that. */
export function whenNear(element: HTMLElement, run: () => void): () => void {
  const observer = new IntersectionObserver(
    (entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      observer.disconnect();
      run();
    },
    around(`${near}px`),
  );
  observer.observe(element);
  return () => observer.disconnect();
}
