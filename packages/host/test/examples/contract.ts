// #region contract
import { defineContract, method } from "@partner-panel/postmessage-rpc";
import * as v from "valibot"; // or any other Standard Schema

const Ticket = v.object({ id: v.string(), priority: v.string() }); // what is not named here never leaves

export const desk = defineContract({
  "ticket.get": method({ scope: "ticket:read", params: v.object({ id: v.string() }), result: Ticket }),
  "ticket.update": method({ scope: "ticket:write", params: Ticket, result: Ticket }),
});
// #endregion
