// Writes src/v1.json, which the build copies to dist. A test fails as long as the two are not the same.
import { writeFile } from "node:fs/promises";
import { manifestLimits } from "../dist/limits.js";
import { manifestSchema } from "../dist/schema.js";
import { jsonSchemaOf } from "./json-schema.mjs";

const file = new URL("../src/v1.json", import.meta.url);
await writeFile(file, `${JSON.stringify(jsonSchemaOf(manifestSchema, manifestLimits.members), null, 2)}\n`);
