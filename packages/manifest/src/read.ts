import { type ManifestFault, pointerTo } from "./faults.js";
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

  function visit(value: unknown, pointer: string, depth: number): Json | undefined {
    values += 1;
    if (values > limits.values) {
      throw new Stop({ pointer: "", code: "TOO_MANY", message: `A manifest holds at most ${limits.values} values.` });
    }
    if (typeof value === "string") {
      characters += value.length;
      if (characters > limits.bytes) throw new Stop(tooLarge);
      return value;
    }
    if (value === null || typeof value === "boolean") return value;
    if (typeof value === "number" && Number.isFinite(value)) return value;
    if (typeof value !== "object") {
      const what = typeof value === "number" ? String(value) : typeof value;
      faults.push({ pointer, code: "NOT_JSON", message: `JSON cannot say this value (${what}); leave it out.` });
      return undefined;
    }
    // A cycle is endless depth, so this is what ends one.
    if (depth >= limits.depth) {
      throw new Stop({
        pointer: "",
        code: "TOO_DEEP",
        message: `A manifest nests at most ${limits.depth} levels deep.`,
      });
    }
    const list = Array.isArray(value);
    const keys = list ? indexes(value.length, pointer) : Object.keys(value);
    if (keys.length > limits.members) throw tooMany(pointer);
    const items: Json[] = [];
    const members: Record<string, Json> = {};
    for (const key of keys) {
      const here = pointerTo(pointer, key);
      if (!list) {
        characters += key.length;
        if (characters > limits.bytes) throw new Stop(tooLarge);
        if (refusedKeys.has(key)) {
          faults.push({
            pointer: here,
            code: "KEY_REFUSED",
            message: "This name is refused everywhere; rename the member.",
          });
          continue;
        }
      }
      const property = Object.getOwnPropertyDescriptor(value, key);
      if (property !== undefined && !("value" in property)) {
        faults.push({
          pointer: here,
          code: "NOT_JSON",
          message: "Is a getter, not a value; pass the manifest as parsed from JSON.",
        });
        continue;
      }
      // In an object a member that is undefined is no member, as for JSON.stringify.
      if (!list && property?.value === undefined) continue;
      const item = visit(property?.value, here, depth + 1);
      if (list) items.push(item ?? null);
      else if (item !== undefined) members[key] = item;
    }
    return list ? items : members;
  }

  return visit(root, "", 0) ?? null;
}

function tooMany(pointer: string): Stop {
  return new Stop({ pointer, code: "TOO_MANY", message: `Has more than ${limits.members} members or items.` });
}

function indexes(length: number, pointer: string): string[] {
  if (length > limits.members) throw tooMany(pointer);
  return Array.from({ length }, (_, index) => String(index));
}

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
    const character = text[at];
    if (character === '"') {
      const start = at;
      for (at += 1; text[at] !== '"'; at += 1) if (text[at] === "\\") at += 1;
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
    } else if (character === "{" || character === "[") {
      const pointer = level === undefined ? "" : pointerTo(level.pointer, level.key);
      level = character === "{" ? { keys: new Set(), pointer, key: "" } : { keys: null, pointer, key: 0 };
      levels.push(level);
      atKey = character === "{";
    } else if (character === "}" || character === "]") {
      levels.pop();
      level = levels.at(-1);
      atKey = false;
    } else if (character === "," && level !== undefined) {
      if (typeof level.key === "number") level.key += 1;
      atKey = level.keys !== null;
    }
  }
  return [...found.values()];
}
