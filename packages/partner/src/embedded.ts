import type { Contract, Members } from "@partner-panel/postmessage-rpc";
import { sessionOpener, type Welcomed } from "@partner-panel/postmessage-rpc/panel";
import type { ConnectOptions } from "./connect.js";
import { keepFocus } from "./keep-focus.js";
import { openPanel, type Page } from "./open-panel.js";
import type { Panel } from "./panel.js";
import { watchPerson } from "./person.js";
import { onWindowMessage, openWindow, tellWindow } from "./sign-in-window.js";
import { watchHeight } from "./size.js";
import { applyTheme } from "./theme.js";

/**
 * The panel of a document that is embedded: what `connect` loads while it says hello.
 *
 * @param welcomed The host's answer, on its way. Where it was taken, and this rejects, the port is the caller's to close.
 */
export async function openEmbedded<M extends Members>(
  {
    theme = true,
    size = true,
    keys = true,
    activity = true,
    ...options
  }: Omit<ConnectOptions<M>, "hosts" | "timeout" | "standalone">,
  welcomed: Promise<Welcomed>,
): Promise<Panel<Contract<M>>> {
  const page: Page = {
    origin: location.origin,
    fetch: (input, init) => fetch(input, init),
    openWindow,
    onMessage: onWindowMessage,
    tellWindow,
    random: Math.random,
    isHidden: () => document.visibilityState === "hidden",
    onAwake: (listener) => {
      const ends = new AbortController();
      document.addEventListener("visibilitychange", listener, ends);
      window.addEventListener("online", listener, ends);
      return () => ends.abort();
    },
    applyTheme: (next, last) => theme && applyTheme(document.documentElement, next, last),
    path: () => location.pathname + location.search + location.hash,
    focusEdge: (edge) => void import("./focus-edge.js").then(({ focusEdge }) => focusEdge(document, edge)),
    watchPerson: (listener) => watchPerson(window, { ...listener, ...(keys ? {} : { shortcuts: [] }) }, activity),
    watchHeight: (report) => (size ? watchHeight(window, report) : () => {}),
  };
  const panel = await openPanel(options, page, async (session) => {
    const open = sessionOpener(session);
    return open(await welcomed);
  });
  panel.signal.addEventListener("abort", keepFocus(document));
  return panel;
}
