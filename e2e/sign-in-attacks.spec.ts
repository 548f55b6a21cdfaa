import { createResourceGuard, memoryReplayStore } from "@partner-panel/server";
import { createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from "jose";
import { askAssertion, type Call, callApi, openWith, redeem, signedIn, takeToken } from "./support/attacker.js";
import type { TestDemo } from "./support/demo.js";
import { at, stateOf } from "./support/desk.js";
import { makeProofKey, outside } from "./support/outside.js";
import { expect, test } from "./support/test.js";
import type { Ui } from "./support/ui.js";

/*
 * The sign-in table of the attack catalogue, its rows about tokens, proofs and assertions: with what a real frame was given, in a real browser. Where
 * each row is tested: docs/sign-in-attacks.md.
 */

const keysOf = async (issuer: string) => (await outside(`${issuer}/jwks`)).body as JSONWebKeySet;

/** The control of all theft: an API that takes whoever brings a token for the one that it is made for. */
async function takesWithoutProof(issuer: string, token: string, audience: string): Promise<boolean> {
  const verified = await jwtVerify(token, createLocalJWKSet(await keysOf(issuer)), { issuer, audience, typ: "at+jwt" });
  return verified.payload.sub !== undefined;
}

/** The door of Trackwell's API once more, with a memory of its own for proofs. */
async function guardWith(demo: TestDemo, issuer: string, replay = memoryReplayStore()) {
  const { trackwell } = demo.addresses;
  const guard = createResourceGuard({
    publicUrl: trackwell,
    issuers: [{ issuer, jwks: await keysOf(issuer) }],
    audience: `${trackwell}/api`,
    origins: [trackwell],
    replay,
    isRevoked: () => false,
  });
  return async ({ url, method, token, proof }: Call): Promise<string> => {
    const headers = { origin: trackwell, authorization: `DPoP ${token}`, dpop: proof };
    const access = await guard.check(new Request(url, { method, headers }));
    return access.ok ? "in" : ((await access.response.json()) as { error: string }).error;
  };
}

const forgetful = { add: async () => true, has: async () => false };

/** What script in the host's page sees of a sign-in: all that passes through. */
interface Seen {
  path: string;
  question: Record<string, string>;
  answer: Record<string, string>;
}

const watchHost = (ui: Ui) =>
  ui.eval(() => {
    const page = window as unknown as { seen: Seen[] };
    page.seen = [];
    const original = window.fetch;
    window.fetch = async (input, init) => {
      const response = await original(input, init);
      const path = new URL(String(input), location.href).pathname;
      if (path.startsWith("/panel/"))
        page.seen.push({ path, question: JSON.parse(String(init?.body)), answer: await response.clone().json() });
      return response;
    };
  });

const seenByHost = async (ui: Ui, path: string): Promise<Seen> => {
  const seen = await ui.eval(() => (window as unknown as { seen: Seen[] }).seen);
  const found = seen.find((each) => each.path === path);
  if (!found) throw new Error(`nothing passed by ${path}`);
  return found;
};

test("the host's page cannot use the token that it relays in mode exchange @cookies", async ({ ui, demo }) => {
  const { deskId, trackwell } = demo.addresses;
  const view = await signedIn(ui, demo, "exchange", { script: watchHost });
  const { question, answer } = await seenByHost(ui, "/panel/exchange");
  const { access_token: token = "" } = answer;
  const ofTheHost = await makeProofKey();

  const withOwnKey = await callApi(demo, "/me", token, ofTheHost);
  expect(withOwnKey).toMatchObject({ status: 401, body: { error: "invalid_token" } });
  for (const [scheme, dpop] of [
    ["Bearer", undefined],
    ["DPoP", undefined],
    ["DPoP", question["proof"]],
  ] as const) {
    const headers = { origin: trackwell, authorization: `${scheme} ${token}`, ...(dpop ? { dpop } : {}) };
    expect((await outside(`${trackwell}/api/me`, { headers })).status).toBe(401);
  }
  // The proof was for the token endpoint, once.
  const again = await ui.eval(async ({ proof, scope, partner }) => {
    const stored = Object.keys(sessionStorage).find((name) => name.startsWith("oidc.user:")) ?? "";
    const { access_token } = JSON.parse(sessionStorage.getItem(stored) ?? "{}") as { access_token: string };
    const headers = { "Content-Type": "application/json", Authorization: `Bearer ${access_token}` };
    const body = JSON.stringify({ proof, scope, partner });
    return (await fetch("/panel/exchange", { method: "POST", headers, body })).json() as Promise<{ error?: string }>;
  }, question);
  expect(again.error).toBe("invalid_dpop_proof");

  // The controls: an API that asks for no proof would let the host's page in; and the frame goes on with the same token.
  expect(await takesWithoutProof(deskId, token, `${trackwell}/api`)).toBe(true);
  expect((await takeToken(view)).token).toBe(token);
});

for (const mode of ["assertion", "exchange", "code"] as const) {
  test(`a proof of mode ${mode} is for one request, one address and one token @chromium @cookies`, async ({
    ui,
    demo,
  }) => {
    const { deskId, trackwell, trackwellId } = demo.addresses;
    const issuer = mode === "exchange" ? deskId : trackwellId;
    const view = await signedIn(ui, demo, mode);
    const call = await takeToken(view);
    const moved: [string, Call][] = [
      ["replayed", call],
      ["to another address", { ...call, url: `${trackwell}/api/me` }],
      ["to another method", { ...call, method: "PATCH" }],
    ];
    for (const [how, { url, method, token, proof }] of moved) {
      const headers = { origin: trackwell, authorization: `DPoP ${token}`, dpop: proof };
      expect(await outside(url, { method, headers }), how).toMatchObject({
        status: 401,
        body: { error: "invalid_dpop_proof" },
      });
    }
    // The controls: the same door takes it where nobody used it yet, or remembers no proofs: nothing else is wrong with it.
    const fresh = await guardWith(demo, issuer);
    expect([await fresh(call), await fresh(call)]).toEqual(["in", "invalid_dpop_proof"]);
    const without = await guardWith(demo, issuer, forgetful);
    expect([await without(call), await without(call)]).toEqual(["in", "in"]);
    expect(await without({ ...call, url: `${trackwell}/api/me` })).toBe("invalid_dpop_proof");
  });
}

for (const [what, type, isTaken] of [
  ["a provider that ignores the proof gives a token that goes no further than the host's page", "Bearer", false],
  ["the control: the same answer, with the type that it has, is taken", "DPoP", true],
] as const) {
  test(`${what} @chromium @cookies`, async ({ ui, demo }) => {
    const view = await openWith(ui, demo, "exchange", "ada", (ui) =>
      ui.eval((token_type) => {
        const original = window.fetch;
        window.fetch = async (input, init) => {
          const response = await original(input, init);
          if (!String(input).includes("/panel/exchange")) return response;
          return Response.json({ ...((await response.json()) as object), token_type });
        };
      }, type as string),
    );
    if (isTaken) {
      await expect.poll(() => view.text("#issue-id")).toBe("TRK-7");
      return;
    }
    await expect.poll(() => stateOf(ui)).toBe("error");
    expect(await ui.text(`${at.panel} >> [part=error]`)).toContain("TOKEN_REFUSED");
  });
}

test("nobody widens scope or audience: not the host's page, not the view @chromium @cookies", async ({ ui, demo }) => {
  await signedIn(ui, demo, "assertion", { agent: "ben", account: "ben.t" });
  const key = await makeProofKey();
  const all = "issues:read issues:write";
  // The host's page: beyond what is agreed with the partner, to another partner, beyond what this agent may.
  expect(await askAssertion(ui, key, { scope: "issues:read issues:admin" })).toEqual({
    error: "invalid_scope",
    error_description: expect.any(String),
  });
  expect(await askAssertion(ui, key, { partner: "mallory" })).toMatchObject({ error: "invalid_target" });
  const { assertion = "" } = await askAssertion(ui, key, { scope: all });
  expect(decodeJwt(assertion)["scope"]).toBe("issues:read");
  // The view, or whoever speaks for it, beyond the assertion.
  expect(await redeem(demo, assertion, key, { scope: all })).toMatchObject({
    status: 400,
    body: { error: "invalid_scope" },
  });
  const redeemed = await redeem(demo, (await askAssertion(ui, key, { scope: all })).assertion ?? "", key);
  expect(redeemed).toMatchObject({ status: 200, body: { scope: "issues:read" } });
  const { access_token: token } = redeemed.body as { access_token: string };
  const change = { method: "PATCH", body: { status: "in-review" } };
  expect(await callApi(demo, "/issues/TRK-7", token, key, change)).toMatchObject({
    status: 403,
    body: { error: "insufficient_scope" },
  });
  expect((await callApi(demo, "/issues/TRK-7", token, key)).status).toBe(200);
});

test("the control: an agent who has the scope changes the same issue with it @chromium @cookies", async ({
  ui,
  demo,
}) => {
  await signedIn(ui, demo, "assertion");
  const key = await makeProofKey();
  const { assertion = "" } = await askAssertion(ui, key, { scope: "issues:read issues:write" });
  const { access_token: token } = (await redeem(demo, assertion, key)).body as { access_token: string };
  const change = { method: "PATCH", body: { status: "in-review" } };
  expect((await callApi(demo, "/issues/TRK-7", token, key, change)).status).toBe(200);
});

test("an assertion is of no use to who steals it, twice to who has it, and anywhere else to anybody @cookies", async ({
  ui,
  demo,
}) => {
  const { desk, deskId, trackwell } = demo.addresses;
  const view = await signedIn(ui, demo, "assertion", { script: watchHost });
  const { assertion = "" } = (await seenByHost(ui, "/panel/assertion")).answer;
  const thief = await makeProofKey();
  // Stolen from the host's page, whoever proves what. The frame has used it up as well, so another one, that nobody has used:
  expect(await redeem(demo, assertion, thief)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });
  const unused =
    (await askAssertion(ui, { jkt: (decodeJwt(assertion)["cnf"] as { jkt: string }).jkt })).assertion ?? "";
  expect(await redeem(demo, unused, thief)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });

  // The control: for a key of the thief's own, and with an origin that no page of Desk's can say, it is good. Once.
  const own = (await askAssertion(ui, thief)).assertion ?? "";
  expect((await redeem(demo, own, thief)).status).toBe(200);
  expect(await redeem(demo, own, thief)).toMatchObject({ status: 400, body: { error: "invalid_grant" } });

  // To somebody else: it is for Trackwell's issuer alone, and no token by itself.
  const forOther = (await askAssertion(ui, thief)).assertion ?? "";
  expect(decodeJwt(forOther).aud).toBe(demo.addresses.trackwellId);
  const elsewhere = await outside(`${deskId}/token`, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      origin: desk,
      dpop: await thief.proof("POST", `${deskId}/token`),
    },
    body: new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      client_id: "desk-web",
      assertion: forOther,
    }).toString(),
  });
  expect(elsewhere.status).toBe(400);
  const headers = { origin: trackwell, authorization: `DPoP ${forOther}` };
  const asToken = { ...headers, dpop: await thief.proof("GET", `${trackwell}/api/me`, forOther) };
  expect((await outside(`${trackwell}/api/me`, { headers: asToken })).status).toBe(401);
  expect((await redeem(demo, forOther, thief)).status, "the control: nothing was wrong with it").toBe(200);
  expect((await takeToken(view)).status).toBe(200);
});
