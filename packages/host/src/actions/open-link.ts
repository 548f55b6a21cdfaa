import { isLoopback } from "@partner-panel/manifest";
import { PartnerOpenLinkEvent } from "../events.js";
import type { ActingPanel } from "../panel/acting.js";
import type { AskedQuestion } from "./panel-questions.js";

/** What becomes of a link; `refused`: why it is none that is opened from here. */
export type LinkAnswer =
  | { readonly opened: boolean; readonly refused?: undefined }
  | { readonly opened?: undefined; readonly refused: string };

/**
 * Opens a link for a view: the page's own way, else in a new tab that knows nothing of this page. At once only upon a press in this panel
 * that the browser still counts, so that a view opens no more windows than a page may; else the user is asked.
 */
export async function openLink(
  text: string,
  panel: ActingPanel,
  ask: (question: AskedQuestion) => Promise<boolean>,
): Promise<LinkAnswer> {
  const checked = checkLink(text);
  if (typeof checked === "string") return { refused: checked };
  const { href } = checked;
  const event = new PartnerOpenLinkEvent(href);
  panel.element.dispatchEvent(event);
  if (event.response !== null) return { opened: (await event.response.catch(() => false)) === true };
  if (event.defaultPrevented) return { opened: false };
  const strings = panel.strings();
  // What the browser does not tell of, it may not have: then a window is opened by a press on this page alone.
  if ((await panel.isCalledFor()) && navigator.userActivation?.isActive) {
    openTab(href);
    return { opened: true };
  }
  const opened = await ask({
    title: strings.linkTitle,
    message: href.length > 300 ? `${href.slice(0, 300)}…` : href,
    origin: checked.origin,
    confirm: strings.linkOpen,
    cancel: strings.linkCancel,
    // In the press itself.
    onConfirm: () => openTab(href),
  });
  return { opened };
}

function openTab(href: string): void {
  window.open(href, "_blank", "noopener,noreferrer");
}

/**
 * A whole address, or why it is none: `https:`, or `http:` on a loopback name, without a user name, and written the one way that every
 * reader takes for the same host. `//evil` and `\\evil` are none, for they mean something else on every page.
 */
export function checkLink(text: string): URL | string {
  const url = /^https?:\/\/[^/\\]/i.test(text) && URL.canParse(text) ? new URL(text) : null;
  if (url === null) return "Not a whole https: address";
  if (url.username || url.password) return "The address has a user name in it";
  if (url.protocol !== "https:" && !isLoopback(url.hostname)) return "http: is for loopback names alone";
  // Blanks, tabs and backslashes that the parser takes out or turns around, and hosts in another spelling.
  const given = text.slice(text.indexOf("//") + 2).split(/[/?#]/, 1)[0] ?? "";
  if (given.toLowerCase() !== url.host && given.toLowerCase() !== `${url.host}:${portOf(url)}`)
    return "The host is not in its canonical spelling";
  return url;
}

function portOf({ port, protocol }: URL): string {
  return port || (protocol === "https:" ? "443" : "80");
}
