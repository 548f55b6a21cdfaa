import type { Endpoint } from "./endpoint.js";
import { callbackScript, relayScript, signInPagesStyle } from "./sign-in-scripts.js";

/** What the windows say. */
export interface SignInPagesText {
  /** The language of the rest, as `lang` of the pages. */
  lang: string;
  title: string;
  /** When there is nothing left to do in a window. */
  done: string;
  /** When a window was opened by hand, or by a page that may not use it. */
  nothing: string;
  /** Until the provider's page is there. */
  wait: string;
  /** Where the page that holds the frame cut the window off (its `Cross-Origin-Opener-Policy` is `same-origin`). */
  severed: string;
  /** In the relay, before and on its button. */
  ask: string;
  open: string;
  /** In the relay, once the provider's window is open. */
  waiting: string;
  /** In the relay, when the browser did not open it. */
  blocked: string;
}

export interface SignInPagesOptions {
  /** The path of the callback page, a `redirect_uri` of the view's client; `/panel/callback` if left out. */
  callbackPath?: string;
  /** The path of the relay page; `/panel/relay` if left out. */
  relayPath?: string;
  /** Words to say instead, such as those of another language. */
  text?: Partial<SignInPagesText>;
}

const english: SignInPagesText = {
  lang: "en",
  title: "Sign in",
  done: "You can close this window.",
  nothing: "There is nothing to do here. Close this window, and sign in from where you came.",
  wait: "One moment: the sign-in page is on its way.",
  severed:
    "You cannot sign in from where you came: that page cuts off every window that is opened from within it. Close this window, and tell whoever runs that page.",
  ask: "Sign-in continues in one more window.",
  open: "Continue",
  waiting: "Finish signing in in the other window. This one closes by itself.",
  blocked: "The browser did not open the window. Allow pop-ups for this site, then try again.",
};

/**
 * The two static pages of sign-in mode `code`, on the views' own origin: `GET {callbackPath}` and `GET {relayPath}`.
 *
 * **Callback**: where the provider sends the popup that the view's frame opened. It takes the answer out of the address bar and hands
 * it to the window that opened it, by `postMessage` to its own origin alone: `{ "partner-panel": "sign-in", answer }`, the answer being the
 * query (`code=…&state=…&iss=…`). An opener of any other origin, such as a host's page or a site that started our client's flow, gets
 * nothing. The frame opens its window with this page first (`#begin`): where the host's page cut the window off, it says so, in place of an empty
 * window. With an answer and without an opener (the provider's `Cross-Origin-Opener-Policy` cut it off) it tells the relay, over a `BroadcastChannel`.
 *
 * **Relay**: for such a provider. The frame opens this page instead of the provider's; it says `{ "partner-panel": "relay-ready" }`, and takes
 * one order, `{ "partner-panel": "relay-open", url, state }`, from an opener of its own origin alone. On the user's click it opens `url` in a
 * window of its own, and hands on the answer that carries `state`, as the callback does. `{ "partner-panel": "relay-blocked" }` says that the
 * browser did not open it.
 *
 * Nothing passes through a server, and nothing is stored. Windows close themselves, a moment after they have nothing left to do; the
 * frame may close them sooner.
 *
 * The policy allows the page's own script and style by their hashes, the site's icon and nothing else, and no framing. `Cross-Origin-Opener-Policy` is
 * `unsafe-none`: any other would cut the popup off from the frame. Let nothing in front of this change that.
 */
export function createSignInPages(options: SignInPagesOptions = {}): Endpoint {
  const { callbackPath = "/panel/callback", relayPath = "/panel/relay" } = options;
  const text = { ...english, ...options.text };
  const pages = new Map([
    [
      callbackPath,
      page(callbackScript, text, { done: text.done, nothing: text.nothing, wait: text.wait, severed: text.severed }),
    ],
    [
      relayPath,
      page(
        relayScript,
        text,
        { ask: text.ask, waiting: text.waiting, blocked: text.blocked, done: text.done, nothing: text.nothing },
        text.open,
      ),
    ],
  ]);
  return {
    async fetch(request) {
      const made = pages.get(new URL(request.url).pathname);
      if (!made || (request.method !== "GET" && request.method !== "HEAD")) return undefined;
      const { html, headers } = await made;
      return new Response(request.method === "HEAD" ? null : html, { headers });
    },
  };
}

/** A page that shows one of its sentences, which `script` chooses by name; and a button, if it has one. */
async function page(script: string, text: SignInPagesText, sentences: Record<string, string>, button?: string) {
  const paragraphs = Object.entries(sentences).map(([name, words]) => `<p id="${name}" hidden>${escaped(words)}</p>`);
  const html = `<!doctype html>
<html lang="${escaped(text.lang)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(text.title)}</title>
<style>${signInPagesStyle}</style>
</head>
<body>
<main>
<h1>${escaped(text.title)}</h1>
<div role="status">${paragraphs.join("")}</div>
${button === undefined ? "" : `<button id="open" type="button" hidden>${escaped(button)}</button>`}
</main>
<script>${script}</script>
</body>
</html>
`;
  const policy = [
    "default-src 'none'",
    `script-src '${await hashOf(script)}'`,
    `style-src '${await hashOf(signInPagesStyle)}'`,
    // The site's own icon, which browsers fetch for every window.
    "img-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
  ];
  const headers = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": policy.join("; "),
    "cross-origin-opener-policy": "unsafe-none",
    // The address has the code in it: no cache keeps it, no other page is told.
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    // As the views send it, so that all pages of the origin say the same.
    "origin-agent-cluster": "?1",
  };
  return { html, headers };
}

async function hashOf(text: string): Promise<string> {
  const bytes = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
  return `sha256-${btoa(String.fromCharCode(...bytes))}`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
