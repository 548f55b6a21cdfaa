import { PartnerNavigateEvent } from "../events.js";

/**
 * What becomes of a route that a view reports: null where it is where it was, or leads off the view's origin; else the path as it is
 * from now on, and whether the page follows.
 */
export function acceptRoute(
  reported: string,
  previous: string,
  element: EventTarget,
): { path: string; isFollowed: Promise<boolean> } | null {
  // A base whose origin nobody has: what keeps it is a path, whatever it looks like (`//evil`, `\\evil`).
  const base = "https://origin.invalid";
  const url = URL.canParse(reported, base) ? new URL(reported, base) : null;
  if (url === null || url.origin !== base || url.username || url.password) return null;
  const path = url.pathname + url.search + url.hash;
  if (path === previous) return null;
  const event = new PartnerNavigateEvent(path, previous);
  element.dispatchEvent(event);
  const isFollowed =
    event.response?.then(
      (answer) => answer === true,
      () => false,
    ) ?? Promise.resolve(!event.defaultPrevented);
  return { path, isFollowed };
}
