import type { ManifestInput } from "@partner-panel/manifest";

/** What the two products of the examples have already. */

interface Session {
  id: string;
  userId: string;
  /** Seconds since the epoch. */
  signedInAt: number;
  acr: string;
}

const ada: Session = { id: "session-1", userId: "ada", signedInAt: Math.floor(Date.now() / 1000), acr: "pwd" };

export const ended: string[] = [];

export const sessions = {
  of: async (request: Request) => (request.headers.get("cookie") === "desk=ada" ? ada : undefined),
  ofProvider: async (_sid: string) => ada,
  accessTokenOf: async (_sid: string) => "ada's own token",
  end: async (sid: string) => void ended.push(sid),
};

export const mayWrite = (user: string) => user === "ada";

const links = new Map<string, string>();

export const accounts = {
  byId: async (id: string) => id,
  linkedTo: async (host: string, subject: string) => links.get(`${host} ${subject}`),
  insertLink: async (host: string, subject: string, account: string) => {
    if (links.has(`${host} ${subject}`) || [...links.values()].includes(account)) return false;
    links.set(`${host} ${subject}`, account);
    return true;
  },
};

export const minted: unknown[] = [];

export const mint = async (claims: object): Promise<string> => {
  minted.push(claims);
  return "a-token";
};

export const issuesOf = async (_user: string): Promise<unknown[]> => [];

export const manifest = {
  manifest_version: 1,
  id: "com.trackwell.issues",
  name: "Trackwell Issues",
  version: "1.0.0",
  origin: "https://app.trackwell.example",
  auth: {
    issuer: "https://id.trackwell.example",
    client_id: "panel",
    resource: "https://api.trackwell.example",
    modes: ["assertion", "code"],
    scopes: ["issues:read", "issues:write"],
  },
  protocol: "^1.0.0",
  surfaces: { link: { entry: "/" } },
} satisfies ManifestInput;
