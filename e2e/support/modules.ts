import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Answer } from "./sites.js";

/*
 * The packages as they are built, without a bundler: for pages of a test's own that use them as a host or a partner does.
 */
const root = fileURLToPath(new URL("../../", import.meta.url));
const find = createRequire(join(root, "packages/host/package.json"));
const findForViews = createRequire(join(root, "packages/partner/package.json"));

const folders: Readonly<Record<string, string>> = {
  host: join(root, "packages/host/dist"),
  partner: join(root, "packages/partner/dist"),
  manifest: join(root, "packages/manifest/dist"),
  rpc: join(root, "packages/postmessage-rpc/dist"),
  "oidc-client-ts": dirname(find.resolve("oidc-client-ts")).replace(/umd$/, "esm"),
  "jwt-decode": dirname(createRequire(find.resolve("oidc-client-ts")).resolve("jwt-decode")).replace(/cjs$/, "esm"),
  oauth4webapi: dirname(findForViews.resolve("oauth4webapi")),
};

const imports = {
  "@partner-panel/host": "/modules/host/index.js",
  "@partner-panel/host/sign-in": "/modules/host/sign-in.js",
  "@partner-panel/manifest": "/modules/manifest/index.js",
  "@partner-panel/partner": "/modules/partner/index.js",
  "@partner-panel/postmessage-rpc": "/modules/rpc/index.js",
  "@partner-panel/postmessage-rpc/panel": "/modules/rpc/panel.js",
  "oidc-client-ts": "/modules/oidc-client-ts/oidc-client-ts.js",
  "jwt-decode": "/modules/jwt-decode/index.js",
  oauth4webapi: "/modules/oauth4webapi/index.js",
};

/** A page whose `script` imports the packages by their names; its site has to answer with {@link moduleAt}, too. */
export const pageWith = (script: string, body = ""): string =>
  `<!doctype html><html lang="en"><meta charset="utf-8"><title>Test</title>
   <script type="importmap">${JSON.stringify({ imports })}</script>
   <body>${body}<script type="module">${script}</script>`;

/** A module of a package at its address on the test's own site. */
export function moduleAt(path: string): Answer | undefined {
  const [, folder = "", file = ""] = /^\/modules\/([\w-]+)\/([\w./-]+)$/.exec(path) ?? [];
  const at = folders[folder];
  if (at === undefined || file.includes("..") || extname(file) !== ".js") return undefined;
  return { headers: { "content-type": "text/javascript" }, body: readFileSync(join(at, file), "utf8") };
}
