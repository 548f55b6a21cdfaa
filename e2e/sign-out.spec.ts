import { at, openLinkedIssue, signIn, stateOf } from "./support/desk.js";
import { makeProofKey, outside, type ProofKey } from "./support/outside.js";
import { expect, test } from "./support/test.js";
import type { Ui } from "./support/ui.js";

/** A token for Trackwell's API that rests on this tab's session with Desk, and its key: what outlives every frame. */
async function tokenOfSession(ui: Ui, { trackwell, trackwellId }: { trackwell: string; trackwellId: string }) {
  const key = await makeProofKey();
  const assertion = await ui.eval(async (jkt) => {
    const stored = Object.keys(sessionStorage).find((name) => name.startsWith("oidc.user:")) ?? "";
    const { access_token } = JSON.parse(sessionStorage.getItem(stored) ?? "{}") as { access_token: string };
    const response = await fetch("/panel/assertion", {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${access_token}` },
      body: JSON.stringify({ jkt, scope: "issues:read", partner: "trackwell" }),
    });
    return ((await response.json()) as { assertion: string }).assertion;
  }, key.jkt);
  const answer = await outside(`${trackwellId}/token`, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      origin: trackwell,
      dpop: await key.proof("POST", `${trackwellId}/token`),
    },
    body: new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      client_id: "panel",
      assertion,
    }).toString(),
  });
  const { access_token: token } = answer.body as { access_token: string };
  return { token, key, statusAt: (url: string) => statusWith(url, token, key) };
}

async function statusWith(url: string, token: string, key: ProofKey): Promise<number> {
  const headers = { authorization: `DPoP ${token}`, dpop: await key.proof("GET", url, token) };
  return (await outside(url, { headers })).status;
}

/** Notes each state of the panel from now on, where the page's own change does not undo it. */
const noteStates = (tab: Ui) =>
  tab.eval(() => {
    const page = window as unknown as { states: string[] };
    page.states = [];
    addEventListener("partner-statechange", (event) =>
      page.states.push(`${(event as unknown as { state: string }).state}`),
    );
  });

async function signOut(ui: Ui): Promise<void> {
  await ui.click("#agent-menu-button");
  await ui.click("#sign-out");
}

test("signed out in one tab, every tab's panels end, and Trackwell's API knows the session no more @cookies", async ({
  ui,
  demo,
}) => {
  const { desk, deskId, trackwell } = demo.addresses;
  await openLinkedIssue(ui, demo, "ada");
  const tab = await ui.newTab();
  await signIn(tab, demo, null, "/tickets/T-42");
  await expect.poll(() => stateOf(tab)).toBe("ready");
  const session = await tokenOfSession(tab, demo.addresses);
  const me = `${trackwell}/api/me`;
  expect(await session.statusAt(me), "the control: it is let in").toBe(200);
  await noteStates(ui);

  await signOut(tab);
  await expect.poll(() => tab.url(), "to the provider, which asks").toContain(`${deskId}/session/end`);
  await expect.poll(() => ui.visible("#sign-in-problem"), "the other tab's page").toBe(true);
  expect(await ui.text("#sign-in-problem")).toContain("signed out in another tab");
  expect(await ui.visible(at.panel)).toBe(false);
  const states = await ui.eval(() => (window as unknown as { states: string[] }).states);
  expect(states[0], "the panel ended by itself, before the page did").toBe("signing-in");
  await expect.poll(() => session.statusAt(me)).toBe(401);

  await test.step("and whoever signs in next, signs in anew", async () => {
    await tab.click('button[value="yes"]');
    await expect.poll(() => tab.url()).toBe(`${desk}/`);
    await expect.poll(() => tab.visible("#sign-in")).toBe(true);
    await signIn(tab, demo, "ben", "/tickets/T-42");
    await tab.click(at.allow);
    await expect.poll(() => tab.frame(at.panel).text("#account")).toContain("Ben L.");
    expect(await session.statusAt(me), "the old session stays ended").toBe(401);
  });
  await tab.close();
  expect(await ui.errors()).toEqual([]);
});

test("signed out of Desk and not of its provider, the same agent comes back with a session of her own", async ({
  ui,
  demo,
}) => {
  await openLinkedIssue(ui, demo, "ada");
  await signOut(ui);
  await expect.poll(() => ui.url()).toContain(`${demo.addresses.deskId}/session/end`);
  // “Stay signed in”.
  await ui.click('button.quiet[form="op.logoutForm"]');
  await expect.poll(() => ui.visible("#sign-in")).toBe(true);
  await signIn(ui, demo, null, "/tickets/T-42");
  await expect.poll(() => stateOf(ui)).toBe("ready");
  await expect.poll(() => ui.frame(at.panel).text("#account")).toContain("Ada O.");
});

test("signed out at Desk's provider itself, Desk's page ends as well, and its panels", async ({ ui, demo }) => {
  const { deskId, trackwell } = demo.addresses;
  await openLinkedIssue(ui, demo, "ada");
  await expect.poll(() => ui.text("#liveness")).toBe("Live");
  const session = await tokenOfSession(ui, demo.addresses);
  const me = `${trackwell}/api/me`;
  expect(await session.statusAt(me), "the control: it is let in").toBe(200);
  const tab = await ui.newTab();
  await tab.goto(`${deskId}/session/end`);
  await tab.click('button[value="yes"]');
  await expect.poll(() => ui.text("#sign-in-problem"), "told by its own back end").toContain("session has ended");
  await expect.poll(() => session.statusAt(me)).toBe(401);
  await tab.close();
});

test("signing out goes on without a partner that is away", async ({ ui, demo }) => {
  await openLinkedIssue(ui, demo, "ada");
  await demo.servers.trackwell.close();
  await signOut(ui);
  await expect.poll(() => ui.url()).toContain(`${demo.addresses.deskId}/session/end`);
});
