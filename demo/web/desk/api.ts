import type { SignIn } from "@partner-panel/host/sign-in";
import { EventSourceParserStream } from "eventsource-parser/stream";
import { HttpError, readJson, request } from "../shared/http.js";

/** What `/config.json` of Desk says. */
export interface DeskConfig {
  origin: string;
  issuer: string;
  clientId: string;
  resource: string;
  scope: string;
  /** The providers' own pages for QA. */
  qaPages: { desk: string; trackwell: string };
  /** Manifest URLs by the name the page gives a partner. */
  partners: Record<string, string>;
}

export interface Agent {
  id: string;
  name: string;
  email: string;
  rights: string[];
}

/** Which partners Desk's administrators have installed. */
export interface Integrations {
  /** Whether this agent may change it. */
  mayManage: boolean;
  installed: { partner: string; by: string | null; at: string }[];
}

export const statuses = ["open", "pending", "solved"] as const;
export const priorities = ["low", "normal", "high", "urgent"] as const;
export type Status = (typeof statuses)[number];
export type Priority = (typeof priorities)[number];

export interface Ticket {
  id: string;
  subject: string;
  requester: { name: string; email: string };
  status: Status;
  priority: Priority;
  assignee: string | null;
  locked: boolean;
  issueId: string | null;
  revision: number;
  createdAt: string;
  updatedAt: string;
  messages: { from: string; at: string; text: string }[];
}

export interface TicketPatch {
  status?: Status | undefined;
  priority?: Priority | undefined;
  assignee?: string | null | undefined;
}

/** Desk's back end, called as the signed-in agent. Every method throws `HttpError`. */
export class DeskApi {
  readonly #signIn: SignIn;
  readonly #onSignedOut: () => void;

  /** `onSignedOut` is called whenever the back end does not know the agent any more. */
  constructor(signIn: SignIn, onSignedOut: () => void) {
    this.#signIn = signIn;
    this.#onSignedOut = onSignedOut;
  }

  me(): Promise<Agent> {
    return this.#call("/api/me");
  }

  tickets(): Promise<Ticket[]> {
    return this.#call("/api/tickets");
  }

  ticket(id: string, signal?: AbortSignal): Promise<Ticket> {
    return this.#call(ticketPath(id), signal ? { signal } : {});
  }

  update(id: string, patch: TicketPatch, signal?: AbortSignal): Promise<Ticket> {
    return this.#call(ticketPath(id), { ...json("PATCH", patch), ...(signal ? { signal } : {}) });
  }

  reply(id: string, text: string): Promise<Ticket> {
    return this.#call(`${ticketPath(id)}/replies`, json("POST", { text }));
  }

  integrations(): Promise<Integrations> {
    return this.#call("/api/integrations");
  }

  /** Installs a partner for all of Desk, or removes it. */
  install(partner: string, isInstalled: boolean): Promise<Integrations> {
    return this.#call(`/api/integrations/${encodeURIComponent(partner)}`, { method: isInstalled ? "PUT" : "DELETE" });
  }

  reset(): Promise<void> {
    return this.#call("/api/reset", { method: "POST" });
  }

  /** Ends the session at Desk's back end, and by it at the partners'. Never rejects: the page leaves whatever comes of it. */
  async logOut(): Promise<void> {
    try {
      const { headers, ...init } = json("POST", {});
      const all = { ...headers, ...(await this.headers()) };
      // The page leaves for the provider meanwhile.
      await request("/panel/logout", { ...init, headers: all, keepalive: true });
    } catch {
      // The session's tokens end by themselves, and the provider is told next.
    }
  }

  /** One connection's worth of a ticket's states, the present one first; ends when the connection does. */
  async *events(id: string, signal: AbortSignal): AsyncGenerator<Ticket> {
    const response = await this.#fetch(`${ticketPath(id)}/events`, { signal });
    if (!response.ok) await readJson(response);
    if (!response.body) throw new HttpError("The server sent no events.", { status: 0 });
    const events = response.body
      .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array<ArrayBuffer>>)
      .pipeThrough(new EventSourceParserStream());
    // A reader and not `for await`: WebKit has no asynchronous iteration of streams.
    const reader = events.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      if (value.event === "ticket") yield JSON.parse(value.data) as Ticket;
    }
  }

  /** The headers by which Desk's back end knows the agent; none when nobody is signed in any more. */
  async headers(): Promise<Record<string, string>> {
    const token = await this.#signIn.accessToken();
    return token ? { Authorization: `Bearer ${token}` } : {};
  }

  async #fetch(path: string, init: RequestInit): Promise<Response> {
    const response = await request(path, { ...init, headers: { ...init.headers, ...(await this.headers()) } });
    if (response.status === 401) this.#onSignedOut();
    return response;
  }

  async #call<T>(path: string, init: RequestInit = {}): Promise<T> {
    return readJson<T>(await this.#fetch(path, init));
  }
}

function ticketPath(id: string): string {
  return `/api/tickets/${encodeURIComponent(id)}`;
}

function json(method: string, body: unknown): RequestInit {
  return { method, headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}
