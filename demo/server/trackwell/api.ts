import {
  type AccessTokenClaims,
  createResourceGuard,
  memoryReplayStore,
  type ResourceGuard,
} from "@partner-panel/server";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { type Addresses, apiOf } from "../../addresses.js";
import { readBody, refuse } from "../answers.js";
import { localFetch } from "../local-fetch.js";
import { accountOf, trackwellScopes } from "./accounts.js";
import { Comment, type Issue, IssueChange, type Issues } from "./issues.js";

type Env = { Variables: { claims: AccessTokenClaims } };

/** The door of Trackwell's API: tokens of Trackwell's own provider, each bound to a key, and pages of Trackwell's origin. */
export const createTrackwellGuard = (addresses: Addresses): ResourceGuard =>
  createResourceGuard({
    publicUrl: addresses.trackwell,
    issuers: [{ issuer: addresses.trackwellId, jwks: `${addresses.trackwellId}/jwks` }],
    audience: apiOf(addresses.trackwell),
    origins: [addresses.trackwell],
    scopes: trackwellScopes,
    replay: memoryReplayStore(),
    isRevoked: ({ sub }) => accountOf(sub) === undefined,
    fetch: localFetch,
  });

/** Trackwell's API. The full page and the view in a panel use the same one, with tokens got in different ways. */
export function trackwellApi(issues: Issues, guard: ResourceGuard): Hono<Env> {
  const api = new Hono<Env>();

  const needs =
    (scope: (typeof trackwellScopes)[number]): MiddlewareHandler<Env> =>
    async (context, next) => {
      const access = await guard.check(context.req.raw, { scope });
      if (!access.ok) return access.response;
      context.set("claims", access.claims);
      await next();
      for (const [name, value] of Object.entries(access.headers)) context.header(name, value);
      context.header("Cache-Control", "no-store");
      return undefined;
    };

  api.get("/me", needs("issues:read"), (context) => {
    const { sub, scope } = context.var.claims;
    const { name, email } = accountOf(sub) ?? {};
    return context.json({ id: sub, name, email, scopes: scope.split(" ") });
  });

  api.get("/issues", needs("issues:read"), async (context) => context.json(await issues.list()));

  api.get("/issues/:id", needs("issues:read"), async (context) =>
    answer(context, await issues.get(context.req.param("id"))),
  );

  api.patch("/issues/:id", needs("issues:write"), async (context) => {
    const change = await readBody(context, IssueChange);
    if (!change) return refuse(context, 400, "INVALID", "Only the status can be changed");
    return answer(context, await issues.update(context.req.param("id"), change));
  });

  api.post("/issues/:id/comments", needs("issues:write"), async (context) => {
    const comment = await readBody(context, Comment);
    if (!comment) return refuse(context, 400, "INVALID", "A comment has 1 to 10,000 characters");
    return answer(context, await issues.comment(context.req.param("id"), context.var.claims.sub, comment.text));
  });

  // The demo's own button: whoever looks at the demo may press it.
  api.post("/reset", needs("issues:read"), async (context) => {
    await issues.reset();
    return context.body(null, 204);
  });

  return api;
}

function answer(context: Context, issue: Issue | undefined): Response {
  return issue ? context.json(issue) : refuse(context, 404, "NOT_FOUND", "There is no such issue");
}
