import type { DemoAccount } from "../identity/settings.js";

/** The one scope of Desk's own API: what an agent may do there, Desk decides by the agent's rights. */
export const deskScope = "desk";

/** What an agent may do with tickets. */
export type Right = "ticket:read" | "ticket:write";

/** A person who answers tickets at Fernhill Desk. */
export interface Agent extends DemoAccount {
  readonly rights: readonly Right[];
  /** Decides for all of Desk which partners are installed. */
  readonly isAdmin: boolean;
  /** The scopes of Trackwell's API for which Desk vouches when this agent opens a panel of Trackwell's. */
  readonly trackwellScopes: readonly string[];
}

export const agents: readonly Agent[] = [
  {
    id: "ada",
    name: "Ada Okafor",
    email: "ada@fernhill.example",
    about: "Support lead: reads and changes tickets",
    scopes: [deskScope],
    rights: ["ticket:read", "ticket:write"],
    isAdmin: true,
    trackwellScopes: ["issues:read", "issues:write"],
  },
  {
    id: "ben",
    name: "Ben Lindqvist",
    email: "ben@fernhill.example",
    about: "In training: reads tickets, changes none",
    scopes: [deskScope],
    rights: ["ticket:read"],
    isAdmin: false,
    trackwellScopes: ["issues:read"],
  },
  {
    id: "cleo",
    name: "Cleo Marchetti",
    email: "cleo@fernhill.example",
    about: "New here: her Trackwell account is not linked yet",
    scopes: [deskScope],
    rights: ["ticket:read", "ticket:write"],
    isAdmin: false,
    trackwellScopes: ["issues:read", "issues:write"],
  },
];

export const agentOf = (id: string): Agent | undefined => agents.find((agent) => agent.id === id);
