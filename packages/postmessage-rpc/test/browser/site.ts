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
