/**
 * Bundles @partner-panel/host into one classic script for pages without a build step, and writes its integrity hash beside it
 * (Subresource Integrity, section 3.5): `partner-panel.js` and `partner-panel.js.integrity` in `packages/host/dist/script/`. The package ships both.
 */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { root } from "./lib/setup.mjs";

const name = "partner-panel.js";
const outDir = join(root, "packages/host/dist/script");

const result = await build({
  configFile: false,
  root,
  logLevel: "error",
  build: {
    outDir,
    emptyOutDir: false,
    copyPublicDir: false,
    target: "es2022",
    modulePreload: false,
    rolldownOptions: {
      input: join(root, "packages/host/dist/script.js"),
      preserveEntrySignatures: "strict",
      // One file, for the hash of one file is all that a tag can name.
      output: { format: "iife", name: "partnerPanel", codeSplitting: false, entryFileNames: name },
    },
  },
});
const [chunk, ...more] = "output" in result ? result.output : [];
if (chunk?.type !== "chunk" || more.length > 0) throw new Error("The bundler made more, or less, than one file");
const integrity = `sha384-${createHash("sha384").update(chunk.code).digest("base64")}`;
writeFileSync(join(outDir, `${name}.integrity`), `${integrity}\n`);
console.log(`${name}: ${gzipSync(chunk.code, { level: 9 }).length} bytes gzip, ${integrity}`);
