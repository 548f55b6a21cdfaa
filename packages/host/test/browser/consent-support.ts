import { expect } from "vitest";
import { type Panel, part, press } from "./support.js";

/* What a person does with a consent dialog, in every engine. */

export const dialogOf = (panel: Panel) => part(panel, "consent") as HTMLDialogElement | null;
export const badgeOf = (panel: Panel) => part(panel, "consent-badge");
export const button = (panel: Panel, answer: "allow" | "deny") => part(panel, `consent-${answer}`) as HTMLButtonElement;

export async function opened(panel: Panel): Promise<HTMLDialogElement> {
  await expect.poll(() => dialogOf(panel)).not.toBe(null);
  return dialogOf(panel) as HTMLDialogElement;
}

/** Resolves when a fresh press counts. */
export const armed = (panel: Panel) => expect.poll(() => dialogOf(panel)?.hasAttribute("data-arming")).toBe(false);

export async function answer(panel: Panel, which: "allow" | "deny"): Promise<void> {
  await opened(panel);
  await armed(panel);
  await press(button(panel, which));
  await expect.poll(() => dialogOf(panel)).toBe(null);
}
