import { decodeJwt } from "jose";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { apiOf } from "../addresses.js";
import { localFetch } from "./local-fetch.js";
import {
  Browser,
  makeProofKey,
  type ProofKey,
  requestTokens,
  signInByCode,
  type Tokens,
} from "./test-support/browser.js";
import { startTestDemo } from "./test-support/demo.js";

let demo: Awaited<ReturnType<typeof startTestDemo>>;
beforeAll(async () => {
  demo = await startTestDemo();
});
afterAll(() => demo.close());
beforeEach(() => demo.reset());

/** An agent at a page of Desk's. */
async function atDesk(account: string, browser = new Browser()) {
  const { desk, deskId } = demo.addresses;
  const { tokens, page } = await signInByCode(browser, {
    issuer: deskId,
    clientId: "desk-web",
    redirectUri: `${desk}/callback`,
    resource: apiOf(desk),
    scope: "openid",
    account,
  });
  const post = (path: string, body: unknown) =>
    localFetch(desk + path, {
      method: "POST",
      headers: {
        origin: desk,
        "sec-fetch-site": "same-origin",
        "content-type": "application/json",
        authorization: `Bearer ${tokens.access_token}`,
      },
      body: JSON.stringify(body),
    });
  return { page, post };
}

type Agent = Awaited<ReturnType<typeof atDesk>>;

const scope = "issues:read issues:write";

async function assertionFor(agent: Agent, key: ProofKey): Promise<string> {
  const response = await agent.post("/panel/assertion", { jkt: key.jkt, scope, partner: "trackwell" });
  return ((await response.json()) as { assertion: string }).assertion;
}

async function redeem(agent: Agent, key: ProofKey, assertion?: string) {
  const { trackwell, trackwellId } = demo.addresses;
  const response = await requestTokens(
    trackwellId,
    {
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      client_id: "panel",
      assertion: assertion ?? (await assertionFor(agent, key)),
    },
    { origin: trackwell, key },
  );
  return (await response.json()) as Tokens & { error?: string };
}

async function exchange(agent: Agent, key: ProofKey) {
  const proof = await key.proof("POST", `${demo.addresses.deskId}/token`);
  return agent.post("/panel/exchange", { proof, scope, partner: "trackwell" });
}

/** In mode `code`, as the view's window does it. */
const atTrackwell = (account: string, key: ProofKey, browser = new Browser()) =>
  signInByCode(browser, {
    issuer: demo.addresses.trackwellId,
    clientId: "panel",
    redirectUri: `${demo.addresses.trackwell}/panel/callback`,
    resource: apiOf(demo.addresses.trackwell),
    scope: `openid ${scope}`,
    account,
    key,
  });

async function call(path: string, token: string, key: ProofKey, init: RequestInit = {}) {
  const { trackwell } = demo.addresses;
  const url = trackwell + path;
  const { method = "GET" } = init;
  const dpop = await key.proof(method, url, token);
  const headers = { origin: trackwell, authorization: `DPoP ${token}`, dpop, "content-type": "application/json" };
  return localFetch(url, { ...init, headers });
}

/** A press on a provider's page for QA. */
const press = (issuer: string, name: string, origin = issuer) =>
  localFetch(`${issuer}/qa`, { method: "POST", headers: { origin }, body: new URLSearchParams({ do: name }) });

test("what Desk signs out of, Trackwell's API and Desk's own refuse from then on", async () => {
  const browser = new Browser();
  const [ada, ben] = [await atDesk("ada", browser), await atDesk("ben")];
  const [keyOfAda, keyOfBen] = [await makeProofKey(), await makeProofKey()];
  const { access_token: ofAda } = await redeem(ada, keyOfAda);
  const { access_token: ofBen } = await redeem(ben, keyOfBen);
  const exchanged = (await (await exchange(ada, keyOfAda)).json()) as Tokens;
  for (const token of [ofAda, exchanged.access_token])
    expect((await call("/api/me", token, keyOfAda)).status).toBe(200);

  const loggedOut = await ada.post("/panel/logout", {});
  expect(await loggedOut.json()).toMatchObject({ partners: [{ partner: "trackwell", ok: true }] });
  for (const token of [ofAda, exchanged.access_token]) {
    const refused = await call("/api/me", token, keyOfAda);
    expect([refused.status, await refused.json()]).toEqual([401, expect.objectContaining({ error: "invalid_token" })]);
  }
  expect((await ada.post("/panel/assertion", { jkt: keyOfAda.jkt, scope, partner: "trackwell" })).status).toBe(401);
  expect((await exchange(ada, keyOfAda)).status).toBe(401);
  expect((await call("/api/me", ofBen, keyOfBen)).status, "another session goes on").toBe(200);
});

