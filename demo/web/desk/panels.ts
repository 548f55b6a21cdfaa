import { assertionFrom, configurePartners, implement } from "@partner-panel/host";
import { desk as deskContract } from "../../desk-contract.js";
import { HttpError } from "../shared/http.js";
import type { DeskConfig } from "./api.js";
import type { Desk } from "./app.js";

/** The ticket this page shows, by Desk's own route; never what the markup of a panel says. */
function openTicket(): string | null {
  const [, section, id] = location.pathname.split("/");
  return section === "tickets" && id ? decodeURIComponent(id) : null;
}

/** Names the partners that Desk trusts, what each may do for this agent, and what Desk does for them. */
export function openPanels(config: DeskConfig, { agent, api, live }: Desk): void {
  const mayWrite = agent.rights.includes("ticket:write");
  configurePartners({
    partners: config.partners,
    policy: {
      trackwell: () => {
        const id = openTicket();
        const where = { id: id ? [id] : [] };
        return {
          scopes: [{ scope: "ticket:read", where }, ...(mayWrite ? [{ scope: "ticket:write", where }] : [])],
          permissions: ["forms"],
        };
      },
      // One ticket and no more, and that only after the agent's yes: so that there is a limit to be tried.
      mallory: { scopes: [{ scope: "ticket:read", where: { id: ["T-42"] } }] },
    },
    provide: implement(deskContract, {
      "ticket.get": ({ id }, call) => api.ticket(id, call.signal),
      "ticket.update": async ({ id, ...patch }, call) => {
        try {
          const ticket = await api.update(id, patch, call.signal);
          live.tell(ticket);
          return ticket;
        } catch (error) {
          if (error instanceof HttpError && error.code === "TICKET_LOCKED") throw call.fail("TICKET_LOCKED");
          throw error;
        }
      },
      "ticket.changes": ({ id }, call) => live.changes(id, call.signal),
    }),
    signIn: { trackwell: assertionFrom("/panel/assertion", { headers: () => api.headers() }) },
    user: () => agent.id,
    designTokens: designTokens(),
  });
}

/** Desk's looks under the names of MCP Apps' style variables, from Desk's own style sheet. */
function designTokens(): Record<string, string> {
  const style = getComputedStyle(document.documentElement);
  const tokens: Record<string, string> = {
    "--border-radius-sm": "6px",
    "--border-radius-md": "8px",
    "--border-radius-lg": "10px",
    "--border-width-regular": "1px",
  };
  for (const [name, own] of Object.entries(tokenNames)) tokens[name] = style.getPropertyValue(own).trim();
  return tokens;
}

const tokenNames = {
  "--color-background-primary": "--surface",
  "--color-background-secondary": "--sunken",
  "--color-background-info": "--sky-wash",
  "--color-background-success": "--fern-wash",
  "--color-background-warning": "--pending-wash",
  "--color-background-danger": "--clay-wash",
  "--color-text-primary": "--ink",
  "--color-text-secondary": "--quiet",
  "--color-text-inverse": "--fern-ink",
  "--color-text-info": "--sky",
  "--color-text-success": "--fern",
  "--color-text-warning": "--pending",
  "--color-text-danger": "--clay",
  "--color-border-primary": "--line",
  "--color-border-secondary": "--line-strong",
  "--color-ring-primary": "--sky",
  "--font-sans": "--sans",
} as const;
