import { isRecord, type WireError } from "./errors.js";
import type { Limits } from "./limits.js";

export type Id = number | string;

/** One JSON-RPC message, told apart. Words from the wire are still only words: nothing is looked up with them here. */
export type Inbound =
  | { readonly kind: "request"; readonly id: Id; readonly method: string; readonly params: unknown }
  | { readonly kind: "notification"; readonly method: string; readonly params: unknown }
  | { readonly kind: "result"; readonly id: Id; readonly result: unknown }
  | { readonly kind: "error"; readonly id: Id | null; readonly error: unknown };

export type ReadFault = "PARSE_ERROR" | "INVALID_REQUEST" | "TOO_LARGE";

export type Reading =
  | { readonly ok: true; readonly messages: readonly (Inbound | ReadFault)[] }
  | { readonly ok: false; readonly fault: ReadFault };

/**
 * Reads the text of one port message: one JSON-RPC message or a batch. Never throws. Size is measured before parsing, shape
 * before any validator sees it; a message of a batch that cannot be read leaves the others readable.
 */
export function readText(text: string, limits: Limits): Reading {
  if (text.length > limits.text) return { ok: false, fault: "TOO_LARGE" };
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, fault: "PARSE_ERROR" };
  }
  if (!Array.isArray(value)) return { ok: true, messages: [readMessage(value, limits)] };
  if (value.length === 0) return { ok: false, fault: "INVALID_REQUEST" };
  if (value.length > limits.array) return { ok: false, fault: "TOO_LARGE" };
  return { ok: true, messages: value.map((message: unknown) => readMessage(message, limits)) };
}

function readMessage(value: unknown, limits: Limits): Inbound | ReadFault {
  if (!isRecord(value)) return "INVALID_REQUEST";
  if (countNodes(value, limits, 1, 0, true) > limits.nodes) return "TOO_LARGE";
  const { jsonrpc, id, method, params } = value;
  if (jsonrpc !== "2.0") return "INVALID_REQUEST";
  if (method !== undefined) {
    if (typeof method !== "string" || Object.hasOwn(value, "result") || Object.hasOwn(value, "error"))
      return "INVALID_REQUEST";
    if (!Object.hasOwn(value, "id")) return { kind: "notification", method, params };
    return isId(id) ? { kind: "request", id, method, params } : "INVALID_REQUEST";
  }
  if (Object.hasOwn(value, "result") === Object.hasOwn(value, "error")) return "INVALID_REQUEST";
  if (Object.hasOwn(value, "result")) {
    return isId(id) ? { kind: "result", id, result: value["result"] } : "INVALID_REQUEST";
  }
  return isId(id) || id === null ? { kind: "error", id, error: value["error"] } : "INVALID_REQUEST";
}

export function isId(value: unknown): value is Id {
  return typeof value === "string" || (typeof value === "number" && Number.isFinite(value));
}

/**
 * How many values there are below and including this one; Infinity once any limit is broken. Recursion is bounded by
 * `limits.depth`. On its way, if it is to, it drops own `__proto__` keys: a validator that copies keys by assignment would otherwise
 * give its output a prototype chosen by the peer.
 */
function countNodes(value: unknown, limits: Limits, depth: number, before: number, drop: boolean): number {
  if (typeof value === "string") return value.length > limits.string ? Number.POSITIVE_INFINITY : before + 1;
  if (typeof value !== "object" || value === null) return before + 1;
  if (depth > limits.depth) return Number.POSITIVE_INFINITY;
  let count = before + 1;
  if (Array.isArray(value)) {
    if (value.length > limits.array) return Number.POSITIVE_INFINITY;
    for (let index = 0; index < value.length && count <= limits.nodes; index++) {
      count = countNodes(value[index], limits, depth + 1, count, drop);
    }
    return count;
  }
  const keys = Object.keys(value);
  if (keys.length > limits.keys) return Number.POSITIVE_INFINITY;
  for (const key of keys) {
    if (key.length > limits.string) return Number.POSITIVE_INFINITY;
    if (drop && key === "__proto__") {
      // JSON.parse makes it an own property, so this deletes data and never a real prototype.
      Reflect.deleteProperty(value, key);
      continue;
    }
    count = countNodes((value as Record<string, unknown>)[key], limits, depth + 1, count, drop);
    if (count > limits.nodes) return count;
  }
  return count;
}

/** Values of a message around its params, result or item: the message itself, its version, id and method, and what holds an item. */
const valuesAround = 8;
/** Levels around an item: the message, its params, the list of items. A result or params have one fewer or two. */
const levelsAround = 3;

/** How many of the receiver's `nodes` this value takes in a message; Infinity where the receiver would refuse it. */
export function weightOf(value: unknown, limits: Limits): number {
  const weight = countNodes(value, limits, 1 + levelsAround, valuesAround, false);
  return weight > limits.nodes ? Number.POSITIVE_INFINITY : weight;
}

/** Whether the receiver of this text would take the value in it. Text this short can break no limit, whatever it says. */
export function fits(text: string, value: unknown, limits: Limits): boolean {
  const { depth, nodes, array, string, keys } = limits;
  if (text.length < Math.min(2 * depth, nodes, array, string, keys)) return true;
  return countNodes(value, limits, 2, valuesAround, false) <= nodes;
}

/**
 * Outgoing text, made in one go: text put together from parts would be copied once more when it is posted. `undefined` as params
 * is left out, as a result it is `null`, for JSON-RPC demands a `result`.
 */
export function requestText(id: Id, method: string, params: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", id, method, params: checkJson(params) });
}

export function notificationText(method: string, params: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", method, params: checkJson(params) });
}

export function resultText(id: Id, result: unknown): string {
  return JSON.stringify({ jsonrpc: "2.0", id, result: checkJson(result) ?? null });
}

export function errorText(id: Id | null, error: WireError): string {
  return JSON.stringify({ jsonrpc: "2.0", id, error });
}

/** Refuses what `JSON.stringify` would leave out of an object without a word. */
function checkJson(value: unknown): unknown {
  if (typeof value === "function" || typeof value === "symbol") jsonText(value);
  const isObject = typeof value === "object" && value !== null;
  // What says itself how it is written may have nothing to say, and then the member would be missing.
  return isObject && "toJSON" in value ? (JSON.parse(jsonText(value)) as unknown) : value;
}

/** @throws TypeError for what JSON has no word for: a function, a symbol, a bigint, a cycle. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value) as string | undefined;
  if (text === undefined) throw new TypeError(`JSON has no word for a ${typeof value}`);
  return text;
}
