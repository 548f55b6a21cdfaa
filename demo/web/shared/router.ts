/**
 * Routing with the History API: plain links of this origin change the path without a page load.
 * Calls `show` at once and again whenever the path changes.
 */
export function startRouter(show: (url: URL) => void): void {
  const now = () => show(new URL(location.href));
  addEventListener("popstate", now);
  document.addEventListener("click", (event) => {
    const link = event.composedPath().find((node): node is HTMLAnchorElement => node instanceof HTMLAnchorElement);
    const plain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey);
    if (!link || !plain || event.defaultPrevented || link.target || link.origin !== location.origin) return;
    if (link.hash && link.pathname === location.pathname) return;
    event.preventDefault();
    navigate(link.href);
  });
  now();
}

/** Goes to a path of this site. `replace` leaves no step behind in the history; `keepsPlace` does not scroll to the top. */
export function navigate(href: string, { replace = false, keepsPlace = false } = {}): void {
  if (replace) history.replaceState(null, "", href);
  else history.pushState(null, "", href);
  dispatchEvent(new PopStateEvent("popstate"));
  if (!replace && !keepsPlace) scrollTo(0, 0);
}
