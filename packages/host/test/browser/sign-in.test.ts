import { signOut } from "@partner-panel/host";
import { createSignIn } from "@partner-panel/host/sign-in";
import { OidcClient, User } from "oidc-client-ts";
import { afterEach, expect, test } from "vitest";
import { addPanel } from "./support.js";

const issuer = `http://provider.localhost:${location.port}/provider`;
const settings = { authority: issuer, client_id: "desk", redirect_uri: `${location.origin}/callback`, scope: "openid" };
const here = location.href;

afterEach(() => {
  history.replaceState(null, "", here);
  localStorage.clear();
  sessionStorage.clear();
});

const codesSeen = async () => ((await (await fetch(`${issuer}/codes`)).json()) as { codesSeen: number }).codesSeen;

/** As if the provider had sent the browser back, to a sign-in that this page did start. */
async function comeBack(response: Record<string, string>): Promise<void> {
  const started = await new OidcClient(settings).createSigninRequest({ state: "/tickets/T-42" });
  history.replaceState(null, "", `/callback?${new URLSearchParams({ state: started.state.id, ...response })}`);
}

test.each([
  ["of another provider", { code: "stolen", iss: "https://evil.example" }, "ISSUER_MISMATCH"],
  ["of an issuer that is nearly ours", { code: "stolen", iss: `${issuer}/` }, "ISSUER_MISMATCH"],
  ["that names none, of a provider that says it does", { code: "stolen" }, "ISSUER_MISSING"],
  ["of another provider, an error", { error: "access_denied", iss: "https://evil.example" }, "ISSUER_MISMATCH"],
])("a response %s is refused before its code goes anywhere", async (_what, response, code) => {
  const before = await codesSeen();
  await comeBack(response);
  await expect(createSignIn(settings).handleRedirect()).rejects.toMatchObject({ name: "SignInError", code });
  expect(await codesSeen()).toBe(before);
  expect(location.search).toBe("");
});

test("a response of the right issuer is handed on: its code reaches the token endpoint", async () => {
  const before = await codesSeen();
  await comeBack({ code: "ours", iss: issuer });
  await expect(createSignIn(settings).handleRedirect()).rejects.toMatchObject({ error: "invalid_grant" });
  expect(await codesSeen()).toBe(before + 1);
  expect(location.search).toBe("");
});

test("two issuers in one response are refused", async () => {
  await comeBack({ code: "stolen", iss: issuer });
  history.replaceState(null, "", `${location.href}&iss=https://evil.example`);
  await expect(createSignIn(settings).handleRedirect()).rejects.toMatchObject({ code: "ISSUER_MISMATCH" });
});

test("an address that is no response is left as it is", async () => {
  history.replaceState(null, "", "/callback?code=1");
  expect(await createSignIn(settings).handleRedirect()).toEqual({ handled: false, state: undefined });
  history.replaceState(null, "", "/elsewhere?code=1&state=2");
  expect(await createSignIn(settings).handleRedirect()).toEqual({ handled: false, state: undefined });
  expect(location.search).toBe("?code=1&state=2");
});

test("nobody is signed in, and there is no token, before anything happened", async () => {
  const signIn = createSignIn(settings);
  expect(await signIn.user()).toBe(null);
  expect(await signIn.accessToken()).toBe(null);
});

/** As if ada had signed in in this tab. */
const stored = `oidc.user:${issuer}:desk`;
const storeAda = () =>
  sessionStorage.setItem(
    stored,
    new User({
      access_token: "a",
      token_type: "Bearer",
      profile: { sub: "ada", iss: issuer, aud: "desk", exp: 0, iat: 0 },
      expires_at: Math.floor(Date.now() / 1000) + 300,
    }).toStorageString(),
  );

test("a sign-out ends the panels at once, and the session although the provider has no page for that", async () => {
  const panel = addPanel();
  await panel.ready;
  storeAda();
  const signIn = createSignIn(settings);
  const leaving = signIn.signOut();
  expect(panel.state).toBe("signing-in");
  await expect(leaving).rejects.toThrow("end session endpoint");
  expect(await signIn.user()).toBe(null);
});

test("a sign-out in another tab ends the session that this tab has for itself, and is told", async () => {
  storeAda();
  const signIn = createSignIn(settings);
  const told: (string | null)[] = [];
  const stop = signIn.onChange((user) => told.push(user?.profile.sub ?? null));
  expect((await signIn.user())?.profile.sub).toBe("ada");
  const otherTab = new BroadcastChannel("partner-panel sign-out");
  otherTab.postMessage({ user: null });
  await expect.poll(() => told).toEqual([null]);
  expect(await signIn.user()).toBe(null);
  expect(sessionStorage.getItem(stored)).toBe(null);
  stop();
  storeAda();
  otherTab.postMessage({ user: null });
  await expect.poll(() => sessionStorage.getItem(stored)).toBe(null);
  expect(told).toEqual([null]);
  otherTab.close();
});

test("a sign-out of this very page's panels leaves the session to who called it", async () => {
  storeAda();
  const signIn = createSignIn(settings);
  signOut();
  expect((await signIn.user())?.profile.sub).toBe("ada");
});
