import type { TestDemo } from "./demo.js";
import { expect } from "./test.js";
import type { Surface, Ui } from "./ui.js";

/** Where things are on Desk's pages and in Trackwell's view. */
export const at = {
  panel: "#linked-issue",
  /** In Trackwell's view. */
  refreshIssue: "#refresh",
  allow: "dialog[part=consent]:not([data-arming]) >> button[part=consent-allow]",
  deny: "dialog[part=consent]:not([data-arming]) >> button[part=consent-deny]",
} as const;

/** Signs in at Desk as one of its agents, through its provider, and goes to a path of Desk. */
export async function signIn(ui: Ui, demo: TestDemo, agent: "ada" | "ben", path = "/tickets"): Promise<void> {
  await ui.goto(demo.addresses.desk + path);
  await ui.click("#sign-in");
  await expect.poll(() => ui.url()).toContain(demo.addresses.deskId);
  await ui.click(`button[value="${agent}"]`);
  await expect.poll(() => ui.visible("#agent-menu-button"), "signed in at Desk").toBe(true);
}

/** The state of a panel, as its custom state tells it. */
export const stateOf = (ui: Ui, css: string = at.panel): Promise<string | null> =>
  ui.eval((css) => {
    const panel = document.querySelector(css) as { state?: string } | null;
    return panel?.state ?? null;
  }, css);

/** Opens T-42 with its panel ready, the scope it cannot do without granted in the host's dialog. */
export async function openLinkedIssue(ui: Ui, demo: TestDemo, agent: "ada" | "ben"): Promise<Surface> {
  await signIn(ui, demo, agent, "/tickets/T-42");
  await ui.click(at.allow);
  await expect.poll(() => stateOf(ui)).toBe("ready");
  return ui.frame(at.panel);
}
