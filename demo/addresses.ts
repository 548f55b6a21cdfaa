/**
 * Where the demo's five sites live. Each has a name of its own under `localhost`, because two ports of one name are the
 * same site to a browser and would hide everything third-party: cookies, storage, processes.
 */
export interface Addresses {
  /** Fernhill Desk, the host. */
  readonly desk: string;
  /** Desk's OpenID provider. */
  readonly deskId: string;
  /** Trackwell Issues, the partner. */
  readonly trackwell: string;
  /** Trackwell's OpenID provider. */
  readonly trackwellId: string;
  /** Mallory, the hostile partner. */
  readonly mallory: string;
}

/** The first of the five consecutive ports, unless `PARTNER_PANEL_DEMO_PORT` names another. */
export const defaultBasePort = 4100;

/** The origins for five consecutive ports from `basePort` on. */
export function addressesAt(basePort: number): Addresses {
  return {
    desk: `http://desk.localhost:${basePort}`,
    deskId: `http://desk-id.localhost:${basePort + 1}`,
    trackwell: `http://trackwell.localhost:${basePort + 2}`,
    trackwellId: `http://trackwell-id.localhost:${basePort + 3}`,
    mallory: `http://mallory.localhost:${basePort + 4}`,
  };
}

/** The resource indicator (RFC 8707) of a product's API: the audience of its access tokens. */
export const apiOf = (origin: string): string => `${origin}/api`;

/** Where a partner publishes its manifest. */
export const manifestOf = (origin: string): string => `${origin}/.well-known/partner-panel.json`;
