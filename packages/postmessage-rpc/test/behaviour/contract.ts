import * as v from "valibot";
import { defineContract, method, notification, stream } from "../../src/index.js";

const Ref = v.object({ id: v.string() });
const Ticket = v.object({ id: v.string(), priority: v.string() });

/** The contract that the behaviour suite runs on, over every transport. */
export const desk = defineContract({
  "ticket.get": method({ scope: "ticket:read", params: Ref, result: Ticket }),
  "ticket.update": method({
    scope: "ticket:write",
    params: v.object({ id: v.string(), priority: v.string() }),
    result: Ticket,
    errors: ["TICKET_LOCKED"],
  }),
  "ticket.changes": stream({ scope: "ticket:read", params: Ref, item: v.object({ n: v.number() }) }),
  "ticket.price": stream({ scope: "ticket:read", params: Ref, item: v.object({ n: v.number() }), latest: true }),
  "ticket.viewed": notification({ scope: "ticket:read", params: Ref }),
  "file.attach": method({
    scope: "file:write",
    params: v.object({ name: v.string() }),
    result: v.object({ bytes: v.number() }),
    binary: true,
  }),
  "open.echo": method({ scope: null, params: v.object({ text: v.string() }), result: v.object({ text: v.string() }) }),
  "open.slow": method({ scope: null, params: v.object({ steps: v.number() }), result: v.string() }),
  "open.hang": method({ scope: null }),
  "open.throws": method({ scope: null, params: v.object({ what: v.string() }), errors: ["DECLARED"] }),
});
