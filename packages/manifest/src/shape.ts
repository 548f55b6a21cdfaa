import { type FaultCode, type Finding, pointerTo } from "./faults.js";
import type { Json } from "./read.js";
import { type Around, type RuleName, rules } from "./rules.js";
import { showUpTo } from "./text.js";

interface Common {
  /** May be left out. */
  readonly optional?: true;
  /** What is filled in where it is left out. */
  readonly default?: Json;
  readonly rule?: RuleName;
}

/** What one value has to be: the schema, as the checks need it. */
export type Shape = Common &
  (
    | { readonly kind: "string"; readonly max?: number; readonly pattern?: RegExp; readonly code?: FaultCode }
    | { readonly kind: "boolean" }
    /** A whole number. */
    | { readonly kind: "number"; readonly min: number; readonly max: number }
    | { readonly kind: "choice"; readonly of: readonly Json[] }
    /** Words that users read: one string, or one for each language. */
    | { readonly kind: "text"; readonly max: number; readonly tag: Shape }
    /** Without repetitions, but for lists of objects; `code` is for those. */
    | { readonly kind: "list"; readonly of: Shape; readonly min?: number; readonly code?: FaultCode }
    /** An object whose names are data; `code` is for one that has none. */
    | { readonly kind: "map"; readonly keys: Shape; readonly of: Shape; readonly code?: FaultCode }
    /** An object with these members, and those that begin with `x-`; `code` is for any other. */
    | { readonly kind: "object"; readonly of: Readonly<Record<string, Shape>>; readonly code: FaultCode }
  );

/**
 * Holds a value against its shape and gives it with defaults, and words with nothing hidden in them. What is not as it should
 * be is told to `tell`, all of it; then the value given back is no good.
 *
 * @param value within the limits of {@link readJson}: this recurses as deep as the shape does.
 */
export function checkShape(
  shape: Shape,
  value: Json,
  pointer: string,
  around: Around,
  tell: (finding: Finding) => void,
): Json {
  const refuse = (code: FaultCode, ...about: unknown[]) => tell({ pointer, code, about });
  const check = (inner: Shape, each: Json, key: string | number) =>
    checkShape(inner, each, pointerTo(pointer, key), around, tell);
  const wrong = () => {
    refuse("TYPE", shape.kind, value);
    return value;
  };

  switch (shape.kind) {
    case "string":
      if (typeof value !== "string") return wrong();
      // No pattern and no rule looks at more than it has to.
      if (shape.max !== undefined && value.length > shape.max) {
        refuse("TOO_LONG", shape.max);
        return value;
      }
      if (shape.pattern?.test(value) === false && shape.code !== undefined) {
        // What has a wildcard's form is not misspelt, it is refused.
        refuse(shape.code === "SCOPE_INVALID" && value.includes("*") ? "SCOPE_WILDCARD" : shape.code);
      }
      break;
    case "boolean":
      if (typeof value !== "boolean") return wrong();
      break;
    case "number":
      if (typeof value !== "number") return wrong();
      if (!Number.isInteger(value) || value < shape.min || value > shape.max) {
        refuse("NUMBER_INVALID", shape.min, shape.max);
      }
      break;
    case "choice":
      if (!shape.of.includes(value)) refuse("VALUE", shape.of, value);
      break;
    case "text": {
      if (typeof value === "string") {
        if (value.trim() === "") refuse("TEXT_EMPTY");
        const shown = showUpTo(value, shape.max);
        if (shown.length > shape.max) refuse("TEXT_TOO_LONG", shape.max);
        return shown;
      }
      if (!isObject(value)) return wrong();
      if (Object.keys(value).length === 0) refuse("TEXT_EMPTY", true);
      return mapObject(value, (each, language) => {
        check(shape.tag, language, language);
        if (typeof each === "string") return check(shape, each, language);
        tell({ pointer: pointerTo(pointer, language), code: "TYPE", about: ["string", each] });
        return each;
      });
    }
    case "list":
      if (!Array.isArray(value)) return wrong();
      if (value.length < (shape.min ?? 0)) refuse("VALUE");
      return value.map((each: Json, index) => {
        if (shape.code !== undefined && value.indexOf(each) < index) {
          tell({ pointer: pointerTo(pointer, index), code: shape.code });
        }
        return check(shape.of, each, index);
      });
    case "map":
      if (!isObject(value)) return wrong();
      if (shape.code !== undefined && Object.keys(value).length === 0) refuse(shape.code);
      return mapObject(value, (each, key) => {
        check(shape.keys, key, key);
        return check(shape.of, each, key);
      });
    case "object": {
      if (!isObject(value)) return wrong();
      const known = shape.of;
      const members = mapObject(value, (each, key) => {
        const inner = Object.hasOwn(known, key) ? known[key] : undefined;
        if (inner !== undefined) return check(inner, each, key);
        if (!key.startsWith("x-")) {
          tell({ pointer: pointerTo(pointer, key), code: shape.code, about: [Object.keys(known)] });
        }
        return each;
      });
      for (const [key, inner] of Object.entries(known)) {
        if (Object.hasOwn(value, key)) continue;
        if (inner.default !== undefined) members[key] = structuredClone(inner.default);
        else if (inner.optional !== true) tell({ pointer: pointerTo(pointer, key), code: "MISSING" });
      }
      return members;
    }
  }
  const broken = shape.rule === undefined ? undefined : rules[shape.rule](value, around);
  if (broken !== undefined) tell({ pointer, ...broken });
  return value;
}

function mapObject(object: { readonly [key: string]: Json }, each: (value: Json, key: string) => Json) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, each(value, key)]));
}

export function isObject(value: Json | undefined): value is { readonly [key: string]: Json } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
