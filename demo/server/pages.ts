import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { serveStatic } from "@hono/node-server/serve-static";
import type { Context, Hono, MiddlewareHandler } from "hono";

/** Where Vite puts the pages; the compiled servers are beside it. */
export const builtPages = fileURLToPath(new URL("../web", import.meta.url));

/** What the pages of a site may reach beyond the site itself; everything else is refused by the browser. */
export interface PageReach {
  /** Origins for `fetch`. */
  readonly connect?: readonly string[];
  /** Origins shown in frames. */
  readonly frame?: readonly string[];
  /** Origins of pictures. */
  readonly image?: readonly string[];
  /** Origins that may frame this site's pages; none if left out. */
  readonly ancestors?: readonly string[];
}

/** The Content-Security-Policy of a page: nothing but its own files and what it must reach. */
export function pagePolicy(reach: PageReach): string {
  const sources = (first: string, more: readonly string[] = []) => [first, ...more].join(" ");
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "font-src 'self'",
    sources("img-src 'self' data:", reach.image),
    sources("connect-src 'self'", reach.connect),
    reach.frame?.length ? sources("frame-src", reach.frame) : "frame-src 'none'",
    reach.ancestors?.length ? sources("frame-ancestors", reach.ancestors) : "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    trustedTypes,
  ].join("; ");
}

/** No HTML made of strings, but by Lit from its own templates. */
export const trustedTypes = "require-trusted-types-for 'script'; trusted-types lit-html";

/** Sets header lines, as `headersFor` writes them, on an answer. */
export function setHeaderLines(context: Context, lines: readonly string[]): void {
  for (const line of lines) {
    const colon = line.indexOf(":");
    context.header(line.slice(0, colon), line.slice(colon + 1).trim());
  }
}

/** Headers that each answer of a site has, whatever it is. */
export const plainHeaders: MiddlewareHandler = async (context, next) => {
  await next();
  context.header("X-Content-Type-Options", "nosniff");
  context.header("Referrer-Policy", "strict-origin");
};

/** Serves the hashed files that the sites' pages share, and the pages in `folder`; `before` may set a page's headers. */
export function servePages(
  app: Hono,
  webDir: string,
  folder: string,
  before: (context: Context, path: string) => void,
): void {
  app.use(
    "/assets/*",
    serveStatic({
      root: webDir,
      onFound: (_path, context) => context.header("Cache-Control", "public, max-age=31536000, immutable"),
    }),
  );
  app.get("*", async (context, next) => {
    before(context, context.req.path);
    context.header("Cache-Control", "no-cache");
    const root = join(webDir, folder);
    // /embed/issue is the page embed/issue.html or embed/issue/index.html; a route within a page is its index.html.
    for (const path of candidates(context.req.path)) {
      const answer = await serveStatic({ root, path })(context, async () => {});
      if (answer) return answer;
    }
    return next();
  });
  app.notFound((context) => {
    if (!context.req.header("accept")?.includes("text/html")) {
      return context.json({ code: "NOT_FOUND", message: "There is nothing here" }, 404);
    }
    return existsSync(join(webDir, folder, "index.html"))
      ? context.text("There is nothing here", 404)
      : context.text("The demo's pages are not built yet: npm run build", 503);
  });
  app.onError((error, context) => {
    console.error(error);
    return context.json({ code: "INTERNAL_ERROR", message: "The server failed; its console says how" }, 500);
  });
}

function candidates(path: string): string[] {
  const segments = path.split("/").filter((segment) => /^[\w-]+(\.[\w-]+)*$/.test(segment));
  const page = segments.join("/");
  const last = segments.at(-1) ?? "";
  if (last.includes(".")) return [page];
  const own = page === "" ? [] : [`${page}.html`, `${page}/index.html`];
  // A view that is not there is a 404, and not the full page in somebody's frame.
  return segments[0] === "embed" ? own : [...own, "index.html"];
}
