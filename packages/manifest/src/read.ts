import { type FaultCode, type ManifestFault, pointerTo } from "./faults.js";
import { manifestLimits as limits } from "./limits.js";

/** A value that JSON can say. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** What was read, if it can be checked further at all. */
export interface Reading {
  readonly value?: Json;
  readonly faults: readonly ManifestFault[];
}

/** Names that reach a prototype when somebody is careless with brackets; no format needs them. */
const refusedKeys = new Set(["__proto__", "constructor", "prototype"]);

/** Thrown in here and caught in here: the input is beyond a limit, and reading on would be the attack. */
class Stop extends Error {
  readonly fault: ManifestFault;
  constructor(fault: ManifestFault, options?: ErrorOptions) {
    super(fault.message, options);
    this.fault = fault;
  }
}

/**
 * Reads text or a value into plain JSON within the limits, before any schema sees it.
 *
 * A value is copied from its own data properties, and accessors are refused unread: so a getter, a cycle, a class
 * instance or a sparse array cannot reach the schema, and what was checked is what is used later.
 */
export function readJson(input: unknown): Reading {
  const faults: ManifestFault[] = [];
  try {
    const value = copy(typeof input === "string" ? parseText(input) : input, faults);
    // Only now: within the limits, and known to be well formed.
    if (typeof input === "string") faults.push(...duplicateKeys(input));
    else if (utf8Length(JSON.stringify(value)) > limits.bytes) throw new Stop(tooLarge);
    return { value, faults };
  } catch (error) {
    if (error instanceof Stop) return { faults: [...faults, error.fault] };
    return {
      faults: [{ pointer: "", code: "NOT_JSON", message: "Cannot be read: the value throws when it is looked at." }],
    };
  }
}

const tooLarge: ManifestFault = {
  pointer: "",
  code: "TOO_LARGE",
  message: `A manifest is at most ${limits.bytes / 1024} KiB (${limits.bytes} bytes) of UTF-8; shorten it.`,
};

function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

function parseText(text: string): unknown {
  // Characters first: a text of 100 MB is not encoded only to be counted.
  if (text.length > limits.bytes || utf8Length(text) > limits.bytes) throw new Stop(tooLarge);
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = text.trimStart().startsWith("<")
      ? "Is not JSON but looks like HTML; does the address lead to an error or sign-in page?"
      : `Is not JSON (RFC 8259): ${firstError(text)}.`;
    throw new Stop({ pointer: "", code: "NOT_JSON", message }, { cause });
  }
}

/** The commonest mistakes, told without the engine's own words: these differ, and quote the text. */
function firstError(text: string): string {
  if (text.trim() === "") return "it is empty";
  if (/(?:^|\s)\/[/*]/.test(text)) return "it seems to hold a comment, which JSON has not";
  if (/,\s{0,100}[}\]]/.test(text)) return "it seems to have a comma before a closing bracket";
  return "check brackets, commas and quotes";
}

function copy(root: unknown, faults: ManifestFault[]): Json {
  let values = 0;
  let characters = 0;
  const path: (string | number)[] = [];
  const pointer = () => path.reduce<string>(pointerTo, "");
  const refuse = (code: FaultCode, message: string) => void faults.push({ pointer: pointer(), code, message });
  const count = (text: string) => {
    characters += text.length;
    if (characters > limits.bytes) throw new Stop(tooLarge);
  };

  function visit(value: unknown): Json | undefined {
    values += 1;
    if (values > limits.values) {
      throw new Stop({ pointer: "", code: "TOO_MANY", message: `A manifest holds at most ${limits.values} values.` });
    }
    if (typeof value === "string") {
      count(value);
      return value;
    }
    if (value === null || typeof value === "boolean") return value;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (typeof value !== "object") {
      const what = typeof value === "number" ? String(value) : typeof value;
      refuse("NOT_JSON", `JSON cannot say this value (${what}); leave it out.`);
      return undefined;
    }
    // A cycle is endless depth, so this is what ends one.
    if (path.length >= limits.depth) {
      throw new Stop({
        pointer: "",
        code: "TOO_DEEP",
        message: `A manifest nests at most ${limits.depth} levels deep.`,
      });
    }
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
      if (refusedKeys.has(key)) refuse("KEY_REFUSED", "This name is refused everywhere; rename the member.");
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
    if (length <= limits.members) return;
    const message = `Has more than ${limits.members} members or items.`;
    throw new Stop({ pointer: pointer(), code: "TOO_MANY", message });
  }

  function own(holder: object, key: string | number): unknown {
    const property = Object.getOwnPropertyDescriptor(holder, key);
    if (property === undefined || "value" in property) return property?.value;
    refuse("NOT_JSON", "Is a getter, not a value; pass the manifest as parsed from JSON.");
    return undefined;
  }

  return visit(root) ?? null;
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
function duplicateKeys(text: string): ManifestFault[] {
  const found = new Map<string, ManifestFault>();
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
        found.set(pointer, { pointer, code: "DUPLICATE", message: "Stands more than once in its object; keep one." });
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
