import { comparePermissions, type Manifest, parseManifest } from "@partner-panel/manifest";
import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiOf, manifestOf } from "../../addresses.js";
import { localFetch } from "../local-fetch.js";
import {
  Browser,
  makeProofKey,
  type ProofKey,
  requestTokens,
  signInByCode,
  type Tokens,
} from "../test-support/browser.js";
import { startTestDemo } from "../test-support/demo.js";
import type { Issue } from "./issues.js";

let demo: Awaited<ReturnType<typeof startTestDemo>>;
beforeAll(async () => {
  demo = await startTestDemo();
});
afterAll(() => demo.close());

/** Asks Desk's back end to vouch for an agent, as a page of Desk's does. */
async function askAssertion(account: string, jkt: string, scope: string): Promise<Response> {
  const { desk, deskId } = demo.addresses;
  const { tokens } = await signInByCode(new Browser(), {
    issuer: deskId,
    clientId: "desk-web",
    redirectUri: `${desk}/callback`,
    resource: apiOf(desk),
    scope: "openid",
    account,
  });
  return localFetch(`${desk}/panel/assertion`, {
    method: "POST",
    headers: {
      origin: desk,
      "sec-fetch-site": "same-origin",
      "content-type": "application/json",
      authorization: `Bearer ${tokens.access_token}`,
    },
    body: JSON.stringify({ jkt, scope, partner: "trackwell" }),
  });
}

const redeem = (assertion: string, key: ProofKey, origin = demo.addresses.trackwell) =>
  requestTokens(
    demo.addresses.trackwellId,
    {
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      client_id: "panel",
      resource: apiOf(demo.addresses.trackwell),
      assertion,
    },
    { origin, key },
  );

async function tokenInPanel(account: string, scope: string, key: ProofKey): Promise<Tokens & { scope: string }> {
  const { assertion } = (await (await askAssertion(account, key.jkt, scope)).json()) as { assertion: string };
  return (await (await redeem(assertion, key)).json()) as Tokens & { scope: string };
}

async function call(path: string, token: string, key: ProofKey | undefined, init: RequestInit = {}): Promise<Response> {
  const address = `${demo.addresses.trackwell}/api${path}`;
  return localFetch(address, {
    ...init,
    headers: {
      "content-type": "application/json",
      authorization: `DPoP ${token}`,
      ...(key ? { dpop: await key.proof(init.method ?? "GET", address, token) } : {}),
    },
  });
}

const setStatus = (status: string) => ({ method: "PATCH", body: JSON.stringify({ status }) });

describe("a token in a panel", () => {
  test("Desk's assertion becomes a token of Trackwell's provider, good with the frame's key alone", async () => {
    const key = await makeProofKey();
    const tokens = await tokenInPanel("ada", "issues:read issues:write", key);
    expect(tokens).toMatchObject({ token_type: "DPoP", scope: "issues:read issues:write" });
    expect(tokens.expires_in).toBeLessThanOrEqual(300);
    expect(tokens.refresh_token).toBeUndefined();
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      iss: demo.addresses.trackwellId,
      aud: apiOf(demo.addresses.trackwell),
      sub: "ada.t",
      client_id: "panel",
      cnf: { jkt: key.jkt },
      sid: expect.any(String),
      auth_time: expect.any(Number),
    });

    const issue = await call("/issues/TRK-7", tokens.access_token, key);
    expect(issue.status).toBe(200);
    expect(await issue.json()).toMatchObject({ id: "TRK-7", status: "started" });
    expect(await (await call("/me", tokens.access_token, key)).json()).toMatchObject({ id: "ada.t", name: "Ada O." });
    const patched = await call("/issues/TRK-7", tokens.access_token, key, setStatus("done"));
    expect(await patched.json()).toMatchObject({ id: "TRK-7", status: "done" });
    const commented = await call("/issues/TRK-7/comments", tokens.access_token, key, {
      method: "POST",
      body: JSON.stringify({ text: "Done" }),
    });
    expect(((await commented.json()) as Issue).comments.at(-1)).toMatchObject({ author: "ada.t", text: "Done" });

    expect((await call("/issues/TRK-7", tokens.access_token, undefined)).status, "without a proof").toBe(401);
    const other = await makeProofKey();
    expect((await call("/issues/TRK-7", tokens.access_token, other)).status, "with another key").toBe(401);
    const bearer = await localFetch(`${demo.addresses.trackwell}/api/issues/TRK-7`, {
      headers: { authorization: `Bearer ${tokens.access_token}` },
    });
    expect(bearer.status, "as a bearer token").toBe(401);
  });

  test("ben reads and does not change", async () => {
    const key = await makeProofKey();
    const tokens = await tokenInPanel("ben", "issues:read issues:write", key);
    expect(tokens.scope).toBe("issues:read");
    expect((await call("/issues/TRK-7", tokens.access_token, key)).status).toBe(200);
    expect((await call("/issues/TRK-7", tokens.access_token, key, setStatus("backlog"))).status).toBe(403);
  });

  test("a host page with a key of its own cannot redeem its assertion", async () => {
    const key = await makeProofKey();
    const { assertion } = (await (await askAssertion("ada", key.jkt, "issues:read")).json()) as { assertion: string };
    const refused = await redeem(assertion, key, demo.addresses.desk);
    expect(refused.status).toBeGreaterThanOrEqual(400);
    expect(refused.headers.get("access-control-allow-origin")).toBeNull();
    expect((await redeem(assertion, key)).status, "the control: the same from the view").toBe(200);
    expect((await redeem(assertion, key)).status, "a second time").toBe(400);
  });

  test("an assertion is redeemed by the key that it names, and by no other", async () => {
    const [key, thief] = [await makeProofKey(), await makeProofKey()];
    const { assertion } = (await (await askAssertion("ada", key.jkt, "issues:read")).json()) as { assertion: string };
    expect((await redeem(assertion, thief)).status).toBe(400);
  });
});

