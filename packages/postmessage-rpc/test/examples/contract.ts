// #region contract

import { defineContract, method, notification, stream } from "@partner-panel/postmessage-rpc";
import * as v from "valibot"; // or zod, arktype: any Standard Schema

const TicketRef = v.object({ id: v.string() });
const Ticket = v.object({ id: v.string(), subject: v.string(), priority: v.string() });

export const desk = defineContract({
  "ticket.get": method({ scope: "ticket:read", params: TicketRef, result: Ticket }),
  "ticket.update": method({
    scope: "ticket:write",
    params: v.object({ id: v.string(), priority: v.string() }),
    result: Ticket,
    errors: ["TICKET_LOCKED"],
  }),
  "ticket.changes": stream({ scope: "ticket:read", params: TicketRef, item: Ticket }),
  "ticket.viewed": notification({ scope: null, params: TicketRef }),
  "file.attach": method({
    scope: "file:write",
    params: v.object({ name: v.string() }),
    result: v.object({ bytes: v.number() }),
    binary: true,
  }),
});
// #endregion
