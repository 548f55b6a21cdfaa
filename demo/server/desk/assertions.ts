import { randomBytes } from "node:crypto";
import { createAssertionEndpoint, type Endpoint, type PartnerAuth, pairwiseSubjects } from "@partner-panel/server";
import { type Addresses, apiOf } from "../../addresses.js";
import { type Database, kept } from "../database.js";
import { makeSigningKey } from "../identity/keys.js";
import { agentOf } from "./agents.js";
import type { Caller } from "./bearer.js";

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

export interface DeskAssertions {
  readonly endpoint: Endpoint;
  /** The name by which the partner with this issuer knows an agent of Desk's. */
  subjectFor(agent: string, issuer: string): Promise<string>;
}

/** Desk's word about its agents, for partners: `POST /panel/assertion` and the keys to check it with. */
export async function createDeskAssertions(
  addresses: Addresses,
  database: Database,
  authenticate: (request: Request) => Promise<Caller | undefined>,
  isInstalled: (partner: string) => boolean,
): Promise<DeskAssertions> {
  const key = await kept(database, "assertion-key", () => makeSigningKey("ES256"));
  const secret = await kept(database, "pairwise-secret", () => randomBytes(32).toString("base64url"));
  const pairwise = pairwiseSubjects(new Uint8Array(Buffer.from(secret, "base64url")));
  const endpoint = createAssertionEndpoint<Caller>({
    publicUrl: addresses.desk,
    authenticate,
    policy: (session, { partner }) => (isInstalled(partner) ? (agentOf(session.user)?.trackwellScopes ?? []) : []),
    pairwise,
    keys: [key],
    partners: trustedPartners(addresses),
  });
  return { endpoint, subjectFor: (user, issuer) => pairwise({ user }, { issuer }) };
}