test("the full page signs in by code, with tokens bound to its key", async () => {
  const { trackwell, trackwellId } = demo.addresses;
  const key = await makeProofKey();
  const flow = {
    issuer: trackwellId,
    clientId: "trackwell-web",
    redirectUri: `${trackwell}/callback`,
    resource: apiOf(trackwell),
    scope: "openid profile issues:read issues:write",
    account: "ben.t",
    key,
  };
  const { tokens } = await signInByCode(new Browser(), flow);
  expect(tokens.token_type).toBe("DPoP");
  expect(decodeJwt(tokens.access_token)).toMatchObject({ sub: "ben.t", scope: "issues:read", cnf: { jkt: key.jkt } });
  expect((await call("/issues", tokens.access_token, key)).status).toBe(200);
  expect((await call("/issues/TRK-7", tokens.access_token, key, setStatus("done"))).status).toBe(403);
});

test("the manifest is in order and everybody's to read, the view Desk's to frame, and the rest of Trackwell's pages nobody's", async () => {
  const { trackwell, desk, mallory } = demo.addresses;
  const manifest = await localFetch(manifestOf(trackwell), { headers: { origin: desk } });
  expect(manifest.headers.get("access-control-allow-origin")).toBe("*");
  expect(parseManifest(await manifest.json(), { url: manifestOf(trackwell) })).toMatchObject({ ok: true });
  const hostile = await localFetch(manifestOf(mallory));
  expect(parseManifest(await hostile.json(), { url: manifestOf(mallory) })).toMatchObject({ ok: true });
  const ancestors = async (path: string) =>
    (await localFetch(trackwell + path)).headers.get("content-security-policy")?.match(/frame-ancestors ([^;]*)/)?.[1];
  expect(await ancestors("/embed/issue")).toBe(desk);
  expect(await ancestors("/")).toBe("'none'");
  const redirected = await localFetch(`${trackwell}/embed/issue?qa=redirect-to-mallory`);
  expect(redirected.headers.get("location")).toBe(`${mallory}/hello`);
});

test("another version of the manifest is published from Trackwell's own page alone, and asks for what it says", async () => {
  const { trackwell, mallory } = demo.addresses;
  const publish = (version: string, origin = trackwell) =>
    localFetch(`${trackwell}/releases.json`, {
      method: "PUT",
      headers: { origin, "content-type": "application/json" },
      body: JSON.stringify({ version }),
    });
  const published = async (): Promise<Manifest> => {
    const parsed = parseManifest(await (await localFetch(manifestOf(trackwell))).text(), {
      url: manifestOf(trackwell),
    });
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults));
    return parsed.manifest;
  };
  const first = await published();
  expect((await publish("1.1.0", mallory)).status, "another site").toBe(403);
  expect((await publish("9.9.9")).status, "no such version").toBe(400);
  expect((await published()).version).toBe(first.version);

  await publish("1.1.0");
  expect(comparePermissions(first, await published())).toMatchObject({
    narrows: [],
    widens: [{ kind: "scope", name: "requester:read" }],
  });
  await publish("1.2.0");
  expect(comparePermissions(first, await published())).toMatchObject({
    narrows: [{ kind: "scope", name: "ticket:write" }],
    widens: [],
  });
  await demo.reset();
  expect(await published()).toEqual(first);
});
