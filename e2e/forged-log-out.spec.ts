import { randomUUID } from "node:crypto";
import { generateKeyPair, SignJWT } from "jose";
import { askAssertion, callApi, redeem, signedIn } from "./support/attacker.js";
import { makeProofKey, outside } from "./support/outside.js";
import { expect, test } from "./support/test.js";

/*
 * The sign-in table of the attack catalogue, its row about forged log-outs: nobody but Desk ends a session of Desk's at Trackwell, and nobody but Desk's own
 * page at Desk. What a true one ends is in sign-out.spec.ts.
 */

/** What an attacker's page can send to Desk without being asked: a form, and a fetch that brings whatever cookies there are. */
const evilPage = (target: string) => `<!doctype html><title>Evil</title>
  <form id=form method=post action="${target}" enctype="text/plain"><input name="{}" value=""><button id=send>Send</button></form>
  <script>
    window.said = "";
    fetch("${target}", { method: "POST", credentials: "include", headers: { "content-type": "text/plain" }, body: "{}" })
      .then(({ status }) => { said = String(status); }, (error) => { said = error.name; });
  </script>`;

test("a log-out that Desk did not make ends nothing @cookies", async ({ ui, demo, site }) => {
  const { desk, trackwell, trackwellId } = demo.addresses;
  const view = await signedIn(ui, demo, "assertion");
  const key = await makeProofKey();
  const { assertion = "" } = await askAssertion(ui, key);
  const { sid, sub } = JSON.parse(atob(assertion.split(".")[1]?.replaceAll("-", "+").replaceAll("_", "/") ?? "")) as {
    sid: string;
    sub: string;
  };
  const { access_token: token } = (await redeem(demo, assertion, key)).body as { access_token: string };
  const isIn = async () => (await callApi(demo, "/me", token, key)).status === 200;
  expect(await isIn()).toBe(true);

  // Somebody who knows all that a log-out token says, but not Desk's key.
  const { privateKey } = await generateKeyPair("ES256");
  const jwks = (await outside(`${desk}/panel/jwks.json`)).body as { keys: { kid: string }[] };
  const claims = {
    iss: desk,
    aud: trackwellId,
    sub,
    sid,
    jti: randomUUID(),
    events: { "http://schemas.openid.net/event/backchannel-logout": {} },
  };
  const forged = await new SignJWT(claims)
    .setProtectedHeader({ alg: "ES256", typ: "logout+jwt", kid: jwks.keys[0]?.kid ?? "" })
    .setIssuedAt()
    .setExpirationTime("2m")
    .sign(privateKey);
  const unsigned = `${btoa('{"alg":"none","typ":"logout+jwt"}').replaceAll("=", "")}.${forged.split(".")[1]}.`;
  const idToken = await ui.eval(() => {
    const stored = Object.keys(sessionStorage).find((name) => name.startsWith("oidc.user:")) ?? "";
    return (JSON.parse(sessionStorage.getItem(stored) ?? "{}") as { id_token: string }).id_token;
  });
  const tell = (logout_token: string) =>
    outside(`${trackwell}/backchannel-logout`, {
      method: "POST",
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ logout_token }).toString(),
    });
  for (const [what, logoutToken] of [
    ["forged", forged],
    ["unsigned", unsigned],
    ["an assertion of Desk's", (await askAssertion(ui, key)).assertion ?? ""],
    ["an ID token", idToken],
  ] as const) {
    expect((await tell(logoutToken)).status, what).toBe(400);
    expect(await isIn(), what).toBe(true);
  }

  await test.step("a page of another site cannot have Desk sign out", async () => {
    const evil = await site("evil", () => evilPage(`${desk}/panel/logout`));
    const tab = await ui.newTab();
    await tab.goto(evil.origin);
    await expect.poll(() => tab.eval(() => (window as unknown as { said: string }).said)).toBe("TypeError");
    await tab.click("#send");
    await expect.poll(() => tab.url()).toContain("/panel/logout");
    await tab.close();
    expect(await isIn()).toBe(true);
    await view.click("#refresh");
    expect(await view.visible("#issue-problem")).toBe(false);
  });

  await test.step("the control: Desk's own page can", async () => {
    await ui.click("#agent-menu-button");
    await ui.click("#sign-out");
    await expect.poll(isIn).toBe(false);
  });
});
