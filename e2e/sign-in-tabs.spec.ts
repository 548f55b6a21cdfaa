import type { TestDemo } from "./support/demo.js";
import { moduleAt, pageWith } from "./support/modules.js";
import { expect, test } from "./support/test.js";
import type { Ui } from "./support/ui.js";

/**
 * A host whose tabs share one session, in front of Desk's own provider, which rotates refresh tokens and takes one that is used twice for stolen.
 * Requests to the token endpoint wait while `localStorage.gate` is closed.
 */
const hostPage = (demo: TestDemo) =>
  pageWith(
    `
    if (location.search.includes("no-locks")) Object.defineProperty(navigator, "locks", { value: undefined });
    const { createSignIn } = await import("@partner-panel/host/sign-in");
    const { WebStorageStateStore } = await import("oidc-client-ts");
    window.store = location.search.includes("own") ? sessionStorage : localStorage;
    window.asked = 0;
    const fetchNow = window.fetch;
    window.fetch = async (input, init) => {
      if (String(input).endsWith("/token")) {
        window.asked += 1;
        while (localStorage.gate === "closed") await new Promise((again) => setTimeout(again, 20));
      }
      return fetchNow(input, init);
    };
    const { origin } = location;
    const config = await (await fetchNow("/config.json")).json();
    const signIn = createSignIn({
      authority: ${JSON.stringify(demo.addresses.deskId)}, client_id: "desk-web", redirect_uri: origin + "/callback",
      post_logout_redirect_uri: origin + "/", scope: "openid profile email " + config.scope, resource: config.resource,
      userStore: new WebStorageStateStore({ store }),
    });
    window.changes = [];
    signIn.onChange((user) => changes.push(user?.profile.sub ?? null));
    await signIn.handleRedirect();
    document.querySelector("#sign-in").onclick = () => signIn.signIn();
    document.querySelector("#sign-out").onclick = () => signIn.signOut();
    window.tokens = [];
    window.ask = () => { signIn.accessToken().then((token) => tokens.push(token ?? "nobody")); };
    const show = async () => { document.querySelector("#who").textContent = (await signIn.user())?.profile.sub ?? "nobody"; };
    await show();`,
    `<p id=who></p><button id=sign-in>Sign in</button><button id=sign-out>Sign out</button>`,
  );

interface Page {
  store: Storage;
  asked: number;
  changes: (string | null)[];
  tokens: string[];
  ask(): void;
}

const ask = (tab: Ui) => tab.eval(() => (window as unknown as Page).ask());
const asked = (tab: Ui) => tab.eval(() => (window as unknown as Page).asked);
const tokens = (tab: Ui) => tab.eval(() => (window as unknown as Page).tokens);
const changes = (tab: Ui) => tab.eval(() => (window as unknown as Page).changes);
const isSignedIn = (tab: Ui) => tab.eval(() => Object.keys(localStorage).some((name) => name.startsWith("oidc.user:")));
const gate = (tab: Ui, state: "open" | "closed") => tab.eval((state) => localStorage.setItem("gate", state), state);

/** As if the time of the access token were over. */
const expire = (tab: Ui) =>
  tab.eval(() => {
    const { store } = window as unknown as Page;
    const name = Object.keys(store).find((name) => name.startsWith("oidc.user:")) ?? "";
    const user = JSON.parse(store.getItem(name) ?? "{}") as object;
    store.setItem(name, JSON.stringify({ ...user, expires_at: Math.floor(Date.now() / 1000) - 1 }));
  });

const waitingForLock = (tab: Ui) =>
  tab.eval(async () => {
    const { held = [], pending = [] } = await navigator.locks.query();
    const count = (locks: LockInfo[]) => locks.filter(({ name }) => name?.startsWith("partner-panel session")).length;
    return [count(held), count(pending)];
  });

async function signInAs(tab: Ui, agent: "ada" | "ben" | null): Promise<void> {
  await tab.click("#sign-in");
  if (agent !== null) await tab.click(`button[value="${agent}"]`);
  await expect.poll(() => tab.text("#who")).toBe(agent ?? "ada");
}

