import type { PartnerPanel, PartnersConfig } from "@partner-panel/host";
import { defineContract, method, notification } from "@partner-panel/postmessage-rpc";
import * as v from "valibot";
import { expect } from "vitest";
import { commands } from "vitest/browser";
import { addPanel, frameOf, inWindow, pressAt, restingPlace } from "./support.js";

/* A view that speaks by the SDK: packages/partner/test/browser/frames/acting.ts, framed on another site and known by these words. */

const order = v.object({ what: v.string(), with: v.optional(v.array(v.unknown())) });
const actingControl = defineContract({
  "act.do": method({
    scope: null,
    params: order,
    result: v.object({
      result: v.optional(v.unknown()),
      code: v.optional(v.string()),
      message: v.optional(v.string()),
    }),
  }),
  "act.onPress": notification({ scope: null, params: order }),
  "act.seen": method({
    scope: null,
    result: v.object({
      heard: v.array(v.unknown()),
      loadedAt: v.number(),
      focus: v.string(),
      hasFocus: v.boolean(),
      pointer: v.number(),
      display: v.string(),
      typed: v.string(),
      history: v.number(),
      path: v.string(),
      height: v.number(),
      width: v.number(),
    }),
  }),
});

export type ActingPanel = PartnerPanel<typeof actingControl>;

interface Setting extends Partial<Omit<PartnersConfig, "policy">> {
  /** Query of the view's page. */
  readonly view?: Record<string, string>;
  /** Of the view's entry in the manifest. */
  readonly entry?: object;
  readonly query?: Record<string, string>;
}

export const actingPath = (view: Record<string, string> = {}) =>
  `/test-page?${new URLSearchParams({ script: "/packages/partner/test/browser/frames/acting.ts", ...view })}`;

export function addActing(
  attributes: Record<string, string> = {},
  { view = {}, entry = {}, query = {}, ...config }: Setting = {},
): ActingPanel {
  const views = { issue: { entry: actingPath(view), title: "Linked issue", minHeight: 120, ...entry } };
  const surfaces = { link: { entry: "/partner/page" }, panel: { views } };
  const panel = addPanel(attributes, {
    query: { ...query, with: JSON.stringify({ surfaces }) },
    ...config,
  }) as unknown as ActingPanel;
  panel.use = actingControl;
  return panel;
}

export const seen = (panel: ActingPanel) => panel.remote.act.seen();
/** Has the view call its panel: `view(panel, "panel.ui.setDirty", true)`. */
export const view = (panel: ActingPanel, what: string, ...given: unknown[]) =>
  panel.remote.act.do({ what, with: given }, { timeout: 60_000 });

/** Where nothing is. */
export const pressFrame = (panel: ActingPanel) => pressInside(panel, 340);

/** Has the view call its panel in a person's press. */
export async function viewPressed(panel: ActingPanel, what: string, ...given: unknown[]): Promise<void> {
  panel.remote.act.onPress({ what, with: given });
  await seen(panel);
  await pressInside(panel);
}

let presses = 0;

/**
 * At the height of the view's button, which is what is pressed if not told otherwise. A browser finds what is at a place in what it drew last, and may give
 * a press to what was there before the frame: so first the pointer is at a place where it was not, and the view knows.
 */
async function pressInside(panel: ActingPanel, x = 250): Promise<void> {
  presses += 1;
  const at = x + (presses % 5) * 4;
  const frame = frameOf(panel as never) as HTMLIFrameElement;
  frame.scrollIntoView({ block: "nearest" });
  await expect
    .poll(async () => {
      const { left, top } = await restingPlace(frame);
      await commands.point(...inWindow(left + at, top + 16));
      return Math.abs((await seen(panel)).pointer - at);
    })
    .toBeLessThan(2);
  const { left, top } = frame.getBoundingClientRect();
  await pressAt(left + at, top + 16);
}

/** The modal dialog in which the panel is shown. */
export const windowOf = (panel: ActingPanel): HTMLDialogElement | null =>
  panel.shadowRoot?.querySelector(".content")?.shadowRoot?.querySelector("dialog") ?? null;

export const inShadow = (panel: ActingPanel, selector: string): HTMLElement | null =>
  panel.shadowRoot?.querySelector<HTMLElement>(selector) ?? null;

export async function appears(panel: ActingPanel, selector: string): Promise<HTMLElement> {
  await expect.poll(() => inShadow(panel, selector)).not.toBe(null);
  return inShadow(panel, selector) as HTMLElement;
}
