/**
 * Type tests, run by plain tsc: each `@ts-expect-error` fails the build if the line beneath it compiles. Nothing here is executed.
 */
import { type } from "arktype";
import * as v from "valibot";
import { z } from "zod";
import {
  type Call,
  defineContract,
  implement,
  isRpcError,
  method,
  notification,
  openSession,
  type RpcCode,
  stream,
} from "../../src/index.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
function holds<T extends true>(): T | undefined {
  return undefined;
}

const desk = defineContract({
  "ticket.get": method({
    scope: "ticket:read",
    params: v.object({ id: v.number() }),
    result: z.object({ title: z.string() }),
  }),
  "ticket.update": method({
    scope: "ticket:write",
    params: type({ id: "number" }),
    result: type({ ok: "boolean" }),
    errors: ["TICKET_LOCKED"],
  }),
  "ticket.changes": stream({
    scope: "ticket:read",
    params: v.object({ id: v.number() }),
    item: v.object({ n: v.number() }),
  }),
  "ticket.viewed": notification({ scope: null, params: z.object({ id: z.number() }) }),
  "file.attach": method({
    scope: "file:write",
    params: v.string(),
    result: v.object({ id: v.string() }),
    binary: true,
  }),
  "day.get": method({
    scope: null,
    params: v.object({
      day: v.pipe(
        v.string(),
        v.transform((text) => new Date(text)),
      ),
    }),
  }),
  refresh: method({ scope: null }),
});

export function calls(port: MessagePort): void {
  const { remote } = openSession(port, { use: desk });
  const got = remote.ticket.get({ id: 7 });
  holds<Equal<typeof got, Promise<{ title: string }>>>();
  holds<Equal<ReturnType<typeof remote.ticket.update>, Promise<{ ok: boolean }>>>();
  holds<Equal<ReturnType<typeof remote.ticket.changes>, AsyncIterableIterator<{ n: number }>>>();
  holds<Equal<ReturnType<typeof remote.ticket.viewed>, void>>();
  holds<Equal<ReturnType<typeof remote.refresh>, Promise<void>>>();
  // The wire carries the schema's input: the caller gives text, the handler gets a Date.
  void remote.day.get({ day: "2026-01-01" });
  void remote.refresh();
  void remote.refresh(undefined, { timeout: 5_000, signal: AbortSignal.timeout(1) });
  void remote.file.attach("a", { binary: [new ArrayBuffer(1)] });

  // @ts-expect-error wrong params
  void remote.ticket.get({ id: "7" });
  // @ts-expect-error missing params
  void remote.ticket.get();
  // @ts-expect-error a method the contract lacks
  void remote.ticket.remove({ id: 7 });
  // @ts-expect-error a namespace the contract lacks
  void remote.invoice;
  // @ts-expect-error no binary is declared here
  void remote.ticket.get({ id: 7 }, { binary: [new ArrayBuffer(1)] });
  // @ts-expect-error the remote cannot be changed
  remote.refresh = async () => {};
}

export const complete = implement(desk, {
  "ticket.get": ({ id }, call) => {
    holds<Equal<typeof id, number>>();
    holds<Equal<typeof call, Call<never>>>();
    // @ts-expect-error this method declares no errors
    if (id < 0) throw call.fail("TICKET_LOCKED");
    return { title: "x" };
  },
  "ticket.update": (_params, call) => {
    // @ts-expect-error an undeclared code
    call.fail("TICKET_LOST");
    throw call.fail("TICKET_LOCKED", { message: "Locked", data: { by: "ada" } });
  },
  "ticket.changes": async function* ({ id }) {
    yield { n: id };
  },
  "ticket.viewed": () => {},
  "file.attach": async (name) => ({ id: name }),
  "day.get": ({ day }) => {
    holds<Equal<typeof day, Date>>();
  },
  refresh: () => {},
});

const small = defineContract({
  get: method({ scope: null, params: v.object({ id: v.number() }), result: v.string() }),
  set: method({ scope: null }),
});

// @ts-expect-error a handler is missing
implement(small, { get: () => "x" });
// @ts-expect-error a handler returns what the result's schema does not take
implement(small, { get: () => 7, set: () => {} });
// @ts-expect-error a handler the contract does not know
implement(small, { get: () => "x", set: () => {}, remove: () => {} });

// @ts-expect-error the scope is required, if only to say null
method({ params: v.object({}) });

method({
  scope: null,
  // @ts-expect-error "A result's schema must not transform …"
  result: v.pipe(v.string(), v.transform(Number)),
});
// @ts-expect-error "Names beginning with rpc. are reserved for the protocol."
defineContract({ "rpc.ping": method({ scope: null }) });
// @ts-expect-error "Names beginning with panel. are reserved for the panel."
defineContract({ "panel.ready": notification({ scope: null }) });
// @ts-expect-error "then and __proto__ cannot be names …"
defineContract({ "ticket.then": method({ scope: null }) });
// @ts-expect-error "\"ticket\" is at once a method and a namespace: rename one of them."
defineContract({ ticket: method({ scope: null }), "ticket.get": method({ scope: null }) });

export function narrows(error: unknown): string {
  if (isRpcError(error, desk, "ticket.update")) {
    holds<Equal<typeof error.code, "TICKET_LOCKED" | RpcCode>>();
    switch (error.code) {
      case "TICKET_LOCKED":
        return "locked";
      case "SCOPE_DENIED":
        return "denied";
      // @ts-expect-error not a code of this method
      case "TICKET_LOST":
        return "lost";
      default:
        return error.message;
    }
  }
  // @ts-expect-error a method the contract lacks
  isRpcError(error, desk, "ticket.remove");
  return "";
}
