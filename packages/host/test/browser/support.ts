import { configurePartners, type PartnerPanel, type PartnersConfig } from "@partner-panel/host";
import "@partner-panel/host/define";
import { implement } from "@partner-panel/postmessage-rpc";
import { afterEach } from "vitest";
import { commands } from "vitest/browser";
import { desk, remoteControl } from "./partner/contracts.js";

/** The test server under another name: another origin and another site. */
export const partnerOrigin = `http://partner.localhost:${location.port}`;

/** The manifest's address; `query` chooses what is wrong with it, `entry` is the query of the view's page. */
export function manifestUrl(query: Record<string, string> = {}): string {
  return `${partnerOrigin}/partner/manifest.json?${new URLSearchParams(query)}`;
}

export type Panel = PartnerPanel<typeof remoteControl>;

/** What the host's handlers were called with. */
export const calls: unknown[] = [];

const provide = implement(desk, {
  "ticket.get": ({ id }) => {
    calls.push({ id });
    return { id, priority: "low" };
  },
  "ticket.changes": async function* ({ id }, call) {
    calls.push({ id });
    while (!call.signal.aborted) {
      yield { id, priority: "low" };
      await pause(1);
    }
  },
  "ticket.update": (ticket) => {
    calls.push(ticket);
    return ticket;
  },
});

declare module "vitest/browser" {
  interface BrowserCommands {
    point(x: number, y: number): Promise<void>;
    press(x: number, y: number): Promise<void>;
    key(name: "Enter" | "Escape" | "Tab" | " "): Promise<void>;
  }
}

/** A person's click in the middle of this element. By place, which works in every engine and hits what is really there. */
export async function press(element: Element | null): Promise<void> {
  if (element === null) throw new Error("There is nothing to press");
  element.scrollIntoView({ block: "center" });
  const { left, top, width, height } = await restingPlace(element);
  await pressAt(left + width / 2, top + height / 2);
}

/** The same at this place of the viewport. */
export const pressAt = (left: number, top: number) => commands.press(...inWindow(left, top));

/** Where this place of the viewport is in the browser's window. */
export function inWindow(left: number, top: number): [x: number, y: number] {
  // The tests run in a frame of Vitest's page, drawn smaller where the window is.
  const frame = window.frameElement as HTMLElement | null;
  const outer = frame?.getBoundingClientRect() ?? { left: 0, top: 0, width: 1 };
  const scale = outer.width / (frame?.offsetWidth ?? 1);
  return [outer.left + left * scale, outer.top + top * scale];
}

/** Where the element is, when it stays there: a person waits for what moves. */
export async function restingPlace(element: Element): Promise<DOMRect> {
  for (let before = new DOMRect(); ; ) {
    const now = element.getBoundingClientRect();
    if (JSON.stringify(now) === JSON.stringify(before)) return now;
    before = now;
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
  }
}

/** A policy that leaves nothing out. */
export const everything = { scopes: [{ scope: "ticket:read" }, { scope: "ticket:write" }] };

/** A partner all of whose texts are as long and as hostile as a manifest lets them be. */
export const longest = {
  query: { longest: "" },
  policy: { trackwell: { scopes: Array.from({ length: 64 }, (_, index) => ({ scope: `thing${index}:do` })) } },
};

let count = 0;

/** A panel in the page, for a partner of its own unless `config` names it. Starts at once. */
export function addPanel(
  attributes: Record<string, string> = {},
  {
    query = {},
    ...config
  }: Partial<Omit<PartnersConfig, "policy">> & {
    query?: Record<string, string>;
    policy?: PartnersConfig["policy"] | undefined;
  } = {},
): Panel {
  count += 1;
  configurePartners({
    // Another address for each panel, because a page fetches each manifest once.
    partners: { trackwell: manifestUrl({ ...query, n: String(count) }) },
    policy: { trackwell: everything },
    provide,
    user: () => `user-${count}`,
    ...config,
  });
  const panel = document.createElement("partner-panel") as unknown as Panel;
  panel.use = remoteControl;
  const given = { partner: "trackwell", view: "issue", label: "Linked issue", timeout: "10000", ...attributes };
  for (const [name, value] of Object.entries(given)) panel.setAttribute(name, value);
  document.body.append(panel);
  return panel;
}

export function part(panel: Panel, name: string): HTMLElement | null {
  return panel.shadowRoot?.querySelector<HTMLElement>(`[part="${name}"]`) ?? null;
}

export const frameOf = (panel: Panel) => part(panel, "frame") as HTMLIFrameElement | null;

/** The next event of that name on the panel. */
export function next<K extends keyof HTMLElementEventMap>(panel: Panel, name: K): Promise<HTMLElementEventMap[K]> {
  return new Promise((resolve) => panel.addEventListener(name, resolve, { once: true }));
}

/** Has the view call the host; resolves with its result or its error's code. */
export function viewCalls(panel: Panel, name: string, params: unknown) {
  return panel.remote.view.call({ name, params }, { timeout: 60_000 });
}

/** The view asks for scopes as views should: because somebody pressed something in it. */
export async function viewRequests(panel: Panel, scopes: readonly string[]) {
  await press(frameOf(panel));
  return viewCalls(panel, "panel.scopes.request", { scopes });
}

/** What another tab does to this browser's storage. */
export function elsewhere(run: (storage: Storage) => void): void {
  const tab = document.createElement("iframe");
  document.body.append(tab);
  run((tab.contentWindow as Window).localStorage);
}

export const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

afterEach(() => {
  document.body.replaceChildren();
  localStorage.clear();
  calls.length = 0;
});
