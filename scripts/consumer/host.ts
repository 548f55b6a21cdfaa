import { assertionFrom, configurePartners, implement } from "@partner-panel/host";
import "@partner-panel/host/define";
import { desk } from "./contract.js";

const ticket = { id: "T-42", subject: "No sound", priority: "high" } as const;

configurePartners({
  partners: { trackwell: "https://app.trackwell.example/.well-known/partner-panel.json" },
  policy: {
    trackwell: () => ({ scopes: [{ scope: "ticket:read", where: { id: ["T-42"] } }], permissions: ["forms"] }),
  },
  provide: implement(desk, {
    "ticket.get": () => ticket,
    "ticket.update": ({ id }, call) => {
      if (id !== ticket.id) throw call.fail("TICKET_LOCKED");
      return ticket;
    },
    "ticket.changes": async function* () {
      yield ticket;
    },
    "ticket.viewed": () => {},
  }),
  signIn: { trackwell: assertionFrom("/panel/assertion") },
  user: () => "ada",
});

const panel = document.createElement("partner-panel");
panel.partner = "trackwell";
panel.view = "issue";
document.body.append(panel);
