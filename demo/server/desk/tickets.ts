import type { Row } from "@libsql/client";
import * as v from "valibot";
import type { Database } from "../database.js";
import { ticketSeeds } from "./seed.js";

const statuses = ["open", "pending", "solved"] as const;
const priorities = ["low", "normal", "high", "urgent"] as const;

/** A ticket as Desk's own pages see it. What a partner may learn of it is much less: see desk-contract.ts. */
export interface Ticket {
  readonly id: string;
  readonly subject: string;
  readonly requester: { readonly name: string; readonly email: string };
  readonly status: (typeof statuses)[number];
  readonly priority: (typeof priorities)[number];
  readonly assignee: string | null;
  /** A locked ticket cannot be changed, by whomever. */
  readonly locked: boolean;
  /** The issue at Trackwell that it is linked to. */
  readonly issueId: string | null;
  /** Counts its changes. */
  readonly revision: number;
  /** ISO 8601, as are all times. */
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly messages: readonly { readonly from: string; readonly at: string; readonly text: string }[];
}

/** What a PATCH may say; unknown members are refused, so that a typing error is noticed. */
export const TicketChange = v.strictObject({
  priority: v.optional(v.picklist(priorities)),
  status: v.optional(v.picklist(statuses)),
  assignee: v.optional(v.nullable(v.pipe(v.string(), v.minLength(1), v.maxLength(64)))),
});

/** A reply's body. */
export const Reply = v.strictObject({ text: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(10_000)) });

export const deskSchema: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS tickets (
    id TEXT PRIMARY KEY, subject TEXT NOT NULL, requester_name TEXT NOT NULL, requester_email TEXT NOT NULL,
    status TEXT NOT NULL, priority TEXT NOT NULL, assignee TEXT, locked INTEGER NOT NULL, issue_id TEXT,
    revision INTEGER NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS messages (
    ticket_id TEXT NOT NULL REFERENCES tickets (id), author TEXT NOT NULL, at TEXT NOT NULL, text TEXT NOT NULL)`,
  "CREATE INDEX IF NOT EXISTS messages_ticket ON messages (ticket_id, at)",
];

type Listener = (ticket: Ticket) => void;

/** Desk's tickets, in its database, with word of each change to whoever listens. */
export class Tickets {
  readonly #database: Database;
  readonly #listeners = new Map<string, Set<Listener>>();

  constructor(database: Database) {
    this.#database = database;
  }

  /** Fills an empty database, and leaves any other as it is. */
  async seedIfEmpty(): Promise<void> {
    const count = await this.#database.execute("SELECT count(*) AS n FROM tickets");
    if (Number(count.rows[0]?.["n"]) === 0) await this.reset();
  }

  /** Everything back to how the demo begins; who listens hears of it. */
  async reset(): Promise<void> {
    const seeds = ticketSeeds(Date.now());
    await this.#database.batch(
      [
        "DELETE FROM messages",
        "DELETE FROM tickets",
        ...seeds.map((ticket) => ({
          sql: "INSERT INTO tickets VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
          args: [
            ticket.id,
            ticket.subject,
            ticket.requester.name,
            ticket.requester.email,
            ticket.status,
            ticket.priority,
            ticket.assignee,
            ticket.locked ? 1 : 0,
            ticket.issueId,
            ticket.revision,
            ticket.createdAt,
            ticket.updatedAt,
          ],
        })),
        ...seeds.flatMap((ticket) =>
          ticket.messages.map((message) => ({
            sql: "INSERT INTO messages VALUES (?, ?, ?, ?)",
            args: [ticket.id, message.from, message.at, message.text],
          })),
        ),
      ],
      "write",
    );
    for (const id of this.#listeners.keys()) await this.#tell(id);
  }

  /** All of them, the last changed first. */
  async list(): Promise<Ticket[]> {
    const found = await this.#database.execute("SELECT * FROM tickets ORDER BY updated_at DESC, id");
    return Promise.all(found.rows.map((row) => this.#ticket(row)));
  }

  async get(id: string): Promise<Ticket | undefined> {
    const found = await this.#database.execute({ sql: "SELECT * FROM tickets WHERE id = ?", args: [id] });
    return found.rows[0] && this.#ticket(found.rows[0]);
  }

  /** Changes what `change` names; `"locked"` if the ticket is, undefined if there is none. */
  async update(id: string, change: v.InferOutput<typeof TicketChange>): Promise<Ticket | "locked" | undefined> {
    const now = new Date().toISOString();
    const changed = await this.#database.execute({
      sql: `UPDATE tickets SET priority = coalesce(?, priority), status = coalesce(?, status),
              assignee = CASE WHEN ? THEN ? ELSE assignee END, revision = revision + 1, updated_at = ?
            WHERE id = ? AND locked = 0`,
      args: [
        change.priority ?? null,
        change.status ?? null,
        change.assignee === undefined ? 0 : 1,
        change.assignee ?? null,
        now,
        id,
      ],
    });
    return changed.rowsAffected > 0 ? this.#tell(id) : this.#lockedOrMissing(id);
  }

  /** Adds a message; the same answers as `update`. */
  async reply(id: string, from: string, text: string): Promise<Ticket | "locked" | undefined> {
    const now = new Date().toISOString();
    const [touched] = await this.#database.batch(
      [
        {
          sql: "UPDATE tickets SET revision = revision + 1, updated_at = ? WHERE id = ? AND locked = 0",
          args: [now, id],
        },
        {
          sql: "INSERT INTO messages SELECT id, ?, ?, ? FROM tickets WHERE id = ? AND locked = 0",
          args: [from, now, text, id],
        },
      ],
      "write",
    );
    return touched && touched.rowsAffected > 0 ? this.#tell(id) : this.#lockedOrMissing(id);
  }

  /** Calls `listener` with the ticket after each change, until the returned function is called. */
  listen(id: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(id);
    };
  }

  async #tell(id: string): Promise<Ticket | undefined> {
    const ticket = await this.get(id);
    if (ticket) for (const listener of this.#listeners.get(id) ?? []) listener(ticket);
    return ticket;
  }

  async #lockedOrMissing(id: string): Promise<"locked" | undefined> {
    return (await this.get(id)) && "locked";
  }

  async #ticket(row: Row): Promise<Ticket> {
    const text = (column: string) => String(row[column]);
    const optional = (column: string) => (row[column] === null ? null : text(column));
    const messages = await this.#database.execute({
      sql: "SELECT author, at, text FROM messages WHERE ticket_id = ? ORDER BY at, rowid",
      args: [text("id")],
    });
    return {
      id: text("id"),
      subject: text("subject"),
      requester: { name: text("requester_name"), email: text("requester_email") },
      status: v.parse(v.picklist(statuses), row["status"]),
      priority: v.parse(v.picklist(priorities), row["priority"]),
      assignee: optional("assignee"),
      locked: row["locked"] === 1,
      issueId: optional("issue_id"),
      revision: Number(row["revision"]),
      createdAt: text("created_at"),
      updatedAt: text("updated_at"),
      messages: messages.rows.map((message) => ({
        from: String(message["author"]),
        at: String(message["at"]),
        text: String(message["text"]),
      })),
    };
  }
}
