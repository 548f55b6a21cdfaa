import { defineContract, method, notification, stream } from "@partner-panel/postmessage-rpc";
import * as v from "valibot";

const TicketRef = v.object({ id: v.string() });
const Ticket = v.object({
  id: v.string(),
  subject: v.string(),
  priority: v.picklist(["low", "normal", "high", "urgent"]),
});

export const desk = defineContract({
  "ticket.get": method({ scope: "ticket:read", params: TicketRef, result: Ticket }),
  "ticket.update": method({
    scope: "ticket:write",
    params: v.object({ id: v.string(), priority: v.optional(v.string()) }),
    result: Ticket,
    errors: ["TICKET_LOCKED"],
  }),
  "ticket.changes": stream({ scope: "ticket:read", params: TicketRef, item: Ticket }),
  "ticket.viewed": notification({ scope: null, params: TicketRef }),
});

export const track = defineContract({
  "track.refresh": method({ scope: null, params: v.object({}), result: v.object({ at: v.number() }) }),
});
