import type { GenericSchema } from "valibot";

/**
 * The published JSON Schema (2020-12) of the manifest's valibot schema: what editors complete and check by.
 *
 * @param members how many members an object, or items a list, may have at most.
 */
export function jsonSchemaOf(manifestSchema: GenericSchema, members: number): Record<string, unknown>;
