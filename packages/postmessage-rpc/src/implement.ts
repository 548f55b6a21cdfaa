import type { Contract, Members } from "./contract.js";
import { type Handlers, type Implementation, implementLater, type Serve } from "./implementation.js";
import { Responder } from "./responder.js";

const serve: Serve = (context, table, grant) => new Responder(context, table, grant);

/**
 * Joins a contract and its handlers; complete, or it does not compile.
 * @throws TypeError where a handler is missing or not of the contract (for callers without types).
 */
export function implement<M extends Members>(contract: Contract<M>, handlers: Handlers<M>): Implementation<M> {
  return Object.freeze({ ...implementLater(contract, handlers), serve });
}
