import type { DemoAccount } from "../identity/settings.js";

/** The scopes of Trackwell's API. */
export const trackwellScopes = ["issues:read", "issues:write"] as const;

/** The people who have an account at Trackwell; `agent` is the agent of Desk's to whom it is linked beforehand. */
export const accounts: readonly (DemoAccount & { readonly agent: string })[] = [
  {
    id: "ada.t",
    name: "Ada O.",
    email: "ada@trackwell.example",
    about: "Maintainer: changes issues and comments",
    scopes: ["issues:read", "issues:write"],
    agent: "ada",
  },
  {
    id: "ben.t",
    name: "Ben L.",
    email: "ben@trackwell.example",
    about: "Guest: reads issues",
    scopes: ["issues:read"],
    agent: "ben",
  },
];

export const accountOf = (id: string) => accounts.find((account) => account.id === id);