test("what Desk vouched for before it signed out is worth nothing afterwards, neither for a token nor for a link", async () => {
  const [cleo, key] = [await atDesk("cleo"), await makeProofKey()];
  const { tokens } = await atTrackwell("cleo.t", key);
  const [first, ofOther] = [await assertionFor(cleo, key), await makeProofKey()];
  const other = await assertionFor(cleo, ofOther);
  await cleo.post("/panel/logout", {});
  const linked = await call("/panel/link", tokens.access_token, key, {
    method: "POST",
    body: JSON.stringify({ assertion: first }),
  });
  const ended = { error: "invalid_grant", error_description: expect.stringContaining("has ended") };
  expect([linked.status, await linked.json()]).toEqual([400, expect.objectContaining(ended)]);
  expect(await redeem(cleo, ofOther, other)).toMatchObject(ended);
});

test("a session that ends at Desk's provider ends at Desk, and at Trackwell", async () => {
  const { deskId } = demo.addresses;
  const browser = new Browser();
  const ada = await atDesk("ada", browser);
  const key = await makeProofKey();
  const { access_token: token } = await redeem(ada, key);
  const asked = await (await browser.fetch(`${deskId}/session/end`)).text();
  const xsrf = /name="xsrf" value="([^"]+)"/.exec(asked)?.[1] ?? "";
  const body = new URLSearchParams({ xsrf, logout: "yes" });
  expect((await browser.fetch(`${deskId}/session/end/confirm`, { method: "POST", body })).status).toBeLessThan(400);
  expect((await ada.post("/panel/assertion", { jkt: key.jkt, scope, partner: "trackwell" })).status).toBe(401);
  expect((await call("/api/me", token, key)).status).toBe(401);
});

describe("one provider for both", () => {
  test("Desk's back end gets a token for the frame's key, which Trackwell knows the person by", async () => {
    const key = await makeProofKey();
    const answer = (await (await exchange(await atDesk("ada"), key)).json()) as Tokens;
    expect(answer).toMatchObject({ token_type: "DPoP" });
    expect(decodeJwt(answer.access_token)).toMatchObject({
      iss: demo.addresses.deskId,
      aud: apiOf(demo.addresses.trackwell),
      cnf: { jkt: key.jkt },
      host: demo.addresses.desk,
    });
    expect(await (await call("/api/me", answer.access_token, key)).json()).toMatchObject({ id: "ada.t" });
    expect((await call("/api/me", answer.access_token, await makeProofKey())).status, "with another key").toBe(401);
  });

  test("a computer whose clock is an hour off gets one with the provider's nonce, once", async () => {
    const [ada, key] = [await atDesk("ada"), await makeProofKey()];
    const iat = Math.floor(Date.now() / 1000) - 3600;
    const ask = async (nonce?: string) => {
      const proof = await key.proof("POST", `${demo.addresses.deskId}/token`, undefined, {
        iat,
        ...(nonce ? { nonce } : {}),
      });
      return () => ada.post("/panel/exchange", { proof, scope, partner: "trackwell" });
    };
    const refused = await (await ask())();
    expect([refused.status, await refused.json()]).toEqual([400, expect.objectContaining({ error: "use_dpop_nonce" })]);
    const nonce = refused.headers.get("dpop-nonce") ?? "";
    expect(await (await (await ask("made-up"))()).json()).toMatchObject({ error: "use_dpop_nonce" });
    const good = await ask(nonce);
    expect(await (await good()).json()).toMatchObject({ token_type: "DPoP" });
    expect(await (await good()).json(), "a second time").toMatchObject({ error: "invalid_dpop_proof" });
  });

  test("no more than the agent's own rights; a proof once; and not without Desk's own authentication", async () => {
    const key = await makeProofKey();
    const ben = await atDesk("ben");
    expect(await (await exchange(ben, key)).json()).toMatchObject({ scope: "issues:read" });
    const proof = await key.proof("POST", `${demo.addresses.deskId}/token`);
    const again = () => ben.post("/panel/exchange", { proof, scope, partner: "trackwell" });
    expect((await again()).status).toBe(200);
    expect(await (await again()).json()).toMatchObject({ error: "invalid_dpop_proof" });
    const { deskId, desk, trackwell } = demo.addresses;
    const bare = await requestTokens(
      deskId,
      {
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        client_id: "desk-server",
        subject_token: "anything",
        subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
        resource: apiOf(trackwell),
        scope,
      },
      { origin: desk, key },
    );
    expect([bare.status, await bare.json()]).toEqual([401, expect.objectContaining({ error: "invalid_client" })]);
  });
});

