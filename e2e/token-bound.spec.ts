import { askAssertion, redeem, redemption, takeToken } from "./support/attacker.js";
import { openLinkedIssue, signIn } from "./support/desk.js";
import { makeProofKey, outside } from "./support/outside.js";
import { expect, test } from "./support/test.js";

test("the token of a frame is worth nothing without its key @cookies", async ({ ui, demo }) => {
  const { trackwell } = demo.addresses;
  const view = await openLinkedIssue(ui, demo, "ada");
  const { url, token, proof } = await takeToken(view);
  const ofTheHost = await makeProofKey();

  // With the origin that the API expects: what refuses it must be the missing key and nothing before that.
  const use = (headers: Record<string, string>) => outside(url, { headers: { origin: trackwell, ...headers } });
  const withoutProof = await use({ authorization: `DPoP ${token}` });
  expect(withoutProof).toMatchObject({ status: 401, body: { error: "invalid_dpop_proof" } });
  const asBearer = await use({ authorization: `Bearer ${token}` });
  expect(asBearer).toMatchObject({ status: 401, body: { error: "invalid_token" } });
  const ownProof = await use({ authorization: `DPoP ${token}`, dpop: await ofTheHost.proof("GET", url, token) });
  expect(ownProof).toMatchObject({ status: 401, body: { error: "invalid_token" } });
  const usedProof = await use({ authorization: `DPoP ${token}`, dpop: proof });
  expect(usedProof).toMatchObject({ status: 401, body: { error: "invalid_dpop_proof" } });

  // From the host's page, in the browser: not even an answer that it could read.
  const proofFromHost = await ofTheHost.proof("GET", url, token);
  for (const dpop of [null, proofFromHost]) {
    const fromPage = await ui.eval(
      async ({ url, token, dpop }) => {
        try {
          const headers = { Authorization: `DPoP ${token}`, ...(dpop ? { DPoP: dpop } : {}) };
          return String((await fetch(url, { headers })).status);
        } catch (error) {
          return (error as Error).name;
        }
      },
      { url, token, dpop },
    );
    expect(fromPage).toBe("TypeError");
  }

  // The control: the frame goes on with it.
  expect((await takeToken(view)).token).toBe(token);
});

test("a host page cannot redeem an assertion for a key of its own @cookies", async ({ ui, demo }) => {
  const { desk, trackwell, trackwellId } = demo.addresses;
  await signIn(ui, demo, "ada");
  const key = await makeProofKey();
  const ask = async () => {
    const { assertion, error } = await askAssertion(ui, key);
    expect(error).toBeUndefined();
    return assertion ?? "";
  };

  // In the host's page, the browser does not let it: neither Desk's policy nor the endpoint's answer to the preflight.
  const fromPage = await ui.eval(
    async ({ endpoint, body, proof }) => {
      try {
        const headers = { "Content-Type": "application/x-www-form-urlencoded", DPoP: proof };
        return String((await fetch(endpoint, { method: "POST", headers, body })).status);
      } catch (error) {
        return (error as Error).name;
      }
    },
    {
      endpoint: `${trackwellId}/token`,
      body: redemption(await ask(), `${trackwell}/api`),
      proof: await key.proof("POST", `${trackwellId}/token`),
    },
  );
  expect(fromPage).toBe("TypeError");
  const preflight = await outside(`${trackwellId}/token`, {
    method: "OPTIONS",
    headers: { origin: desk, "access-control-request-method": "POST", "access-control-request-headers": "dpop" },
  });
  expect(preflight.status).toBe(403);
  expect(preflight.headers["access-control-allow-origin"]).toBeUndefined();

  // Were the browser's rules not there, the endpoint would still refuse a request that comes from the host's page.
  const withHostsOrigin = await redeem(demo, await ask(), key, { origin: desk });
  expect(withHostsOrigin).toMatchObject({
    status: 400,
    body: { error: "invalid_request", error_description: expect.stringContaining(`origin ${desk} not allowed`) },
  });
  expect(withHostsOrigin.body).not.toHaveProperty("access_token");

  // The control: nothing else was wrong with it. Only the view's origin may, and no page can say an origin not its own.
  const withViewsOrigin = await redeem(demo, await ask(), key);
  expect(withViewsOrigin).toMatchObject({ status: 200, body: { token_type: "DPoP" } });
  const { access_token: token } = withViewsOrigin.body as { access_token: string };
  const url = `${trackwell}/api/me`;
  const mine = await outside(url, {
    headers: { authorization: `DPoP ${token}`, dpop: await key.proof("GET", url, token) },
  });
  expect(mine).toMatchObject({ status: 200, body: { id: "ada.t" } });
});
