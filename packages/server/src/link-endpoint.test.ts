import { describe, expect, it } from "vitest";
import {
  apiRequest,
  type Changes,
  clientId,
  type FrameKey,
  frameKey,
  hashOf,
  host,
  hostKey,
  now,
  partnerIssuer,
  refusalOf,
  resource,
  setUp,
  signAccessToken,
  signAssertion,
  signProof,
  tokenRequest,
  view,
} from "../test/support.js";
import { publicKeys } from "./keys.js";
import { createLinkEndpoint, type LinkEndpointOptions } from "./link-endpoint.js";

const ada = await frameKey();
const eve = await frameKey();
const address = "https://api.trackwell.example/panel/link";

/** A partner whose accounts can be linked: what `link` does is one statement under two unique indexes in a database. */
function linking(options: Partial<LinkEndpointOptions<string>> = {}) {
  const links = new Map<string, string>();
  const partner = setUp({ grant: { links: { find: (issuer, subject) => links.get(`${issuer} ${subject}`) } } });
  const { assertionGrant, resourceGuard: guard, replay } = partner;
  const endpoint = createLinkEndpoint<string>({
    issuer: partnerIssuer,
    clientId,
    resource,
    hosts: [{ issuer: host, jwks: publicKeys([hostKey]) }],
    origins: [view],
    guard,
    account: ({ sub }) => sub,
    link: async (issuer, subject, account) => {
      const user = `${issuer} ${subject}`;
      const taken = links.has(user) || [...links].some(([each, held]) => held === account && each.startsWith(issuer));
      if (!taken) links.set(user, account);
      return !taken;
    },
    replay,
    ...options,
  });
  return { endpoint, links, redeem: assertionGrant.fetch };
}

interface LinkChanges {
  token?: string;
  assertion?: string;
  proofKey?: FrameKey;
  proof?: Changes;
  headers?: Record<string, string>;
  body?: string;
}

/** What a view sends: the token of its user's own sign-in, and an assertion of the host, both bound to the frame's key. */
async function linkRequest(key: FrameKey, changes: LinkChanges = {}): Promise<Request> {
  const token = changes.token ?? (await codeToken(key));
  const assertion = changes.assertion ?? (await signAssertion(key));
  const claims = { htm: "POST", htu: address, ath: await hashOf(token) };
  return new Request(address, {
    method: "POST",
    headers: {
      origin: view,
      "content-type": "application/json",
      authorization: `DPoP ${token}`,
      dpop: await signProof(changes.proofKey ?? key, claims, changes.proof),
      ...changes.headers,
    },
    body: changes.body ?? JSON.stringify({ assertion }),
  });
}

/** An access token of the code flow at the partner's own provider, where its user has just signed in. */
const codeToken = (key: FrameKey, claims: Record<string, unknown> = {}) =>
  signAccessToken(key, { claims: { sid: "of-trackwell", auth_time: now() - 5, ...claims } });

