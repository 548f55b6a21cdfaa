import { createSignInPages } from "@partner-panel/server";
import { expectNoFaults } from "./support/axe.js";
import { PlaywrightUi } from "./support/playwright-ui.js";
import type { Answer } from "./support/sites.js";
import { expect, test } from "./support/test.js";
import type { Surface, Ui } from "./support/ui.js";

/** The callback and the relay page, as the partner's server sends them. */
async function signInPages(): Promise<{ callback: Answer; relay: Answer }> {
  const pages = createSignInPages();
  const answer = async (path: string): Promise<Answer> => {
    const response = await pages.fetch(new Request(`http://partner${path}`));
    if (!response) throw new Error(`no page at ${path}`);
    return { headers: Object.fromEntries(response.headers), body: await response.text() };
  };
  return { callback: await answer("/panel/callback"), relay: await answer("/panel/relay") };
}

/** The same page without one of its defences, and without the policy, whose hash would no longer fit. */
function without({ body = "" }: Answer, ...defences: [string, string][]): Answer {
  return {
    body: defences.reduce((text, [defence, instead]) => exactly(text, defence).replace(defence, instead), body),
  };
}

function exactly(text: string, part: string): string {
  if (text.split(part).length !== 2) throw new Error(`not once in the page: ${part}`);
  return text;
}

/** A page that opens `#open`'s address on a click, answers the relay with `order`, and notes each message. */
const opener = (
  url: string,
  order?: { url: string; state: string },
) => `<button id=open>Open</button><pre id=log></pre><script>
  addEventListener("message", ({ data, origin, source }) => {
    document.querySelector("#log").textContent += JSON.stringify({ data, origin }) + "\\n";
    if (data["partner-panel"] === "relay-ready" && ${order !== undefined})
      source.postMessage({ "partner-panel": "relay-open", ...${JSON.stringify(order ?? {})} }, origin);
  });
  document.querySelector("#open").addEventListener("click", () => { window.popup = open(${JSON.stringify(url)}); });
</script>`;

const noting = `<pre id=log></pre><script>
  addEventListener("message", ({ data }) => { document.querySelector("#log").textContent += JSON.stringify(data) + "\\n"; });
</script>`;

const logOf = async (surface: Surface): Promise<{ data: Record<string, unknown>; origin: string }[]> =>
  ((await surface.text("#log")) ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as { data: Record<string, unknown>; origin: string });

const answer = "code=canary-code&state=s1&iss=https%3A%2F%2Fid.example";
const handedOver = { "partner-panel": "sign-in", answer };

