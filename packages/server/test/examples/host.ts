import type { JWK } from "jose";
import { manifest, mayWrite, sessions } from "./products.js";

export const secret = new Uint8Array(32).fill(7);

// #region assertions
import { createAssertionEndpoint, pairwiseSubjects } from "@partner-panel/server";

const key: JWK = JSON.parse(process.env["ASSERTION_KEY"] ?? "{}"); // private, with kid and alg; keep two to rotate
const pairwise = pairwiseSubjects(secret); // 32 random bytes that never change

/** Your own session, whatever it is. `sid` is what a log-out will name to partners. */
async function authenticate(request: Request) {
  const session = await sessions.of(request);
  return session && { user: session.userId, sid: session.id, authTime: session.signedInAt, acr: session.acr };
}

export const assertions = createAssertionEndpoint({
  publicUrl: "https://desk.example",
  authenticate,
  // Which of the requested scopes of the partner's API this user may have there, as far as you are concerned.
  policy: ({ user }, { scope }) => scope.filter((each) => each.endsWith(":read") || mayWrite(user)),
  pairwise,
  keys: [key],
  partners: { trackwell: manifest.auth },
});

// #endregion

// #region exchange
import { createExchangeProxy } from "@partner-panel/server";
import { ClientSecretBasic } from "oauth4webapi";

export const exchange = createExchangeProxy({
  publicUrl: "https://desk.example",
  issuer: "https://id.example", // the provider that both sides trust
  tokenEndpoint: "https://id.example/token", // exactly what frames' proofs must be for
  clientId: "desk",
  clientAuthentication: ClientSecretBasic(process.env["CLIENT_SECRET"] ?? ""),
  authenticate,
  policy: (_session, { scope }) => scope,
  subjectToken: async ({ sid }) => ({ token: await sessions.accessTokenOf(sid) }),
  partners: { trackwell: { audience: "trackwell-api", scopes: ["issues:read", "issues:write"] } },
});

// #endregion

// #region logout
import { createLogoutFanout, createLogoutReceiver, memoryReplayStore } from "@partner-panel/server";

export const logout = createLogoutFanout({
  publicUrl: "https://desk.example",
  authenticate,
  end: ({ sid }) => sessions.end(sid),
  keys: [key], // as of the assertions
  pairwise,
  partners: {
    trackwell: {
      issuer: manifest.auth.issuer,
      backchannel_logout_uri: "https://id.trackwell.example/backchannel-logout",
    },
  },
  report: (results) => {
    for (const { partner, ok, status } of results) if (!ok) console.warn(`${partner} missed a log-out (${status})`);
  },
});

/** A log-out that begins at your own provider, if it sends any. */
export const providerLogout = createLogoutReceiver({
  issuers: [{ issuer: "https://id.desk.example", jwks: "https://id.desk.example/jwks" }],
  audience: "desk-web", // your client id there
  replay: memoryReplayStore(),
  end: async ({ sid }) => {
    const session = sid === undefined ? undefined : await sessions.ofProvider(sid);
    if (!session) return;
    await sessions.end(session.id);
    await logout.notify({ user: session.userId, sid: session.id, authTime: session.signedInAt, acr: session.acr });
  },
});
// #endregion
