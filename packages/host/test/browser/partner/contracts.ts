import { defineContract, method, stream } from "@partner-panel/postmessage-rpc";
import * as v from "valibot";

const Ref = v.object({ id: v.string() });
const Ticket = v.object({ id: v.string(), priority: v.string() });

/** What the tests' host provides. */
export const desk = defineContract({
  "ticket.get": method({ scope: "ticket:read", params: Ref, result: Ticket }),
  "ticket.update": method({ scope: "ticket:write", params: Ticket, result: Ticket }),
  "ticket.changes": stream({ scope: "ticket:read", params: Ref, item: Ticket }),
});

/** What the tests' view provides: a way to make it do things. */
export const remoteControl = defineContract({
  "view.call": method({
    scope: null,
    params: v.object({ name: v.string(), params: v.unknown() }),
    result: v.object({
      result: v.optional(v.unknown()),
      code: v.optional(v.string()),
      message: v.optional(v.string()),
    }),
  }),
  /** Calls the host so often at once, and says how each call ended: with a result, or with a code. */
  "view.callMany": method({
    scope: null,
    params: v.object({ name: v.string(), params: v.unknown(), times: v.number() }),
    result: v.array(v.string()),
  }),
  /** Reads a stream of the host's until it ends, and says what came and how it ended. */
  "view.read": method({
    scope: null,
    params: v.object({ name: v.string(), params: v.unknown() }),
    result: v.object({ items: v.number(), end: v.string() }),
  }),
  "view.say": method({ scope: null, params: v.object({ name: v.string(), params: v.unknown() }) }),
  "view.seen": method({
    scope: null,
    result: v.object({ heard: v.array(v.unknown()), welcome: v.unknown(), grant: v.array(v.unknown()) }),
  }),
  "view.run": method({
    scope: null,
    params: v.object({ what: v.picklist(["reload", "leave", "defect", "focus", "hang", "push"]) }),
  }),
});
