import { toJsonSchema } from "@valibot/to-json-schema";

/** What the schema's own checks refuse, said in JSON Schema where it can be. */
function overrideSchema({ valibotSchema, jsonSchema }, members) {
  switch (valibotSchema.type) {
    case "loose_object":
      return { ...jsonSchema, patternProperties: { "^x-": {} }, additionalProperties: false };
    case "array":
      return { ...jsonSchema, maxItems: members, ...(jsonSchema.items.type === "string" ? { uniqueItems: true } : {}) };
    case "record":
      return { ...jsonSchema, maxProperties: members };
    default:
      return undefined;
  }
}

/**
 * The published JSON Schema (2020-12) of the manifest's valibot schema: what editors complete and check by.
 *
 * @param members how many members an object, or items a list, may have at most.
 */
export function jsonSchemaOf(manifestSchema, members) {
  const { $schema, ...schema } = toJsonSchema(manifestSchema, {
    target: "draft-2020-12",
    typeMode: "input",
    // For the checks that are made from the schema; JSON Schema knows no such words.
    ignoreActions: ["metadata"],
    overrideSchema: (context) => overrideSchema(context, members),
  });
  return { $schema, title: "Partner Panel manifest, version 1", ...schema };
}
