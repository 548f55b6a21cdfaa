import { type Context, Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { readBody, refuse } from "../answers.js";
import { type Agent, agentOf, type Right } from "./agents.js";
import type { Caller } from "./bearer.js";
import type { Endings } from "./endings.js";
import type { Integrations } from "./integrations.js";
import { Reply, type Ticket, TicketChange, type Tickets } from "./tickets.js";

type Env = { Variables: { agent: Agent; caller: Caller } };

/** How often an event stream says that it is alive, in milliseconds: proxies drop what is silent for a minute. */
const keepAlive = 15_000;

/** Desk's API, for its own pages alone: each call is an agent's, known by the bearer token of Desk's provider. */
export function deskApi(
  { tickets, integrations }: { tickets: Tickets; integrations: Integrations },
  installable: readonly string[],
  authenticate: (request: Request) => Promise<Caller | undefined>,
  endings: Endings,
): Hono<Env> {
  const api = new Hono<Env>();

  api.use(async (context, next) => {
    context.header("Cache-Control", "no-store");
    const caller = await authenticate(context.req.raw);
    const agent = caller && agentOf(caller.user);
    if (!caller || !agent) {
      context.header("WWW-Authenticate", 'Bearer realm="Fernhill Desk"');
      return refuse(context, 401, "UNAUTHENTICATED", "Sign in first");
    }
    context.set("caller", caller);
    context.set("agent", agent);
    return next();
  });

  // Before the rights: it is the demo's own button, and whoever looks at the demo may press it.
  api.post("/reset", async (context) => {
    await tickets.reset();
    await integrations.reset();
    return context.body(null, 204);
  });

  // Installing is an administrator's and no matter of tickets.
  const administered = (context: Context<Env>) => {
    const { installed } = integrations;
    return context.json({ mayManage: context.var.agent.isAdmin, installed });
  };
  api.get("/integrations", administered);
  api.on(["PUT", "DELETE"], "/integrations/:partner", async (context) => {
    const { agent } = context.var;
    const partner = context.req.param("partner");
    if (!agent.isAdmin) return refuse(context, 403, "FORBIDDEN", `${agent.name} may not install or remove partners`);
    if (!installable.includes(partner)) return refuse(context, 404, "NOT_FOUND", "Desk knows no such partner");
    await (context.req.method === "PUT" ? integrations.install(partner, agent.id) : integrations.remove(partner));
    return administered(context);
  });

  api.use(async (context, next) => {
    const { agent } = context.var;
    const right: Right = context.req.method === "GET" ? "ticket:read" : "ticket:write";
    if (!agent.rights.includes(right))
      return refuse(context, 403, "FORBIDDEN", `${agent.name} may not do that (${right})`);
    return next();
  });

  api.get("/me", (context) => {
    const { id, name, email, rights } = context.var.agent;
    return context.json({ id, name, email, rights });
  });

  api.get("/tickets", async (context) => context.json(await tickets.list()));

  api.get("/tickets/:id", async (context) => answer(context, await tickets.get(context.req.param("id"))));

  api.patch("/tickets/:id", async (context) => {
    const change = await readBody(context, TicketChange);
    if (!change) return refuse(context, 400, "INVALID", "Only priority, status and assignee can be changed");
    if (change.assignee && !agentOf(change.assignee)) return refuse(context, 400, "INVALID", "There is no such agent");
    return answer(context, await tickets.update(context.req.param("id"), change));
  });

  api.post("/tickets/:id/replies", async (context) => {
    const reply = await readBody(context, Reply);
    if (!reply) return refuse(context, 400, "INVALID", "A reply has 1 to 10,000 characters");
    return answer(context, await tickets.reply(context.req.param("id"), context.var.agent.id, reply.text));
  });

  api.get("/tickets/:id/events", async (context) => {
    const id = context.req.param("id");
    if (!(await tickets.get(id))) return answer(context, undefined);
    const tokenEnds = context.var.caller.expiresAt * 1000 - Date.now();
    return streamSSE(context, (stream) => {
      const send = (ticket: Ticket) => stream.writeSSE({ event: "ticket", data: JSON.stringify(ticket) });
      return new Promise<void>((resolve) => {
        // Listening begins before the first read, so that no change falls between the two.
        const stop = tickets.listen(id, send);
        const alive = setInterval(() => stream.write(": alive\n\n"), keepAlive);
        const end = () => {
          stop();
          stopEnding();
          clearInterval(alive);
          clearTimeout(expiry);
          resolve();
        };
        // A stream never outlives the token that opened it; the page opens the next with its renewed one.
        const expiry = setTimeout(end, tokenEnds);
        const stopEnding = endings.listen(context.var.caller.sid, end);
        stream.onAbort(end);
        tickets.get(id).then((ticket) => ticket && send(ticket), end);
      });
    });
  });

  return api;
}

function answer(context: Context, ticket: Ticket | "locked" | undefined): Response {
  if (ticket === undefined) return refuse(context, 404, "NOT_FOUND", "There is no such ticket");
  if (ticket === "locked") return refuse(context, 409, "TICKET_LOCKED", "This ticket is locked: nobody can change it");
  return context.json(ticket);
}
