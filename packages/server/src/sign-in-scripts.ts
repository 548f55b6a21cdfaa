/**
 * The scripts of the callback and the relay page, as they are sent: text and no functions, for a bundler or a minifier would change
 * what a function looks like, and with it the hash that the policy allows it by. They are the same on every server.
 */

/** Shared by both: `show` shows one sentence, `leave` closes the window a moment after what was sent from it has arrived. */
const shared = `"use strict";
const own = location.origin;
const show = (name) => {
  for (const sentence of document.querySelectorAll("p")) sentence.hidden = sentence.id !== name;
};
const leave = () => {
  show("done");
  setTimeout(() => close(), 1000);
};
const channel = () => new BroadcastChannel("partner-panel sign-in");
`;

export const callbackScript = `${shared}
const answer = location.search.slice(1);
// Opened by a frame that is about to send it on to the provider. Without an opener nobody ever will.
const begins = location.hash === "#begin";
// Before anything else: the code is not to stay in the address bar and in the history.
history.replaceState(null, "", location.pathname);
const isAnswer = new URLSearchParams(answer).has("state");
// Reading it throws where the opener is of another origin. The target of postMessage says the same once more.
const opensOwn = () => {
  try {
    return opener.location.origin === own;
  } catch {
    return false;
  }
};
if (!isAnswer) show(!begins ? "nothing" : opener ? "wait" : "severed");
else if (!opener) {
  const all = channel();
  all.postMessage(answer);
  leave();
} else if (opensOwn()) {
  opener.postMessage({ "partner-panel": "sign-in", answer }, own);
  leave();
} else show("nothing");
`;

export const relayScript = `${shared}
// Delivered to nobody if the opener is of another origin, or gone.
const tell = (message) => opener?.postMessage(message, own);
// An opener that may give no orders gives none.
const noOrder = setTimeout(() => show("nothing"), 3000);
const button = document.getElementById("open");
let order;
let provider;
const handOn = (answer) => {
  if (!order || typeof answer !== "string") return;
  if (new URLSearchParams(answer).get("state") !== order.state) return;
  order = undefined;
  button.hidden = true;
  tell({ "partner-panel": "sign-in", answer });
  provider?.close();
  leave();
};
const isOrder = ({ url, state }) => {
  if (typeof url !== "string" || typeof state !== "string" || !state || !URL.canParse(url)) return false;
  const { protocol, hostname } = new URL(url);
  const isLoopback = /^(?:(?:.+\\.)?localhost|127\\.0\\.0\\.1|\\[::1\\])$/.test(hostname);
  return protocol === "https:" || (protocol === "http:" && isLoopback);
};
addEventListener("message", ({ source, origin, data }) => {
  // Orders and answers come from windows of this very origin: the frame that opened this one, or the window that this one opened.
  if (origin !== own || !source || typeof data !== "object" || data === null) return;
  if (data["partner-panel"] === "relay-open" && source === opener && !order && isOrder(data)) {
    clearTimeout(noOrder);
    order = { url: data.url, state: data.state };
    show("ask");
    button.hidden = false;
    button.focus();
  }
  if (data["partner-panel"] === "sign-in" && source === provider) handOn(data.answer);
});
channel().addEventListener("message", ({ data }) => handOn(data));
button.addEventListener("click", () => {
  if (!order) return;
  try {
    provider = open(order.url, "_blank", "popup,width=480,height=640");
  } catch {
    provider = null;
  }
  show(provider ? "waiting" : "blocked");
  if (!provider) tell({ "partner-panel": "relay-blocked" });
});
tell({ "partner-panel": "relay-ready" });
`;

export const signInPagesStyle = `
:root { color-scheme: light dark; font: 100%/1.5 system-ui, sans-serif; }
body { margin: 0; min-height: 100dvh; display: grid; place-items: center; background: Canvas; color: CanvasText; }
main { padding: 1.5rem; max-inline-size: 26rem; }
h1 { font-size: 1.25rem; margin: 0 0 0.5rem; }
p { margin: 0 0 1rem; }
button { font: inherit; padding: 0.6rem 1.2rem; min-block-size: 2.75rem; cursor: pointer; }
button:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
`;
