/**
 * A schema of valibot's as a shape: what the checks need of it, without its library.
 *
 * @param {any} schema
 * @returns {any} a Shape of src/shape.ts
 */
export function shapeOf(schema) {
  if (schema.type === "exact_optional" || schema.type === "optional") {
    const given = schema.default === undefined ? { optional: true } : { default: schema.default };
    return { ...shapeOf(schema.wrapped), ...given };
  }
  const actions = actionsOf(schema);
  const requirement = (type) => actions.find((action) => action.type === type)?.requirement;
  const notes = Object.assign({}, ...actions.filter(({ type }) => type === "metadata").map(({ metadata }) => metadata));
  const shape = () => {
    switch (schema.type) {
      case "string":
        return { kind: "string", max: requirement("max_length"), pattern: requirement("regex") };
      case "boolean":
        return { kind: "boolean" };
      case "number":
        if (requirement("integer") === undefined) throw new Error("Only whole numbers are known");
        return { kind: "number", min: requirement("min_value"), max: requirement("max_value") };
      case "literal":
        return { kind: "choice", of: [schema.literal] };
      case "picklist":
        return { kind: "choice", of: schema.options };
      case "array":
        return { kind: "list", of: shapeOf(schema.item), min: requirement("min_length") };
      case "record":
        return { kind: "map", keys: shapeOf(schema.key), of: shapeOf(schema.value) };
      case "loose_object":
        return { kind: "object", of: mapValues(schema.entries, shapeOf) };
      case "union": {
        // The one union there is: words, or words by language.
        const [one, many] = schema.options;
        return { kind: "text", max: shapeOf(one).max, tag: shapeOf(many.key) };
      }
      default:
        throw new Error(`The checks know no ${schema.type}`);
    }
  };
  return Object.fromEntries(Object.entries({ ...shape(), ...notes }).filter(([, value]) => value !== undefined));
}

/** All that a schema is piped through; a pipe of a pipe has its own inside. */
function actionsOf(schema) {
  return (schema.pipe ?? []).flatMap((each, index) => (index === 0 ? actionsOf(each) : [each]));
}

function mapValues(object, of) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, of(value)]));
}

/** A shape as the source of a module. */
export function shapeSource(shape) {
  const write = (value) => {
    if (value instanceof RegExp) return String(value);
    if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
    if (typeof value !== "object") return JSON.stringify(value);
    return `{${Object.entries(value)
      .map(([key, each]) => `${JSON.stringify(key)}:${write(each)}`)
      .join(",")}}`;
  };
  return `import type { Shape } from "./shape.js";

/** The schema as the checks need it. Written by \`npm run schema\` from schema.ts. */
export const table: Shape = ${write(shape)};
`;
}
