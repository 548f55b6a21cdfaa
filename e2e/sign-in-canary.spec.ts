import { openWindow, openWith } from "./support/attacker.js";
import { Canary } from "./support/canary.js";
import { at, stateOf } from "./support/desk.js";
import { PlaywrightUi } from "./support/playwright-ui.js";
import { expect, test } from "./support/test.js";

/*
 * Tokens, codes, assertions and keys are found nowhere but where they belong: through each mode, with what goes wrong on the way, to the sign-out. What the
 * server's helpers themselves say and log: packages/server/test/unit/token-canary.test.ts.
 */

/** What the demo's servers, which run in this very process, write while `run` goes on. */
async function serversLog(run: () => Promise<void>): Promise<string> {
  let log = "";
  const originals = [process.stdout, process.stderr].map((stream) => [stream, stream.write] as const);
  const methods = ["log", "info", "warn", "error", "debug"] as const;
  const consoles = methods.map((method) => [method, console[method]] as const);
  const add = (text: string) => {
    log += text;
    return true;
  };
  for (const method of methods)
    console[method] = (...parts: unknown[]) =>
      void add(`${parts.join(" ")}
`);
  for (const [stream] of originals) stream.write = ((chunk: unknown) => add(String(chunk))) as typeof stream.write;
  try {
    await run();
  } finally {
    for (const [stream, write] of originals) stream.write = write;
    for (const [method, original] of consoles) console[method] = original;
  }
  return log;
}

const stories = [
  ["assertion", "ada", null, ["access_token", "assertion"]],
  ["exchange", "ada", null, ["access_token"]],
  ["code", "ada", "ada.t", ["access_token", "code", "id_token", "refresh_token"]],
  ["assertion", "cleo", "cleo.t", ["access_token", "assertion", "code", "id_token", "refresh_token"]],
] as const;

for (const [mode, agent, account, secrets] of stories) {
  const what = account === "cleo.t" ? "linking an account" : `mode ${mode}`;
  test(`of ${what} nothing secret is left anywhere @chromium @cookies`, async ({ ui, demo }) => {
    if (!(ui instanceof PlaywrightUi)) throw new Error("Chromium is driven by Playwright");
    const canary = await Canary.watch(ui.page.context(), demo.addresses);
    const story = async () => {
      const view = await openWith(ui, demo, mode, agent);
      if (account !== null) {
        const closed = await openWindow(ui, view, demo);
        await closed.close();
        await expect.poll(() => view.text("#offer-why")).toContain("POPUP_CLOSED");
        const popup = await openWindow(ui, view, demo);
        await popup.click(`button[value="${account}"]`);
      }
      await expect.poll(() => view.text("#issue-id")).toBe("TRK-7");
      // Whatever is looked into must stay while it is.
      await expect.poll(() => ui.page.context().pages().length, "the window has closed").toBe(1);
      await expect.poll(() => stateOf(ui)).toBe("ready");
      const errors = await view.eval(async () => {
        const { panel } = document.querySelector("trackwell-issue-view") as unknown as {
          panel: {
            fetch(url: string): Promise<Response>;
            token(): Promise<{ proof(method: string, url: string): unknown }>;
          };
        };
        // An answer of the API is no error; an address that is not below it is, and so is one that a proof is asked for.
        await panel.fetch("/no/such/thing");
        const thrown = await Promise.allSettled([
          panel.fetch("https://evil.example/"),
          panel.token().then((token) => token.proof("GET", "https://evil.example/")),
        ]);
        return thrown.map((each) => {
          const { reason } = each as PromiseRejectedResult;
          return `${(reason as Error).stack} ${JSON.stringify(reason)} ${String((reason as Error).cause)}`;
        });
      });
      expect(errors).toHaveLength(2);
      for (const error of errors) canary.look("a rejection", error);
      expect(await canary.search()).toEqual([]);
      expect(await canary.keys()).toEqual(["a key that is exported: public", "a key that is made: not extractable"]);
      // A new frame, of a page that begins anew.
      await ui.reload();
      if (mode === "code") await expect.poll(() => view.visible("#sign-in")).toBe(true);
      else await expect.poll(() => stateOf(ui)).toBe("ready");
    };
    canary.look("the servers' logs", await serversLog(story));
    expect([...new Set(canary.secrets.map(({ name }) => name))].toSorted(), "there was something to find").toEqual(
      secrets,
    );
    expect(await canary.search()).toEqual([]);

    // Desk's list of what partners did, as people see it.
    await ui.goto(`${demo.addresses.desk}/integrations`);
    expect(await canary.search()).toEqual([]);

    canary.look(
      "the servers' logs",
      await serversLog(async () => {
        await ui.click("#agent-menu-button");
        await ui.click("#sign-out");
        await expect.poll(() => ui.url()).toContain("/session/end");
      }),
    );
    expect(await canary.search()).toEqual([]);
  });
}

test("the control: what is left in any of these places is found @chromium", async ({ ui, demo }) => {
  if (!(ui instanceof PlaywrightUi)) throw new Error("Chromium is driven by Playwright");
  const canary = await Canary.watch(ui.page.context(), demo.addresses);
  const view = await openWith(ui, demo, "assertion", "ada");
  await expect.poll(() => stateOf(ui)).toBe("ready");
  await view.eval(async () => {
    const { panel } = document.querySelector("trackwell-issue-view") as unknown as {
      panel: { token(): Promise<{ token: string }> };
    };
    const { token } = await panel.token();
    history.replaceState({ token }, "", `#${token}`);
    window.name = token;
    localStorage.setItem("kept", token);
    sessionStorage.setItem("kept", token);
    await new Promise<void>((resolve) => {
      const opening = indexedDB.open("kept", 1);
      opening.onupgradeneeded = () => opening.result.createObjectStore("kept").put(token, "token");
      opening.onsuccess = () => {
        opening.result.close();
        resolve();
      };
    });
    await (await caches.open("kept")).put("/kept", new Response(token));
    const element = document.createElement("p");
    element.attachShadow({ mode: "open" }).append(Object.assign(document.createElement("i"), { title: token }));
    document.body.append(element);
    console.log("signed in with", token);
    setTimeout(() => {
      throw new Error(`no good: ${token}`);
    });
    document.dispatchEvent(Object.assign(new Event("partner-audit", { bubbles: true }), { record: { token } }));
    document.dispatchEvent(Object.assign(new Event("partner-error", { bubbles: true }), { error: { token } }));
    parent.postMessage(token, "*");
    await fetch(`/nowhere?access_token=${token}`);
    await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
  });
  // In the top page's own history and cookies, too: a frame of another site may have none.
  const token = canary.secrets.find(({ name }) => name === "access_token")?.text ?? "";
  await ui.eval((token) => {
    history.pushState(null, "", `#${token}`);
    // biome-ignore lint/suspicious/noDocumentCookie: the attacker's choice.
    document.cookie = `kept=${token}`;
  }, token);
  canary.look("the servers' logs", await serversLog(async () => console.log("issued", token)));
  await expect
    .poll(() => canary.search())
    .toEqual(
      [
        "IndexedDB",
        "a console",
        "a cookie",
        "a request's address",
        "a thrown error",
        "a window message",
        "an error of the panel",
        "history state",
        "localStorage",
        "sessionStorage",
        "the address",
        "the audit log",
        "the cache",
        "the document",
        "the history",
        "the servers' logs",
        "the window's name",
      ].map((place) => `access_token in ${place}`),
    );
  expect(await canary.keys()).toContain("a key that is made: extractable");
  expect(await ui.visible(at.panel)).toBe(true);
});
