import { defineContract, method, stream } from "@partner-panel/postmessage-rpc";
import * as v from "valibot";

/**
 * What Fernhill Desk offers to the views of its partners. Desk publishes this file; a partner compiles against it.
 *
 * A partner learns less of a ticket than an agent does: who wrote it, and what, is not the partner's business. The
 * schema of a result strips whatever it does not name, so a handler that hands over too much still gives nothing away.
 */
const TicketId = v.pipe(v.string(), v.regex(/^T-\d{1,9}$/));

/** Which ticket; grants are limited by it. */
export const TicketRef = v.strictObject({ id: TicketId });

export const TicketStatus = v.picklist(["open", "pending", "solved"]);
export const TicketPriority = v.picklist(["low", "normal", "high", "urgent"]);

/** A ticket, as partners see it. */
export const Ticket = v.object({
  id: TicketId,
  subject: v.string(),
  status: TicketStatus,
  priority: TicketPriority,
  /** The agent who works on it, by name of account. */
  assignee: v.nullable(v.string()),
  /** The partner's issue that it is linked to. */
  issueId: v.nullable(v.string()),
  /** Counts the ticket's changes. */
  revision: v.number(),
  /** ISO 8601. */
  updatedAt: v.string(),
});

/** What to change of which ticket. */
export const TicketPatch = v.strictObject({
  id: TicketId,
  status: v.optional(TicketStatus),
  priority: v.optional(TicketPriority),
});

/** Who opened a ticket: a name, and no address. */
export const Requester = v.object({ name: v.string() });

export type Ticket = v.InferOutput<typeof Ticket>;
export type TicketPatch = v.InferOutput<typeof TicketPatch>;

export const desk = defineContract({
  "ticket.get": method({ scope: "ticket:read", params: TicketRef, result: Ticket }),
  /** `TICKET_LOCKED`: nobody can change this ticket at present. */
  "ticket.update": method({ scope: "ticket:write", params: TicketPatch, result: Ticket, errors: ["TICKET_LOCKED"] }),
  /** The person who waits for an answer. A scope of its own, for most partners have no business with people. */
  "ticket.requester": method({ scope: "requester:read", params: TicketRef, result: Requester }),
  /** The ticket as it is, then after each change; a slow reader gets the newest state and not every one. */
  "ticket.changes": stream({ scope: "ticket:read", params: TicketRef, item: Ticket, latest: true }),
});