test.describe("sign-in in a window @cookies", () => {
  /** The partner's site, its provider (which may cut its windows off), and a host with the view in a frame. */
  const setUp = async (
    site: (name: string, answer: (path: string) => string | Answer | undefined) => Promise<{ origin: string }>,
    { coop = false, viaRelay = false, change = (pages: { callback: Answer; relay: Answer }) => pages } = {},
  ) => {
    const pages = change(await signInPages());
    let callback = "";
    const headers = { "cross-origin-opener-policy": coop ? "same-origin" : "unsafe-none" };
    const provider = await site("provider", (path) =>
      path === "/auth" ? { headers, body: `<a id=go href="${callback}?${answer}">Yes, it is me</a>` } : undefined,
    );
    const auth = `${provider.origin}/auth`;
    const partner = await site("partner", (path) => {
      if (path === "/view") return opener(viaRelay ? "/panel/relay" : auth, { url: auth, state: "s1" });
      if (path.startsWith("/panel/callback")) return pages.callback;
      return path === "/panel/relay" ? pages.relay : undefined;
    });
    callback = `${partner.origin}/panel/callback`;
    const sandbox = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox";
    const host = await site("host", () => ({
      headers: { "cross-origin-opener-policy": "same-origin-allow-popups" },
      body: `<iframe id=panel sandbox="${sandbox}" src="${partner.origin}/view"></iframe>${noting}`,
    }));
    return { auth, partner, host };
  };

  const inFrame = async (ui: Ui, host: { origin: string }) => {
    await ui.goto(host.origin);
    const view = ui.frame("#panel");
    return { view, popup: await ui.popup(() => view.click("#open")) };
  };

  test("the callback hands the code to the frame that opened the window, and to nobody else", async ({ ui, site }) => {
    const { partner, host } = await setUp(site);
    const { view, popup } = await inFrame(ui, host);
    await popup.click("#go");
    await expect.poll(() => logOf(view)).toEqual([{ data: handedOver, origin: partner.origin }]);
    expect(await logOf(ui)).toEqual([]);
    // It closes by itself, and until then the code is not in its address.
    await expect.poll(() => view.eval(() => (window as unknown as { popup: Window }).popup.closed)).toBe(true);
  });

  test("the code leaves the address bar at once", async ({ ui, site }) => {
    const { partner } = await setUp(site);
    await ui.goto(`${partner.origin}/panel/callback?code=canary-code`);
    expect(await ui.url()).toBe(`${partner.origin}/panel/callback`);
    await expect.poll(() => ui.visible("#nothing")).toBe(true);
    expect(await ui.errors()).toEqual([]);
  });

  const open: [string, string][] = [
    ["else if (opensOwn()) {", "else if (true) {"],
    [
      'opener.postMessage({ "partner-panel": "sign-in", answer }, own);',
      'opener.postMessage({ "partner-panel": "sign-in", answer }, "*");',
    ],
  ];

  for (const [what, expected, change] of [
    ["gets nothing", [], undefined],
    ["would get the code from a callback that asks no origin", [handedOver], open],
  ] as const) {
    test(`a site that starts our client's flow ${what}`, async ({ ui, site }) => {
      const { auth } = await setUp(site, {
        change: (pages) => (change ? { ...pages, callback: without(pages.callback, ...change) } : pages),
      });
      const evil = await site("evil", () => opener(auth));
      await ui.goto(evil.origin);
      const popup = await ui.popup(() => ui.click("#open"));
      await popup.click("#go");
      await expect.poll(() => popup.visible(change ? "#done" : "#nothing")).toBe(true);
      await expect.poll(async () => (await logOf(ui)).map(({ data }) => data)).toEqual(expected);
    });
  }

  test("a provider that cuts its windows off loses the frame; the relay brings the code back", async ({ ui, site }) => {
    const direct = await setUp(site, { coop: true });
    const { view, popup } = await inFrame(ui, direct.host);
    await popup.click("#go");
    await expect.poll(() => popup.visible("#done")).toBe(true);
    expect(await logOf(view)).toEqual([]);

    const { partner, host } = await setUp(site, { coop: true, viaRelay: true });
    const relayed = await inFrame(ui, host);
    await expect.poll(() => relayed.popup.visible("#ask")).toBe(true);
    const provider = await relayed.popup.popup(() => relayed.popup.click("#open"));
    await provider.click("#go");
    await expect
      .poll(() => logOf(relayed.view))
      .toEqual([
        { data: { "partner-panel": "relay-ready" }, origin: partner.origin },
        { data: handedOver, origin: partner.origin },
      ]);
    expect(await logOf(ui)).toEqual([]);
  });

  for (const [what, isOpened, change] of [
    ["takes no orders from a page of another origin", false, undefined],
    ["without its look at the origin would", true, [["origin !== own || ", ""]] as [string, string][]],
  ] as const) {
    test(`the relay ${what}`, async ({ ui, site }) => {
      const { partner, auth } = await setUp(site, {
        change: (pages) => (change ? { ...pages, relay: without(pages.relay, ...change) } : pages),
      });
      // It need not wait to be told that the relay is ready: it says its order again and again.
      const evil = await site(
        "evil",
        () => `${opener(`${partner.origin}/panel/relay`)}<script>
          setInterval(() => window.popup?.postMessage(
            { "partner-panel": "relay-open", url: ${JSON.stringify(auth)}, state: "s1" }, "*"), 50);
        </script>`,
      );
      await ui.goto(evil.origin);
      const relay = await ui.popup(() => ui.click("#open"));
      await expect.poll(() => relay.visible(isOpened ? "#ask" : "#nothing")).toBe(true);
      expect(await relay.visible("#open")).toBe(isOpened);
      expect(await logOf(ui)).toEqual([]);
    });
  }

  for (const [policy, words] of [
    ["same-origin", "#severed"],
    // The control: an opener that is there gets the window, and sends it on.
    ["same-origin-allow-popups", "#wait"],
  ] as const) {
    test(`a window that begins in a frame of a host with ${policy} shows ${words}`, async ({ ui, site }) => {
      const pages = await signInPages();
      const partner = await site("partner", (path) => {
        if (path === "/view") return opener("/panel/callback#begin");
        return path === "/panel/callback" ? pages.callback : undefined;
      });
      const sandbox = "allow-scripts allow-same-origin allow-popups allow-popups-to-escape-sandbox";
      const host = await site("host", () => ({
        headers: { "cross-origin-opener-policy": policy },
        body: `<iframe id=panel sandbox="${sandbox}" src="${partner.origin}/view"></iframe>`,
      }));
      await ui.goto(host.origin);
      const view = ui.frame("#panel");
      const popup = await ui.popup(() => view.click("#open"));
      await expect.poll(() => popup.visible(words)).toBe(true);
      expect(await popup.visible("#nothing")).toBe(false);
      expect(await view.eval(() => (window as unknown as { popup: Window | null }).popup === null)).toBe(
        words === "#severed",
      );
    });
  }

  test("the relay hands on the answer to its own request alone", async ({ ui, site }) => {
    const { partner, host } = await setUp(site, { viaRelay: true });
    const { view, popup } = await inFrame(ui, host);
    await expect.poll(() => popup.visible("#ask")).toBe(true);
    // Another sign-in at the same partner, in a window of its own, ends at the same time.
    const other = await ui.newTab();
    await other.goto(`${partner.origin}/panel/callback?code=of-another&state=s2`);
    await expect.poll(() => other.visible("#done")).toBe(true);
    await other.goto(`${partner.origin}/panel/callback?${answer}`);
    await expect
      .poll(async () => (await logOf(view)).map(({ data }) => data))
      .toEqual([{ "partner-panel": "relay-ready" }, handedOver]);
  });

  for (const colorScheme of ["light", "dark"] as const) {
    test(`axe finds nothing in either page (${colorScheme}) @chromium`, async ({ ui, site }) => {
      const { host, partner } = await setUp(site, { viaRelay: true });
      const { popup } = await inFrame(ui, host);
      if (!(popup instanceof PlaywrightUi)) throw new Error("Chromium is driven by Playwright");
      const { page } = popup;
      await page.emulateMedia({ colorScheme });
      await expect.poll(() => popup.visible("#ask")).toBe(true);
      // Ready for the keyboard: the one thing to do has the focus.
      await expect.poll(() => popup.eval(() => document.activeElement?.id)).toBe("open");
      await expectNoFaults(page, [page.locator("main")]);
      await page.goto(`${partner.origin}/panel/callback`);
      await expect.poll(() => popup.visible("#nothing")).toBe(true);
      await expectNoFaults(page, [page.locator("main")]);
    });
  }
});
