import type { OpenedWindow, Popup, WindowMessage } from "../src/sign-in-window.js";

/**
 * A window of a browser without a screen: it follows redirects with cookies, as far as the callback page, and then does what that page does
 * where its opener is of its own origin. `change` is an attacker, or a person.
 */
export function windows(
  callback: string,
  change: (answer: URLSearchParams) => URLSearchParams | null = (same) => same,
) {
  const listeners = new Set<(message: WindowMessage) => void>();
  const opened: (Popup & { closed: boolean; address: string; isFocused: boolean })[] = [];
  const say = (message: WindowMessage) => {
    for (const listener of [...listeners]) listener(message);
  };

  const open = (): OpenedWindow => {
    const popup = {
      closed: false,
      address: "",
      isFocused: false,
      location: {
        replace: (url: string) => {
          popup.address = url;
          void browse(url, callback).then((query) => {
            const answer = change(query);
            const data = { "partner-panel": "sign-in", answer: answer?.toString() };
            if (answer) say({ source: popup, origin: new URL(callback).origin, data });
          });
        },
      },
      postMessage: () => {},
      focus: () => {
        popup.isFocused = true;
      },
      close: () => {
        popup.closed = true;
      },
    };
    opened.push(popup);
    return { popup, isSevered: false };
  };
  return {
    opened,
    say,
    listeners,
    page: {
      openWindow: open,
      onMessage: (listener: (message: WindowMessage) => void) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
    },
  };
}

async function browse(start: string, callback: string): Promise<URLSearchParams> {
  const cookies = new Map<string, string>();
  for (let url = start, hops = 0; hops < 10; hops++) {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const response = await fetch(url, { redirect: "manual", headers: { cookie } });
    for (const line of response.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      cookies.set(name, value);
    }
    const next = response.headers.get("location");
    if (next === null) throw new Error(`No way on from ${url}: ${response.status} ${await response.text()}`);
    url = new URL(next, url).href;
    if (url.startsWith(callback)) return new URL(url).searchParams;
  }
  throw new Error("Redirected on and on");
}
