// Writes what is made from the schema: src/v1.json, which the build copies to dist, and src/shape-table.ts, the checks. Tests
// fail as long as either is not what the schema yields.
import { writeFile } from "node:fs/promises";
import { manifestLimits } from "../dist/limits.js";
import { manifestSchema } from "../dist/schema.js";
import { jsonSchemaOf } from "./json-schema.mjs";
import { shapeOf, shapeSource } from "./shape.mjs";

const at = (path) => new URL(path, import.meta.url);
const published = JSON.stringify(jsonSchemaOf(manifestSchema, manifestLimits.members), null, 2);
await writeFile(at("../src/v1.json"), `${published}\n`);
await writeFile(at("../src/shape-table.ts"), shapeSource(shapeOf(manifestSchema)));
