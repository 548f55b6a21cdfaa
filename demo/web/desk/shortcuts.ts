import { navigate } from "../shared/router.js";

/** The keys that Desk listens to, wherever the focus is: partners' views pass them on. */
export const deskShortcuts = ["/"] as const;

/** “/” goes to the search among the tickets, unless something is being typed. */
export function listenToShortcuts(): void {
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    if (event.composedPath().some((node) => node instanceof HTMLElement && node.matches(fields))) return;
    event.preventDefault();
    if (!document.querySelector(ticketSearch)) navigate("/tickets");
    focusSearch();
  });
}

const ticketSearch = "#filter-words";
const fields = "input, textarea, select, [contenteditable]";

/** Once the list is there, which takes no longer than a few frames. */
function focusSearch(framesLeft = 30): void {
  const search = document.querySelector<HTMLInputElement>(ticketSearch);
  if (search) search.focus();
  else if (framesLeft > 0) requestAnimationFrame(() => focusSearch(framesLeft - 1));
}
