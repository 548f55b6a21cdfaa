import * as v from "valibot";
import type { FaultCode } from "./faults.js";
import { manifestLimits as limits } from "./limits.js";
import type { RuleName } from "./rules.js";
import type { Text } from "./text.js";

/*
 * What the schema is built of. Beside what valibot says of a value, each part says by which code it is refused and which
 * rule of rules.ts holds for it, as metadata: the checks are made from both.
 */

/** What a part of the schema says to the checks that are made from it. */
export interface Note {
  /** The fault where the pattern, the range, the least number of items or the list of members is not kept. */
  readonly code?: FaultCode;
  readonly rule?: RuleName;
}

const languagePattern = /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/;

/** A string held to a length and a pattern. */
export function word(limit: number, pattern: RegExp, code: FaultCode) {
  return v.pipe(v.string(), v.maxLength(limit), v.regex(pattern), v.metadata({ code } satisfies Note));
}

/** A string that a rule holds for. */
export function ruled(rule: RuleName) {
  return v.pipe(v.string(), v.maxLength(limits.url), v.metadata({ rule } satisfies Note));
}

/** An object whose names are data. */
export function dictionary<Key extends v.GenericSchema<string>, Value extends v.GenericSchema>(key: Key, value: Value) {
  return v.record(key, value);
}

/** An object whose unknown members are faults, each by itself, unless they begin with `x-`. */
export function members<Entries extends v.ObjectEntries>(
  entries: Entries,
  code: FaultCode = "UNKNOWN_KEY",
): v.GenericSchema<
  v.InferInput<v.ObjectSchema<Entries, undefined>>,
  v.InferOutput<v.ObjectSchema<Entries, undefined>>
> {
  return v.pipe(v.looseObject(entries), v.metadata({ code } satisfies Note));
}

/** A list without repetitions; each later copy is a fault of its own. */
export function listOf<Item extends v.GenericSchema>(item: Item, code: FaultCode = "DUPLICATE") {
  return v.pipe(v.array(item), v.metadata({ code } satisfies Note));
}

/** Words that users read. They come out with nothing hidden in them, and are measured that way. */
export function words(limit: number) {
  const one = v.pipe(v.string(), v.maxLength(limit));
  const tag = word(limits.name, languagePattern, "LANGUAGE_TAG");
  return v.union([one, v.pipe(dictionary(tag, one), v.minEntries(1))]) satisfies v.GenericSchema<Text>;
}
