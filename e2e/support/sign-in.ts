import type { TestDemo } from "./demo.js";
import { at, signIn, stateOf } from "./desk.js";
import { outside } from "./outside.js";
import { expect } from "./test.js";
import type { Surface, Ui } from "./ui.js";

/** In Trackwell's view. */
export const inView = { account: "#account", why: "#offer-why", signIn: "#sign-in", issue: "#issue-id" } as const;

/** Opens T-42 as an agent who is new here, with sign-in switched to a mode, and lets Trackwell see the ticket. */
export async function openBy(
  ui: Ui,
  demo: TestDemo,
  search: string,
  agent: "ada" | "ben" | "cleo" | null = "ada",
): Promise<Surface> {
  await signIn(ui, demo, agent, `/tickets/T-42${search}`);
  await expect.poll(() => ui.visible(at.allow)).toBe(true);
  await ui.click(at.allow);
  return ui.frame(at.panel);
}

/** The view asks for a press, for this reason. */
export async function expectOffer(view: Surface, code: string, words: string): Promise<void> {
  await expect.poll(() => view.text(inView.why)).toContain(`(${code})`);
  expect(await view.text(inView.why)).toContain(words);
}

/** The window of Trackwell's own sign-in, opened by a press in the view. */
export const signInWindow = (ui: Ui, view: Surface): Promise<Ui> => ui.popup(() => view.click(inView.signIn));

/** Signs in there. The window then closes by itself. */
export async function signInAs(window: Ui, demo: TestDemo, account: string): Promise<void> {
  await expect.poll(() => window.url()).toContain(demo.addresses.trackwellId);
  await window.click(`button[value="${account}"]`);
}

/** The panel shows the issue to somebody. */
export async function expectSignedIn(ui: Ui, view: Surface, name: string): Promise<void> {
  await expect.poll(() => stateOf(ui)).toBe("ready");
  await expect.poll(() => view.text(inView.account)).toContain(name);
  await expect.poll(() => view.text(inView.issue)).toBe("TRK-7");
  expect(await view.visible(inView.signIn), "nothing is asked any more").toBe(false);
}

/** A press on a provider's page for QA. */
export async function pressForQa(issuer: string, name: string): Promise<void> {
  const headers = { origin: issuer, "content-type": "application/x-www-form-urlencoded" };
  const { status } = await outside(`${issuer}/qa`, { method: "POST", headers, body: `do=${name}` });
  expect(status, `${name} at ${issuer}`).toBe(303);
}

/** The tokens that panels got from Trackwell's provider, the latest first, as its page for QA tells. */
export async function tokensOfPanels({ addresses }: TestDemo): Promise<string[]> {
  const { body } = await outside(`${addresses.trackwellId}/qa`);
  const list = /<ol id="tokens"[^>]*>(.*?)<\/ol>/s.exec(String(body))?.[1] ?? "";
  return [...list.matchAll(/<\/code> ([^<]*)</g)].map(([, words = ""]) => words.replace("&#39;", "'"));
}
