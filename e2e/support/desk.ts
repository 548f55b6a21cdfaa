import type { TestDemo } from "./demo.js";
import { expect } from "./test.js";
import type { Surface, Ui } from "./ui.js";

/** Where things are, on Desk's pages unless said otherwise. */
export const at = {
  panel: "#linked-issue",
  dialog: "dialog[part=consent]",
  // A press while the dialog is not yet armed does not count, as for a person.
  allow: "dialog[part=consent]:not([data-arming]) >> button[part=consent-allow]",
  deny: "dialog[part=consent]:not([data-arming]) >> button[part=consent-deny]",
  badge: "#linked-issue >> [part=consent-badge]",
  retry: "#linked-issue >> [part=retry-button]",
  /** In Trackwell's view. */
  refreshIssue: "#refresh",
} as const;

/**
 * Signs in at Desk through its provider, and goes to a path of Desk. `null`: as the agent who is signed in at the provider
 * already, in another tab.
 */
export async function signIn(
  ui: Ui,
  demo: TestDemo,
  agent: "ada" | "ben" | "cleo" | null,
  path = "/tickets",
): Promise<void> {
  await ui.goto(demo.addresses.desk + path);
  await ui.click("#sign-in");
  if (agent !== null) {
    await expect.poll(() => ui.url()).toContain(demo.addresses.deskId);
    await ui.click(`button[value="${agent}"]`);
  }
  await expect.poll(() => ui.visible("#agent-menu-button"), "signed in at Desk").toBe(true);
}

/** Has Trackwell publish another version of its manifest, on its own page for that. */
export async function publish(ui: Ui, demo: TestDemo, version: string): Promise<void> {
  const tab = await ui.newTab();
  await tab.goto(`${demo.addresses.trackwell}/releases?publish=${version}`);
  await tab.click(`#release-${version.replaceAll(".", "\\.")} button`);
  await expect.poll(() => tab.text("#published")).toContain(`${version} is published`);
  await tab.close();
}

/** The state of a panel. */
export const stateOf = (ui: Ui, css: string = at.panel): Promise<string | null> =>
  ui.eval((css) => (document.querySelector(css) as { state?: string } | null)?.state ?? null, css);

/** The value of a field on Desk's page; null while there is none. */
export const fieldValue = (ui: Ui, css: string): Promise<string | null> =>
  ui.eval((css) => document.querySelector<HTMLInputElement | HTMLSelectElement>(css)?.value ?? null, css);

/** Opens T-42 as an agent who is new here, with the scope granted that the view cannot do without. */
export async function openLinkedIssue(ui: Ui, demo: TestDemo, agent: "ada" | "ben" | "cleo"): Promise<Surface> {
  await signIn(ui, demo, agent, "/tickets/T-42");
  await ui.click(at.allow);
  await expect.poll(() => stateOf(ui)).toBe("ready");
  return ui.frame(at.panel);
}

/**
 * Waits for the dialog that a press in the view brings. WebKit's driver takes the focus out of the frame to look at the page; if it
 * does so too soon the question is one that nobody called for, and a badge stands for it.
 */
export async function awaitDialog(ui: Ui, panel: string = at.panel): Promise<void> {
  const badge = `${panel} >> [part=consent-badge]`;
  await expect
    .poll(async () => {
      if (ui.engine === "webkit" && (await ui.visible(badge))) await ui.click(badge);
      return ui.visible(at.dialog);
    }, "the dialog")
    .toBe(true);
}

/** Whether the keyboard goes to an element of Desk's page, or of the frame in an element of that page. */
export async function hasKeyboard(ui: Ui, css: string, panel: string | null = null): Promise<boolean> {
  const matches = (css: string) => {
    let active = document.activeElement;
    while (active?.shadowRoot) active = active.shadowRoot.activeElement;
    return active?.matches(css) === true;
  };
  if (panel === null) return ui.eval(matches, css);
  return (await ui.eval(matches, "iframe")) && (await ui.frame(panel).eval(matches, css));
}

/** Presses Tab (or Shift+Tab) until an element has the keyboard, as somebody without a mouse would. */
export async function tabTo(ui: Ui, css: string, panel: string | null = null, key = "Tab"): Promise<void> {
  for (let presses = 0; presses < 80; presses += 1) {
    if (await hasKeyboard(ui, css, panel)) return;
    await ui.press(key);
  }
  throw new Error(`Tab never comes to ${css}`);
}
