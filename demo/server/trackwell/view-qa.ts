import { setTimeout as rest } from "node:timers/promises";
import type { MiddlewareHandler } from "hono";

/** Milliseconds that a page takes that is slow, and one that is longer than any host waits. */
const [slow, endless] = [4_000, 60_000];

/**
 * For QA: what the server of a partner can do wrong with a view's page, by the page's query: `/embed/issue?qa=slow`. What the view's
 * script does wrong is the script's own: demo/web/trackwell/embed/qa.ts.
 *
 * @param elsewhere the page of another site.
 */
export const misbehave =
  (elsewhere: string): MiddlewareHandler =>
  async (context, next) => {
    const how = context.req.query("qa");
    // What a view does when Trackwell was taken over. The frame ends at another site than the manifest's.
    if (how === "redirect-to-mallory" || context.req.path === "/embed/redirect-to-mallory") {
      return context.redirect(elsewhere);
    }
    // Until then, or until nobody waits for the answer any more.
    const pause = how === "slow" ? slow : how === "never-loads" ? endless : 0;
    if (pause > 0) await rest(pause, undefined, { signal: context.req.raw.signal }).catch(() => {});
    await next();
    if (how === "no-framing") context.header("X-Frame-Options", "DENY");
    return undefined;
  };

/** The same policy, with nobody who may frame the page. */
export const forbidFraming = (policy: string): string =>
  policy.replace(/frame-ancestors [^;]*/, "frame-ancestors 'none'");