describe("linking", () => {
  const link = async (agent: Agent, token: string, key: ProofKey) =>
    call("/panel/link", token, key, {
      method: "POST",
      body: JSON.stringify({ assertion: await assertionFor(agent, key) }),
    });

  test("an agent who is not linked signs in at Trackwell once, and Desk's word is enough from then on", async () => {
    const [cleo, key] = [await atDesk("cleo"), await makeProofKey()];
    expect(await redeem(cleo, key)).toMatchObject({ error: "interaction_required" });
    const { tokens } = await atTrackwell("cleo.t", key);
    expect((await link(cleo, tokens.access_token, key)).status).toBe(204);
    const mine = await redeem(cleo, key);
    expect(decodeJwt(mine.access_token)).toMatchObject({ sub: "cleo.t", name: "Cleo M." });
    expect((await link(cleo, tokens.access_token, key)).status, "a second time").toBe(409);

    await press(demo.addresses.trackwellId, "unlink-cleo.t");
    expect(await redeem(cleo, key)).toMatchObject({ error: "interaction_required" });
  });

  test("no agent gets another's account, and none a second one", async () => {
    const [cleo, key] = [await atDesk("cleo"), await makeProofKey()];
    const { tokens } = await atTrackwell("ada.t", key);
    expect((await link(cleo, tokens.access_token, key)).status, "an account that is linked").toBe(409);
    expect(await redeem(cleo, key)).toMatchObject({ error: "interaction_required" });
    const ada = await atDesk("ada");
    const ofCleo = await atTrackwell("cleo.t", key);
    expect((await link(ada, ofCleo.tokens.access_token, key)).status, "an agent who is linked").toBe(409);
  });
});

describe("closing an issue", () => {
  const close = (token: string, key: ProofKey, status = "done") =>
    call("/api/issues/TRK-9", token, key, { method: "PATCH", body: JSON.stringify({ status }) });

  test("wants a sign-in of the last minutes, and nothing else does", async () => {
    const browser = new Browser();
    await atDesk("ada", browser);
    await press(demo.addresses.deskId, "earlier");
    const again = await atDesk("ada", browser);
    expect(again.page, "nobody is asked").not.toContain("Who are you");
    const key = await makeProofKey();
    const { access_token: old } = await redeem(again, key);
    const refused = await close(old, key);
    expect(refused.status).toBe(401);
    expect(refused.headers.get("www-authenticate")).toMatch(/error="insufficient_user_authentication".*max_age="300"/);
    expect((await close(old, key, "in-review")).status).toBe(200);

    const { access_token: fresh } = await redeem(await atDesk("ada"), key);
    expect((await close(fresh, key)).status).toBe(200);
  });
});

describe("a provider's page for QA", () => {
  test("makes tokens short-lived, and tells of those that panels got", async () => {
    const { trackwellId, mallory } = demo.addresses;
    const page = async () => (await localFetch(`${trackwellId}/qa`)).text();
    const key = await makeProofKey();
    const ada = await atDesk("ada");
    expect((await press(trackwellId, "tokens-20", mallory)).status, "a form of another site").toBe(403);
    expect((await redeem(ada, key)).expires_in).toBe(300);
    expect((await press(trackwellId, "tokens-20")).status).toBe(303);
    const { expires_in, access_token } = await redeem(ada, key);
    expect(expires_in).toBe(20);
    const { exp = 0, iat = 0 } = decodeJwt(access_token);
    expect(exp - iat).toBe(20);
    const { tokens } = await atTrackwell("ada.t", key);
    expect(tokens.expires_in).toBe(20);
    const shown = await page();
    expect(shown).toMatch(/ada\.t, by Desk&#39;s word, 20 s/);
    expect(shown).toMatch(/ada\.t, signed in here, 20 s/);
    expect(shown).not.toContain(access_token);
    expect((await press(trackwellId, "no-such-thing")).status).toBe(403);
  });
});
