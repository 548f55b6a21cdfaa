import * as v from "valibot";
import { manifestLimits as limits } from "./limits.js";
import { type Text, visibleText } from "./text.js";
import type { UrlCheck } from "./url.js";

/*
 * What the schema is built of. A message is "CODE: sentence"; parse.ts takes it apart. Every pattern is linear in its
 * input.
 */

const languagePattern = /^[A-Za-z]{2,8}(?:-[A-Za-z0-9]{1,8})*$/;

/** A string held to a length and a pattern. */
export function word(limit: number, pattern: RegExp, message: string) {
  return v.pipe(
    v.string(),
    v.maxLength(limit, `TOO_LONG: Must be at most ${limit} characters.`),
    v.regex(pattern, message),
  );
}

/** valibot takes a list for an object too, and gives it out as one: `[]` would pass for `{}`. */
function notList<Schema extends v.GenericSchema>(schema: Schema): Schema {
  return {
    ...schema,
    "~run": (dataset: v.UnknownDataset, config: v.Config<v.BaseIssue<unknown>>) => {
      if (!Array.isArray(dataset.value)) return schema["~run"](dataset, config);
      v._addIssue(schema, "type", dataset, config);
      return dataset;
    },
  };
}

/** An object whose names are data. */
export function dictionary<Key extends v.GenericSchema<string>, Value extends v.GenericSchema>(key: Key, value: Value) {
  return notList(v.record(key, value));
}

/** An object whose unknown members are faults, each by itself, unless they begin with `x-`. */
export function members<Entries extends v.ObjectEntries>(
  entries: Entries,
  unknown: (name: string) => string = () =>
    `UNKNOWN_KEY: Is not a member of the format; known here: ${Object.keys(entries).join(", ")}. Members of your own begin with "x-".`,
): v.GenericSchema<
  v.InferInput<v.ObjectSchema<Entries, undefined>>,
  v.InferOutput<v.ObjectSchema<Entries, undefined>>
> {
  return v.pipe(
    notList(v.looseObject(entries)),
    v.rawCheck(({ dataset, addIssue }) => {
      const value: unknown = dataset.value;
      if (typeof value !== "object" || value === null || Array.isArray(value)) return;
      for (const key of Object.keys(value)) {
        if (Object.hasOwn(entries, key) || key.startsWith("x-")) continue;
        addIssue({ message: unknown(key), path: [pathItem(value, key)] });
      }
    }),
  );
}

function pathItem(input: object, key: string | number): v.IssuePathItem {
  return { type: "unknown", origin: "value", input, key, value: Reflect.get(input, key) };
}

/** A list without repetitions; each later copy is a fault of its own. */
export function listOf<Item extends v.GenericSchema>(
  item: Item,
  duplicate = "DUPLICATE: Stands here twice; keep one.",
) {
  return v.pipe(
    v.array(item),
    v.rawCheck(({ dataset, addIssue }) => {
      const list: unknown = dataset.value;
      if (!Array.isArray(list)) return;
      const seen = new Set<unknown>();
      for (const [index, entry] of list.entries()) {
        if (seen.has(entry)) addIssue({ message: duplicate, path: [pathItem(list, index)] });
        seen.add(entry);
      }
    }),
  );
}

export function address(check: (text: string) => UrlCheck) {
  return v.pipe(
    v.string(),
    v.rawCheck(({ dataset, addIssue }) => {
      if (!dataset.typed) return;
      if (dataset.value.length > limits.url) {
        addIssue({ message: `TOO_LONG: Must be at most ${limits.url} characters.` });
        return;
      }
      const { fault } = check(dataset.value);
      if (fault !== undefined) addIssue({ message: `${fault.code}: ${fault.message}` });
    }),
  );
}

/** Words that users read. They come out with nothing hidden in them, and are measured that way. */
export function words(limit: number) {
  const one = v.pipe(
    v.string(),
    v.check((text) => text.trim() !== "", "TEXT_EMPTY: Must hold something to read."),
    v.maxLength(limit, `TEXT_TOO_LONG: Must be at most ${limit} characters.`),
    v.check(
      (text) => text.length > limit || visibleText(text).length <= limit,
      `TEXT_TOO_LONG: Must be at most ${limit} characters, and hidden ones count as they are shown ([U+200B] is 8).`,
    ),
    v.transform((text) => visibleText(text)),
  );
  const tag = word(limits.name, languagePattern, 'LANGUAGE_TAG: Must be a BCP 47 language tag, as "en" or "pt-BR".');
  return v.union([
    one,
    v.pipe(dictionary(tag, one), v.minEntries(1, "TEXT_EMPTY: Must hold at least one language.")),
  ]) satisfies v.GenericSchema<Text>;
}

/** A scope in a wildcard's form gets a sentence of its own: it is not misspelt, it is refused. */
export function scope(limit: number, pattern: RegExp, message: string) {
  return v.pipe(
    v.string(),
    v.maxLength(limit, `TOO_LONG: A scope is at most ${limit} characters.`),
    v.regex(pattern, ({ input }) =>
      input.includes("*")
        ? "SCOPE_WILDCARD: Wildcards are refused; name each scope in full."
        : `SCOPE_INVALID: ${message}`,
    ),
  );
}