test.describe("several tabs of a host, one session", () => {
  test.beforeEach(async ({ demo, site, ui }) => {
    const config = await (await fetch(`http://127.0.0.1:${new URL(demo.addresses.desk).port}/config.json`)).text();
    await demo.servers.desk.close();
    const page = hostPage(demo);
    await site(
      "desk",
      (path) =>
        moduleAt(path) ??
        (path === "/config.json" ? { headers: { "content-type": "application/json" }, body: config } : page),
      Number(new URL(demo.addresses.desk).port),
    );
    await ui.goto(demo.addresses.desk);
    await expect.poll(() => ui.text("#who")).toBe("nobody");
    await signInAs(ui, "ada");
  });

  const another = async (ui: Ui, demo: TestDemo, query = "") => {
    const tab = await ui.newTab();
    await tab.goto(`${demo.addresses.desk}/${query}`);
    await expect.poll(() => tab.text("#who")).toBe("ada");
    return tab;
  };

  test("an expired token is renewed once, and the others find it done", async ({ ui, demo }) => {
    const other = await another(ui, demo);
    await gate(ui, "closed");
    await expire(ui);
    const before = await asked(ui);
    await ask(ui);
    await expect.poll(() => asked(ui)).toBe(before + 1);
    await ask(other);
    await expect.poll(() => waitingForLock(ui)).toEqual([1, 1]);
    await gate(ui, "open");
    await expect.poll(() => tokens(other)).toEqual([expect.stringMatching(/^eyJ/)]);
    await expect.poll(() => tokens(ui)).toEqual(await tokens(other));
    expect(await asked(other)).toBe(0);
    // The session goes on: nobody has used a refresh token twice.
    await expire(ui);
    await ask(other);
    await expect.poll(async () => (await tokens(other)).at(1)).toMatch(/^eyJ/);
  });

  test("the control: without the lock both use one refresh token, and the provider ends the session", async ({
    ui,
    demo,
  }) => {
    await ui.goto(`${demo.addresses.desk}/?no-locks`);
    await expect.poll(() => ui.text("#who")).toBe("ada");
    const other = await another(ui, demo, "?no-locks");
    await gate(ui, "closed");
    await expire(ui);
    for (const tab of [ui, other]) {
      await ask(tab);
      await expect.poll(() => asked(tab)).toBe(1);
    }
    await gate(ui, "open");
    await expect.poll(async () => [...(await tokens(ui)), ...(await tokens(other))].length).toBe(2);
    await expire(ui);
    await ask(ui);
    await expect.poll(async () => (await tokens(ui)).at(1)).toBe("nobody");
  });

  test("a sign-out in one tab is told in the other", async ({ ui, demo }) => {
    const other = await another(ui, demo);
    await ui.click("#sign-out");
    await expect.poll(() => changes(other)).toEqual([null]);
    await ask(other);
    await expect.poll(() => tokens(other)).toEqual(["nobody"]);
  });

  test("somebody else who signs in in one tab is told in the other", async ({ ui, demo }) => {
    const other = await another(ui, demo);
    await ui.click("#sign-out");
    await ui.click("button[value=yes]");
    await expect.poll(() => ui.url()).toBe(`${demo.addresses.desk}/`);
    await expect.poll(() => ui.text("#who")).toBe("nobody");
    await signInAs(ui, "ben");
    await expect.poll(() => changes(other)).toEqual([null, "ben"]);
  });

  for (const [what, query, left] of [
    ["a copy of a tab does not use the refresh token that the other has used", "", "eyJ"],
    ["the control: without locks it does, and the provider ends the session of both", "&no-locks", "nobody"],
  ] as const) {
    test(what, async ({ ui, demo }) => {
      await ui.goto(`${demo.addresses.desk}/?own${query}`);
      await expect.poll(() => ui.text("#who")).toBe("nobody");
      await ui.eval(() => {
        const name = Object.keys(localStorage).find((name) => name.startsWith("oidc.user:")) ?? "";
        sessionStorage.setItem(name, localStorage.getItem(name) ?? "");
        localStorage.removeItem(name);
      });
      await ui.reload();
      await expect.poll(() => ui.text("#who")).toBe("ada");
      // As "duplicate tab" does it, a window that is opened from a page begins with a copy of its sessionStorage.
      await ui.eval(() => {
        document.querySelector("#who")?.addEventListener("click", () => window.open(location.href));
      });
      const copy = await ui.popup(() => ui.click("#who"));
      await expect.poll(() => copy.text("#who")).toBe("ada");
      for (const tab of [ui, copy]) {
        await expire(tab);
        await ask(tab);
        await expect.poll(async () => (await tokens(tab)).length).toBe(1);
      }
      expect(await tokens(ui)).toEqual([expect.stringMatching(/^eyJ/)]);
      expect(await tokens(copy)).toEqual(["nobody"]);
      expect(await asked(copy)).toBe(query === "" ? 0 : 1);
      await expire(ui);
      await ask(ui);
      await expect.poll(async () => (await tokens(ui)).at(1)?.slice(0, left.length)).toBe(left);
    });
  }

  for (const [what, query, isBack] of [
    ["a renewal that is under way when somebody signs out does not bring them back", "", false],
    ["the control: without the lock it does", "?no-locks", true],
  ] as const) {
    test(what, async ({ ui, demo }) => {
      await ui.goto(`${demo.addresses.desk}/${query}`);
      await expect.poll(() => ui.text("#who")).toBe("ada");
      const other = await another(ui, demo, query);
      await gate(ui, "closed");
      await expire(ui);
      await ask(ui);
      await expect.poll(() => asked(ui)).toBe(1);
      await other.click("#sign-out");
      if (isBack) await expect.poll(() => isSignedIn(ui)).toBe(false);
      else await expect.poll(() => waitingForLock(ui)).toEqual([1, 1]);
      await gate(ui, "open");
      await expect.poll(() => tokens(ui).then((all) => all.length)).toBe(1);
      await expect.poll(() => isSignedIn(ui)).toBe(isBack);
    });
  }
});
