// #region grant
import { createAssertionGrant, endedSessions, memoryReplayStore } from "@partner-panel/server";
import { accounts, issuesOf, manifest, mint } from "./products.js";

const replay = memoryReplayStore(); // more than one process? Then one store for all of them: see below
const sessions = endedSessions(replay);
const hosts = [
  {
    issuer: "https://desk.example",
    jwks: "https://desk.example/panel/jwks.json",
    scopes: ["issues:read", "issues:write"], // the ceiling for this host
  },
];
const trust = {
  issuer: "https://id.trackwell.example",
  clientId: "panel",
  resource: "https://api.trackwell.example",
  hosts,
  origins: ["https://app.trackwell.example"], // where the views are; nobody else can redeem
  replay,
  isRevoked: sessions.isRevoked, // no assertion of a session that was logged out
};

export const grant = createAssertionGrant({
  ...trust,
  publicUrl: "https://id.trackwell.example", // the token endpoint is /token below it
  links: { find: (host, subject) => accounts.linkedTo(host, subject) },
  issue: async ({ account, resource, scope, jkt, maxLife, host, sid, authTime, acr }) => ({
    access_token: await mint({ account, resource, scope, cnf: { jkt }, host, sid, auth_time: authTime, acr, maxLife }),
    expires_in: maxLife, // and `scope`, where the account may have less than was ordered
  }),
});

// #endregion

// #region guard
import { createResourceGuard } from "@partner-panel/server";

export const guard = createResourceGuard({
  publicUrl: "https://api.trackwell.example",
  issuers: [{ issuer: "https://id.trackwell.example", jwks: "https://id.trackwell.example/jwks" }],
  audience: "https://api.trackwell.example",
  origins: ["https://app.trackwell.example"],
  replay,
  isRevoked: sessions.isRevoked,
});

/** In the API, once for each request. */
export async function getIssues(request: Request): Promise<Response> {
  const access = await guard.check(request, { scope: "issues:read" }); // also: maxAge, acrValues (step-up)
  if (!access.ok) return access.response;
  const issues = await issuesOf(access.claims.sub);
  return Response.json(issues, { headers: access.headers }); // CORS for the view's origin, the next nonce
}

// #endregion

// #region link
import { createLinkEndpoint } from "@partner-panel/server";

export const link = createLinkEndpoint({
  ...trust,
  guard,
  account: ({ sub }) => accounts.byId(sub),
  // One statement under two unique indexes: (host, subject) and (host, account).
  link: (host, subject, account) => accounts.insertLink(host, subject, account),
});

// #endregion

// #region logout
import { createLogoutReceiver } from "@partner-panel/server";

export const logout = createLogoutReceiver({
  issuers: hosts,
  audience: "https://id.trackwell.example", // as of the assertions
  replay,
  end: sessions.end,
});

// #endregion

// #region pages
import { createSignInPages } from "@partner-panel/server";

export const pages = createSignInPages(); // GET /panel/callback and /panel/relay, on the views' own origin

// #endregion

// #region headers
import { headersFor } from "@partner-panel/manifest";

const { view } = headersFor(manifest, { hosts: ["https://desk.example"] }).partner;
export const viewHeaders = view.map((line) => line.split(/: (.*)/, 2) as [string, string]);
// #endregion
