import { randomBytes } from "node:crypto";
import {
  createAssertionEndpoint,
  createExchangeProxy,
  createLogoutFanout,
  createLogoutReceiver,
  type Endpoint,
  type PartnerAuth,
  pairwiseSubjects,
  type ReplayStore,
} from "@partner-panel/server";
import { ClientSecretBasic } from "oauth4webapi";
import { type Addresses, apiOf } from "../../addresses.js";
import { type Database, kept } from "../database.js";
import { makeSigningKey } from "../identity/keys.js";
import { localFetch } from "../local-fetch.js";
import { agentOf } from "./agents.js";
import type { Caller } from "./bearer.js";
import { deskClient, deskServerClient } from "./identity.js";

/** The partners for whose panels Desk vouches, as its administrator noted them down from their manifests. */
const trustedPartners = (addresses: Addresses) =>
  ({
    trackwell: {
      issuer: addresses.trackwellId,
      client_id: "panel",
      resource: apiOf(addresses.trackwell),
      scopes: ["issues:read", "issues:write"],
    },
  }) satisfies Record<string, PartnerAuth>;

export interface PartnerSignIn {
  readonly endpoints: readonly Endpoint[];
  /** The name by which the partner with this issuer knows an agent of Desk's. */
  subjectFor(agent: string, issuer: string): Promise<string>;
}

type Session = Pick<Caller, "user" | "sid">;

interface Hands {
  readonly authenticate: (request: Request) => Promise<Caller | undefined>;
  readonly isInstalled: (partner: string) => boolean;
  /** Ends an agent's session with Desk. */
  readonly end: (session: Session) => Promise<void>;
  readonly replay: ReplayStore;
  /** Desk's back end at Desk's provider. */
  readonly serverSecret: string;
}

/**
 * How Desk's agents get into partners' panels, and out: Desk's word about them (`/panel/assertion`), a token of the provider that a partner shares
 * with Desk (`/panel/exchange`), and the end of both (`/panel/logout`).
 */
export async function createPartnerSignIn(
  addresses: Addresses,
  database: Database,
  { authenticate, isInstalled, end, replay, serverSecret }: Hands,
): Promise<PartnerSignIn> {
  const key = await kept(database, "assertion-key", () => makeSigningKey("ES256"));
  const secret = await kept(database, "pairwise-secret", () => randomBytes(32).toString("base64url"));
  const pairwise = pairwiseSubjects(new Uint8Array(Buffer.from(secret, "base64url")));
  const partners = trustedPartners(addresses);
  const { resource, scopes, issuer } = partners.trackwell;
  const common = { publicUrl: addresses.desk, authenticate };
  const policy = (session: Caller, { partner }: { partner: string }) =>
    isInstalled(partner) ? (agentOf(session.user)?.trackwellScopes ?? []) : [];
  const logout = createLogoutFanout<Session>({
    ...common,
    end,
    keys: [key],
    pairwise: (session, partner) => pairwise(session, partner),
    partners: { trackwell: { issuer, backchannel_logout_uri: `${addresses.trackwell}/backchannel-logout` } },
    report: (results) => {
      for (const { partner, ok, status } of results)
        if (!ok) console.warn(`${partner} missed a log-out (${status ?? "no answer"})`);
    },
    fetch: localFetch,
  });
  return {
    endpoints: [
      createAssertionEndpoint<Caller>({ ...common, policy, pairwise, keys: [key], partners }),
      createExchangeProxy<Caller>({
        ...common,
        policy,
        issuer: addresses.deskId,
        tokenEndpoint: `${addresses.deskId}/token`,
        clientId: deskServerClient,
        clientAuthentication: ClientSecretBasic(serverSecret),
        subjectToken: ({ token }) => ({ token }),
        partners: { trackwell: { resource, scopes } },
        fetch: localFetch,
      }),
      logout,
      // A session that ends at Desk's own provider, wherever that was asked for, ends at Desk and at its partners.
      createLogoutReceiver({
        issuers: [{ issuer: addresses.deskId, jwks: `${addresses.deskId}/jwks` }],
        audience: deskClient,
        end: async ({ sid, sub }) => {
          if (sid === undefined || sub === undefined) return false;
          await end({ user: sub, sid });
          await logout.notify({ user: sub, sid });
          return true;
        },
        replay,
        fetch: localFetch,
      }),
    ],
    subjectFor: (user, issuer) => pairwise({ user }, { issuer }),
  };
}
