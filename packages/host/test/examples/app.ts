// #region app
import { configurePartners, implement } from "@partner-panel/host"; // importing does nothing
import "@partner-panel/host/define"; // registers <partner-panel> and <partner-grants>
import { desk } from "./contract.js";
import { partners } from "./partners.js";
import { openTicketId, session, tickets } from "./product.js"; // your own code

configurePartners({
  partners,
  // Every method of the contract, or it does not compile.
  provide: implement(desk, {
    "ticket.get": ({ id }) => tickets.get(id),
    "ticket.update": ({ id, priority }) => tickets.update(id, { priority }),
  }),
  policy: {
    // Asked for each panel. What a partner is not given here it does not get, whatever its manifest says and the user allows.
    trackwell: () => {
      const where = { id: [openTicketId()] }; // the ticket on the screen and no other
      return {
        scopes: [
          { scope: "ticket:read", where },
          ...(session.mayChangeTickets ? [{ scope: "ticket:write", where }] : []),
        ],
        permissions: ["forms"],
      };
    },
  },
  user: () => session.user?.id ?? null, // consent is remembered for this user
});

// #endregion

// #region follow
import { onNavigate } from "./product.js";

onNavigate(() => {
  for (const panel of document.querySelectorAll("partner-panel")) {
    panel.context = { ticketId: openTicketId() }; // asks the policy again: its answer holds before the view is told
  }
});

// #endregion

// #region watch
import { collect } from "./product.js";

document.addEventListener("partner-error", ({ code, hint, docsUrl }) => console.warn(code, hint, docsUrl));
document.addEventListener("partner-audit", ({ record }) => collect(record));
// #endregion
