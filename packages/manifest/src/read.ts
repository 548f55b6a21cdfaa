import { type FaultCode, type Finding, pointerTo } from "./faults.js";
import { manifestLimits as limits } from "./limits.js";

/** A value that JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What was read, if it can be checked further at all. */
export interface Reading {
  readonly value?: Json;
  readonly faults: readonly Finding[];
}

/** Names that reach a prototype when somebody is careless with brackets; no format needs them. */
const refusedKeys = ["__proto__", "constructor", "prototype"];

/** Thrown in here and caught in here: the input is beyond a limit, and reading on would be the attack. */
class Stop extends Error {
  readonly fault: Finding;
  constructor(code: FaultCode, { pointer = "", about = [], cause }: Partial<Finding> & ErrorOptions = {}) {
    super(code, { cause });
    this.fault = { pointer, code, about };
  }
}

/**
 * Reads text or a value into plain JSON within the limits, before any check sees it.
 *
 * A value is copied from its own data properties, and accessors are refused unread: so a getter, a cycle, a class
 * instance or a sparse array cannot reach the checks, and what was checked is what is used later.
 */
export function readJson(input: unknown): Reading {
  const faults: Finding[] = [];
  try {
    const value = copy(typeof input === "string" ? parseText(input) : input, faults);
    // No JSON at all: a check of what stands in its place would tell of that.
    if (value === undefined) return { faults };
    // Only now: within the limits, and known to be well formed.
    if (typeof input === "string") faults.push(...duplicateKeys(input));
    else if (utf8Length(JSON.stringify(value)) > limits.bytes) throw new Stop("TOO_LARGE");
    return { value, faults };
  } catch (error) {
    return { faults: [...faults, error instanceof Stop ? error.fault : { pointer: "", code: "NOT_JSON" }] };
  }
}

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

function parseText(text: string): unknown {
  // Characters first: a text of 100 MB is not encoded only to be counted.
  if (text.length > limits.bytes || utf8Length(text) > limits.bytes) throw new Stop("TOO_LARGE");
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Stop("NOT_JSON", { about: ["text", text], cause });
  }
}

function copy(root: unknown, faults: Finding[]): Json | undefined {
  let values = 0;
  let characters = 0;
  const path: (string | number)[] = [];
  const pointer = () => path.reduce<string>(pointerTo, "");
  const refuse = (code: FaultCode, ...about: unknown[]) => void faults.push({ pointer: pointer(), code, about });
  const count = (text: string) => {
    characters += text.length;
    if (characters > limits.bytes) throw new Stop("TOO_LARGE");
  };

  function visit(value: unknown): Json | undefined {
    values += 1;
    if (values > limits.values) throw new Stop("TOO_MANY");
    if (typeof value === "string") {
      count(value);
      return value;
    }
    if (value === null || typeof value === "boolean") return value;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (typeof value !== "object") {
      refuse("NOT_JSON", "value", typeof value === "number" ? String(value) : typeof value);
      return undefined;
    }
    // A cycle is endless depth, so this is what ends one.
    if (path.length >= limits.depth) throw new Stop("TOO_DEEP");
    return Array.isArray(value) ? visitList(value) : visitObject(value);
  }

  function visitList(list: readonly unknown[]): Json {
    checkCount(list.length);
    // By index and not by iteration, so that a hole is seen and an iterator of its own is not run.
    return Array.from({ length: list.length }, (_, index) => {
      path.push(index);
      const item = visit(own(list, index)) ?? null;
      path.pop();
      return item;
    });
  }

  function visitObject(object: object): Json {
    const keys = Object.keys(object);
    checkCount(keys.length);
    const members: Record<string, Json> = {};
    for (const key of keys) {
      count(key);
      path.push(key);
      if (refusedKeys.includes(key)) refuse("KEY_REFUSED");
      else {
        const value = own(object, key);
        // A member that is undefined is no member, as for JSON.stringify.
        const item = value === undefined ? undefined : visit(value);
        if (item !== undefined) members[key] = item;
      }
      path.pop();
    }
    return members;
  }

  function checkCount(length: number): void {
    if (length > limits.members) throw new Stop("TOO_MANY", { pointer: pointer() });
  }

  function own(holder: object, key: string | number): unknown {
    const property = Object.getOwnPropertyDescriptor(holder, key);
    if (property === undefined || "value" in property) return property?.value;
    refuse("NOT_JSON", "getter");
    return undefined;
  }

  return visit(root);
}

// Code units of " \ , { } [ ]
const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const openObject = 0x7b;
const closeObject = 0x7d;
const openList = 0x5b;
const closeList = 0x5d;

/**
 * The members that stand twice in one object. `JSON.parse` keeps the last of them and says nothing (RFC 8259 section 4
 * leaves it open), so that two readers of one manifest could see two different scopes.
 *
 * @param text well-formed JSON, nested within the limits.
 */
function duplicateKeys(text: string): Finding[] {
  const found = new Map<string, Finding>();
  interface Level {
    readonly keys: Set<string> | null;
    readonly pointer: string;
    key: string | number;
  }
  const levels: Level[] = [];
  let level: Level | undefined;
  let atKey = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === quote) {
      const start = at;
      for (at += 1; text.charCodeAt(at) !== quote; at += 1) if (text.charCodeAt(at) === backslash) at += 1;
      if (!atKey || !level?.keys) continue;
      const raw = text.slice(start + 1, at);
      const key = raw.includes("\\") ? String(JSON.parse(`"${raw}"`)) : raw;
      if (level.keys.has(key)) {
        const pointer = pointerTo(level.pointer, key);
        found.set(pointer, { pointer, code: "DUPLICATE", about: [true] });
      }
      level.keys.add(key);
      level.key = key;
      atKey = false;
    } else if (code === openObject || code === openList) {
      const pointer = level === undefined ? "" : pointerTo(level.pointer, level.key);
      level = code === openObject ? { keys: new Set(), pointer, key: "" } : { keys: null, pointer, key: 0 };
      levels.push(level);
      atKey = code === openObject;
    } else if (code === closeObject || code === closeList) {
      levels.pop();
      level = levels.at(-1);
      atKey = false;
    } else if (code === comma && level !== undefined) {
      if (typeof level.key === "number") level.key += 1;
      atKey = level.keys !== null;
    }
  }
  return [...found.values()];
}
