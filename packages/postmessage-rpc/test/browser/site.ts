import { commands } from "vitest/browser";

declare module "vitest/browser" {
  interface BrowserCommands {
    press(x: number, y: number): Promise<void>;
  }
}

/** The same test server under another name: another site, so another process where the browser isolates sites. */
export function siteOrigin(name: string): string {
  return `${location.protocol}//${name}.localhost:${location.port}`;
}

/** A page of that site that runs this script of `pages/`. */
export function pageUrl(name: string, script: string, query: Record<string, string> = {}): string {
  const url = new URL("/test-page", siteOrigin(name));
  url.searchParams.set("script", new URL(`./pages/${script}.ts`, import.meta.url).pathname);
  for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
  return url.href;
}

/** A frame of that page, in the document; the caller removes it. */
export function addFrame(url: string): HTMLIFrameElement {
  const frame = document.createElement("iframe");
  frame.setAttribute("sandbox", "allow-scripts allow-same-origin");
  frame.src = url;
  document.body.append(frame);
  return frame;
}

export function windowOf(frame: HTMLIFrameElement): Window {
  if (!frame.contentWindow) throw new Error("The frame is not in the document");
  return frame.contentWindow;
}

/** The next message of that window that this picks. */
export function heard<T>(source: Window, pick: (data: unknown) => T | undefined): Promise<T> {
  return new Promise((resolve) => {
    const onMessage = (event: MessageEvent) => {
      if (event.source !== source) return;
      const picked = pick(event.data);
      if (picked === undefined) return;
      removeEventListener("message", onMessage);
      resolve(picked);
    };
    addEventListener("message", onMessage);
  });
}

/** A popup with that page, opened as a popup must be: by a person's click. The caller closes it. */
export async function openPopup(url: string): Promise<Window> {
  const button = document.createElement("button");
  button.textContent = "Open";
  button.style.cssText = "position: fixed; inset: 0; width: 100px; height: 100px; z-index: 1";
  document.body.append(button);
  const opened = new Promise<Window | null>((resolve) => {
    button.addEventListener("click", () => resolve(window.open(url, "_blank", "popup,width=400,height=300")));
  });
  // The tests run in a frame of Vitest's page, and a person clicks at a place of the window.
  const { left = 0, top = 0 } = window.frameElement?.getBoundingClientRect() ?? {};
  await commands.press(left + 50, top + 50);
  const popup = await opened;
  button.remove();
  if (!popup) throw new Error("The browser blocked the popup");
  return popup;
}
