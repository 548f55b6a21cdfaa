import type { PartnerPanel } from "@partner-panel/host";
import { expect, test } from "vitest";
import { manifestUrl } from "./support.js";

/* docs/script-tag.md, followed to the letter: one classic script with its hash, and no module of this package. */

type Global = Window & { partnerPanel?: Record<string, unknown> };

async function openPage(query: Record<string, string> = {}): Promise<HTMLIFrameElement> {
  const page = document.createElement("iframe");
  page.src = `/script-tag/page?${new URLSearchParams({ manifest: manifestUrl({ n: "script-tag" }), ...query })}`;
  const loaded = new Promise((resolve) => page.addEventListener("load", resolve, { once: true }));
  document.body.append(page);
  await loaded;
  return page;
}

const panelIn = (page: HTMLIFrameElement) =>
  page.contentDocument?.querySelector("partner-panel") as unknown as PartnerPanel;

test("one script with its hash shows a panel", async () => {
  const page = await openPage();
  await panelIn(page).ready;
  expect(panelIn(page).state).toBe("ready");
  const { partnerPanel } = page.contentWindow as Global;
  for (const name of ["configurePartners", "implement", "defineContract", "method", "assertionFrom", "signOut"])
    expect(partnerPanel?.[name], name).toBeTypeOf("function");
});

test("a script of another hash is not run at all", async () => {
  const page = await openPage({ integrity: `sha384-${btoa("x".repeat(48))}` });
  expect((page.contentWindow as Global).partnerPanel).toBe(undefined);
  expect(panelIn(page).state).toBe(undefined);
});
