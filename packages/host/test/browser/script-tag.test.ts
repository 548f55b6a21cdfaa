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

// In one file nothing is loaded in between, which would part them.
test("panels that begin together have their frames made one in a task, for each takes the browser milliseconds", async () => {
  const page = await openPage();
  const first = panelIn(page);
  await first.ready;
  const { Element, HTMLIFrameElement, scheduler } = page.contentWindow as Window & typeof globalThis;
  const insert = Element.prototype.replaceChildren;
  let made = 0;
  let inFirstTask: Promise<number> | null = null;
  Element.prototype.replaceChildren = function (this: Element, ...nodes) {
    if (nodes[0] instanceof HTMLIFrameElement) {
      made += 1;
      // Before all that waits for its turn, and after all that does not.
      inFirstTask ??= scheduler.postTask(() => made, { priority: "user-blocking" });
    }
    insert.apply(this, nodes);
  };
  const others = Array.from({ length: 10 }, () => first.cloneNode() as typeof first);
  page.contentDocument?.body.append(...others);
  await Promise.all(others.map(({ ready }) => ready));
  expect(made).toBe(10);
  expect(await inFirstTask).toBe(1);
});
