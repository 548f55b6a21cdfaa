import { at, openLinkedIssue, signIn } from "./support/desk.js";
import { makeProofKey, outside, type ProofKey } from "./support/outside.js";
import { expect, test } from "./support/test.js";
import type { Surface, Ui } from "./support/ui.js";

const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";

interface Call {
  url: string;
  token: string;
  proof: string;
  status: number;
}

/** What only script on the partner's own origin could do: reads the token off the frame's next call to its API. */
async function takeToken(view: Surface): Promise<Call> {
  await view.eval(() => {
    const original = window.fetch;
    const page = window as unknown as { taken: Call | null };
    page.taken = null;
    window.fetch = async (input, init) => {
      const request = new Request(input, init);
      const [scheme, token = ""] = (request.headers.get("authorization") ?? "").split(" ");
      const proof = request.headers.get("dpop") ?? "";
      const { url } = request;
      const response = await original(input, init);
      if (scheme === "DPoP") page.taken ??= { url, token, proof, status: response.status };
      return response;
    };
  });
  await view.click(at.refreshIssue);
  const taken = () => view.eval(() => (window as unknown as { taken: Call | null }).taken);
  await expect.poll(taken, "the frame's own call").toMatchObject({ status: 200 });
  return (await taken()) as Call;
}

/** What script in the host's page could do: asks the host's own back end for an assertion, for a key of its choice. */
const askAssertion = (ui: Ui, key: ProofKey) =>
  ui.eval(async (jkt) => {
    const stored = Object.keys(sessionStorage).find((name) => name.startsWith("oidc.user:")) ?? "";
    const { access_token } = JSON.parse(sessionStorage.getItem(stored) ?? "{}") as { access_token: string };
    const response = await fetch("/panel/assertion", {
      method: "POST",
      headers: { "Content-Type": "application/json", Authorization: `Bearer ${access_token}` },
      body: JSON.stringify({ jkt, scope: "issues:read", partner: "trackwell" }),
    });
    return (await response.json()) as { assertion?: string; error?: string };
  }, key.jkt);

const redemption = (assertion: string, resource: string) =>
  new URLSearchParams({ grant_type: jwtBearer, client_id: "panel", assertion, resource }).toString();

/** Trades an assertion at the partner's token endpoint, saying any origin. */
async function redeem(assertion: string, key: ProofKey, origin: string, issuer: string, partner: string) {
  const endpoint = `${issuer}/token`;
  return outside(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      origin,
      dpop: await key.proof("POST", endpoint),
    },
    body: redemption(assertion, `${partner}/api`),
  });
}

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
  const withHostsOrigin = await redeem(await ask(), key, desk, trackwellId, trackwell);
  expect(withHostsOrigin).toMatchObject({
    status: 400,
    body: { error: "invalid_request", error_description: expect.stringContaining(`origin ${desk} not allowed`) },
  });
  expect(withHostsOrigin.body).not.toHaveProperty("access_token");

  // The control: nothing else was wrong with it. Only the view's origin may, and no page can say an origin not its own.
  const withViewsOrigin = await redeem(await ask(), key, trackwell, trackwellId, trackwell);
  expect(withViewsOrigin).toMatchObject({ status: 200, body: { token_type: "DPoP" } });
  const { access_token: token } = withViewsOrigin.body as { access_token: string };
  const url = `${trackwell}/api/me`;
  const mine = await outside(url, {
    headers: { authorization: `DPoP ${token}`, dpop: await key.proof("GET", url, token) },
  });
  expect(mine).toMatchObject({ status: 200, body: { id: "ada.t" } });
});