describe("createLinkEndpoint", () => {
  it("links, once, so that the host's word opens the account from then on", async () => {
    const { endpoint, links, redeem } = linking();
    const before = await redeem(await tokenRequest(ada, await signAssertion(ada)));
    expect(await refusalOf(before)).toMatchObject({ error: "interaction_required" });
    const response = await endpoint.fetch(await linkRequest(ada));
    expect(response?.status).toBe(204);
    expect(response?.headers.get("access-control-allow-origin")).toBe(view);
    expect([...links]).toEqual([[`${host} pairwise-ada`, "ada.t"]]);
    expect((await redeem(await tokenRequest(ada, await signAssertion(ada))))?.status).toBe(200);
  });

  describe("does not let an account be taken over", () => {
    const mallet = { claims: { sub: "pairwise-eve" } };

    it("by adding one's own assertion to another's sign-in", async () => {
      // Eve's assertion is good, for her key. She gets it into Ada's frame, where Ada has just signed in.
      const { endpoint, links } = linking();
      const assertion = await signAssertion(eve, mallet);
      const response = await endpoint.fetch(await linkRequest(ada, { assertion }));
      expect(await refusalOf(response, assertion)).toMatchObject({ status: 400, error: "invalid_grant" });
      expect(links.size).toBe(0);
      // The control: the same two, of one frame, are linked. The key is all that stands between.
      const own = await signAssertion(ada, mallet);
      expect((await endpoint.fetch(await linkRequest(ada, { assertion: own })))?.status).toBe(204);
    });

    it("with a stolen token, whoever proves what", async () => {
      const { endpoint, links } = linking();
      const token = await codeToken(ada);
      const assertion = await signAssertion(eve, mallet);
      for (const proofKey of [eve, await frameKey()]) {
        const response = await endpoint.fetch(await linkRequest(eve, { token, assertion, proofKey }));
        expect(await refusalOf(response, token)).toMatchObject({ status: 401, error: "invalid_token" });
      }
      const asBearer = await linkRequest(eve, { assertion, headers: { authorization: `Bearer ${token}` } });
      expect((await endpoint.fetch(asBearer))?.status).toBe(401);
      expect(links.size).toBe(0);
    });

    it("with a token that a host's word has opened", async () => {
      // Whoever can speak for one of the host's users would otherwise link the account to any other of them.
      const { endpoint, links } = linking();
      const token = await codeToken(ada, { host });
      const response = await endpoint.fetch(await linkRequest(ada, { token }));
      expect(await refusalOf(response, token)).toMatchObject({ status: 403, error: "access_denied" });
      expect(links.size).toBe(0);
    });

    it("when it is linked: neither the account nor the user can be linked again, not even as they are", async () => {
      const { endpoint, links } = linking();
      await endpoint.fetch(await linkRequest(ada));
      const was = [...links];
      for (const changes of [
        { assertion: await signAssertion(ada, mallet) },
        { token: await codeToken(ada, { sub: "eve.t" }) },
        {},
      ]) {
        const response = await endpoint.fetch(await linkRequest(ada, changes));
        expect(await refusalOf(response)).toMatchObject({ status: 409, error: "already_linked" });
      }
      expect([...links]).toEqual(was);
      const others = { assertion: await signAssertion(ada, mallet), token: await codeToken(ada, { sub: "eve.t" }) };
      expect((await endpoint.fetch(await linkRequest(ada, others)))?.status).toBe(204);
    });

    it("by a sign-in of long ago, that somebody left behind", async () => {
      const { endpoint, links } = linking();
      const token = await codeToken(ada, { auth_time: now() - 700 });
      const response = await endpoint.fetch(await linkRequest(ada, { token }));
      expect(response?.headers.get("www-authenticate")).toContain('max_age="600"');
      expect(await refusalOf(response)).toMatchObject({ status: 401, error: "insufficient_user_authentication" });
      const undated = await codeToken(ada, { auth_time: undefined });
      expect((await endpoint.fetch(await linkRequest(ada, { token: undated })))?.status).toBe(401);
      expect(links.size).toBe(0);
      const lenient = linking({ signInAge: Number.POSITIVE_INFINITY });
      expect((await lenient.endpoint.fetch(await linkRequest(ada, { token: undated })))?.status).toBe(204);
    });

    it.each([host, "null", `${view}.evil.example`])("from a page of %s", async (origin) => {
      const { endpoint, links } = linking();
      const response = await endpoint.fetch(await linkRequest(ada, { headers: { origin } }));
      expect(response?.headers.has("access-control-allow-origin")).toBe(false);
      expect(await refusalOf(response)).toMatchObject({ status: 403, error: "unauthorized_client" });
      expect(links.size).toBe(0);
    });
  });

  it.each([
    ["of a session that was logged out", { sid: "over" }],
    ["of blanks for scopes", { scope: " " }],
  ])("takes no assertion %s", async (_, claims) => {
    const { endpoint, links } = linking({ isRevoked: ({ sid }) => sid === "over" });
    const assertion = await signAssertion(ada, { claims });
    expect(await refusalOf(await endpoint.fetch(await linkRequest(ada, { assertion })))).toMatchObject({
      status: 400,
      error: "invalid_grant",
    });
    expect(links.size).toBe(0);
    expect((await endpoint.fetch(await linkRequest(ada)))?.status).toBe(204);
  });

  it("uses an assertion once, here or at the token endpoint", async () => {
    const { endpoint, links, redeem } = linking();
    const spent = await signAssertion(ada);
    await redeem(await tokenRequest(ada, spent));
    expect(await refusalOf(await endpoint.fetch(await linkRequest(ada, { assertion: spent })))).toMatchObject({
      error: "invalid_grant",
    });
    expect(links.size).toBe(0);
    const assertion = await signAssertion(ada);
    expect((await endpoint.fetch(await linkRequest(ada, { assertion })))?.status).toBe(204);
    expect(await refusalOf(await redeem(await tokenRequest(ada, assertion)))).toMatchObject({ error: "invalid_grant" });
  });

  it.each<[string, Changes]>([
    ["for another partner", { claims: { aud: "https://id.other.example" } }],
    ["for another client", { claims: { client_id: "trackwell-web" } }],
    ["for another resource", { claims: { resource: "https://api.other.example" } }],
    ["of a host that is not trusted", { claims: { iss: "https://evil.example" } }],
    ["that is over", { claims: { iat: now() - 200, exp: now() - 140 } }],
    ["that is an access token", { header: { typ: "at+jwt" } }],
  ])("refuses an assertion %s", async (_, changes) => {
    const { endpoint, links } = linking();
    const assertion = await signAssertion(ada, changes);
    expect(await refusalOf(await endpoint.fetch(await linkRequest(ada, { assertion })), assertion)).toMatchObject({
      status: 400,
      error: "invalid_grant",
    });
    expect(links.size).toBe(0);
  });

  it("of two back ends that link at the same moment, one does", async () => {
    const { endpoint } = linking();
    const requests = await Promise.all(Array.from({ length: 10 }, () => linkRequest(ada)));
    const all = await Promise.all(requests.map((request) => endpoint.fetch(request)));
    expect(all.map((response) => response?.status).sort()).toEqual([204, ...Array.from({ length: 9 }, () => 409)]);
  });

  it("says what was wrong with a request", async () => {
    const { endpoint } = linking();
    for (const [changes, status] of [
      [{ body: "{}" }, 400],
      [{ body: "no JSON" }, 400],
      [{ body: JSON.stringify({ assertion: 7 }) }, 400],
      [{ headers: { "content-type": "text/plain" } }, 400],
      [{ body: JSON.stringify({ assertion: "x".repeat(17_000) }) }, 413],
    ] as const) {
      expect(await refusalOf(await endpoint.fetch(await linkRequest(ada, changes)))).toMatchObject({
        status,
        error: "invalid_request",
      });
    }
    expect((await endpoint.fetch(new Request(address)))?.status).toBe(405);
    expect(await endpoint.fetch(await apiRequest(ada, await codeToken(ada)))).toBeUndefined();
    const preflight = { origin: view, "access-control-request-method": "POST" };
    expect((await endpoint.fetch(new Request(address, { method: "OPTIONS", headers: preflight })))?.status).toBe(204);
  });
});
