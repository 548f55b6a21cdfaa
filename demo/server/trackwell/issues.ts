import type { Row } from "@libsql/client";
import * as v from "valibot";
import type { Database } from "../database.js";
import { issueSeeds } from "./seed.js";

const issueStatuses = ["backlog", "started", "in-review", "done"] as const;
const severities = ["minor", "major", "critical"] as const;

/** An issue, as Trackwell's API answers it. */
export interface Issue {
  readonly id: string;
  readonly title: string;
  readonly status: (typeof issueStatuses)[number];
  readonly severity: (typeof severities)[number];
  readonly assignee: string | null;
  readonly labels: readonly string[];
  readonly description: string;
  readonly comments: readonly { readonly author: string; readonly at: string; readonly text: string }[];
  /** ISO 8601. */
  readonly updatedAt: string;
}

/** What a PATCH may say. */
export const IssueChange = v.strictObject({ status: v.optional(v.picklist(issueStatuses)) });

/** A comment's body. */
export const Comment = v.strictObject({ text: v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(10_000)) });

export const issueSchema: readonly string[] = [
  `CREATE TABLE IF NOT EXISTS issues (
    id TEXT PRIMARY KEY, title TEXT NOT NULL, status TEXT NOT NULL, severity TEXT NOT NULL, assignee TEXT,
    labels TEXT NOT NULL, description TEXT NOT NULL, updated_at TEXT NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS comments (
    issue_id TEXT NOT NULL REFERENCES issues (id), author TEXT NOT NULL, at TEXT NOT NULL, text TEXT NOT NULL)`,
  "CREATE INDEX IF NOT EXISTS comments_issue ON comments (issue_id, at)",
];

/** Trackwell's issues, in its database. */
export class Issues {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Fills an empty database, and leaves any other as it is. */
  async seedIfEmpty(): Promise<void> {
    const count = await this.#database.execute("SELECT count(*) AS n FROM issues");
    if (Number(count.rows[0]?.["n"]) === 0) await this.reset();
  }

  /** Everything back to how the demo begins. */
  async reset(): Promise<void> {
    const seeds = issueSeeds(Date.now());
    await this.#database.batch(
      [
        "DELETE FROM comments",
        "DELETE FROM issues",
        ...seeds.map((issue) => ({
          sql: "INSERT INTO issues VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
          args: [
            issue.id,
            issue.title,
            issue.status,
            issue.severity,
            issue.assignee,
            JSON.stringify(issue.labels),
            issue.description,
            issue.updatedAt,
          ],
        })),
        ...seeds.flatMap((issue) =>
          issue.comments.map((comment) => ({
            sql: "INSERT INTO comments VALUES (?, ?, ?, ?)",
            args: [issue.id, comment.author, comment.at, comment.text],
          })),
        ),
      ],
      "write",
    );
  }

  /** All of them, the last changed first. */
  async list(): Promise<Issue[]> {
    const found = await this.#database.execute("SELECT * FROM issues ORDER BY updated_at DESC, id");
    return Promise.all(found.rows.map((row) => this.#issue(row)));
  }

  async get(id: string): Promise<Issue | undefined> {
    const found = await this.#database.execute({ sql: "SELECT * FROM issues WHERE id = ?", args: [id] });
    return found.rows[0] && this.#issue(found.rows[0]);
  }

  /** Changes what `change` names; undefined if there is no such issue. */
  async update(id: string, change: v.InferOutput<typeof IssueChange>): Promise<Issue | undefined> {
    await this.#database.execute({
      sql: "UPDATE issues SET status = coalesce(?, status), updated_at = ? WHERE id = ?",
      args: [change.status ?? null, new Date().toISOString(), id],
    });
    return this.get(id);
  }

  /** Adds a comment; undefined if there is no such issue. */
  async comment(id: string, author: string, text: string): Promise<Issue | undefined> {
    const now = new Date().toISOString();
    await this.#database.batch(
      [
        { sql: "INSERT INTO comments SELECT id, ?, ?, ? FROM issues WHERE id = ?", args: [author, now, text, id] },
        { sql: "UPDATE issues SET updated_at = ? WHERE id = ?", args: [now, id] },
      ],
      "write",
    );
    return this.get(id);
  }

  async #issue(row: Row): Promise<Issue> {
    const text = (column: string) => String(row[column]);
    const comments = await this.#database.execute({
      sql: "SELECT author, at, text FROM comments WHERE issue_id = ? ORDER BY at, rowid",
      args: [text("id")],
    });
    return {
      id: text("id"),
      title: text("title"),
      status: v.parse(v.picklist(issueStatuses), row["status"]),
      severity: v.parse(v.picklist(severities), row["severity"]),
      assignee: row["assignee"] === null ? null : text("assignee"),
      labels: v.parse(v.array(v.string()), JSON.parse(text("labels"))),
      description: text("description"),
      comments: comments.rows.map((comment) => ({
        author: String(comment["author"]),
        at: String(comment["at"]),
        text: String(comment["text"]),
      })),
      updatedAt: text("updated_at"),
    };
  }
}
