import type { DemoAccount } from "../identity/settings.js";

/** The scopes of Trackwell's API. */
export const trackwellScopes = ["issues:read", "issues:write"] as const;

/** Somebody who has an account at Trackwell. */
export interface TrackwellAccount extends DemoAccount {
  /** The same person at Desk's provider. */
  readonly agent: string;
  /** Whether the two are linked beforehand, as if the person had signed in at Trackwell from a panel once. */
  readonly isLinked: boolean;
}

export const accounts: readonly TrackwellAccount[] = [
  {
    id: "ada.t",
    name: "Ada O.",
    email: "ada@trackwell.example",
    about: "Maintainer: changes issues and comments",
    scopes: ["issues:read", "issues:write"],
    agent: "ada",
    isLinked: true,
  },
  {
    id: "ben.t",
    name: "Ben L.",
    email: "ben@trackwell.example",
    about: "Guest: reads issues",
    scopes: ["issues:read"],
    agent: "ben",
    isLinked: true,
  },
  {
    id: "cleo.t",
    name: "Cleo M.",
    email: "cleo@trackwell.example",
    about: "Maintainer: changes issues and comments",
    scopes: ["issues:read", "issues:write"],
    agent: "cleo",
    isLinked: false,
  },
];

export const accountOf = (id: string): TrackwellAccount | undefined => accounts.find((account) => account.id === id);
