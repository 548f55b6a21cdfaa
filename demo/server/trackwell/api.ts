import {
  type AccessNeeds,
  type AccessTokenClaims,
  createResourceGuard,
  type ReplayStore,
  type ResourceGuard,
} from "@partner-panel/server";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import * as v from "valibot";
import { type Addresses, apiOf } from "../../addresses.js";
import { readBody, refuse } from "../answers.js";
import { localFetch } from "../local-fetch.js";
import { accountOf, accounts, type TrackwellAccount, trackwellScopes } from "./accounts.js";
import { Comment, type Issue, IssueChange, type Issues } from "./issues.js";

type Env = { Variables: { account: TrackwellAccount; scopes: readonly string[] } };

/** How recent a sign-in has to be to close an issue, in seconds (`auth_time`; RFC 9470). */
const closingSignInAge = 5 * 60;

/** Whose token it is: an account of Trackwell's own provider, or the same person at the provider that Trackwell shares with Desk. */
export function accountOfToken({ iss, sub }: { iss: string; sub: string }, addresses: Addresses) {
  return iss === addresses.deskId ? accounts.find(({ agent }) => agent === sub) : accountOf(sub);
}

/**
 * The door of Trackwell's API: tokens of Trackwell's own provider, or of Desk's where the two share that one; each bound to a key, from pages of
 * Trackwell's origin, and of no session that has ended.
 */
export const createTrackwellGuard = (
  addresses: Addresses,
  replay: ReplayStore,
  isEnded: (claims: AccessTokenClaims) => Promise<boolean>,
): ResourceGuard =>
  createResourceGuard({
    publicUrl: addresses.trackwell,
    issuers: [addresses.trackwellId, addresses.deskId].map((issuer) => ({ issuer, jwks: `${issuer}/jwks` })),
    audience: apiOf(addresses.trackwell),
    origins: [addresses.trackwell],
    scopes: trackwellScopes,
    replay,
    isRevoked: async (claims) => accountOfToken(claims, addresses) === undefined || (await isEnded(claims)),
    fetch: localFetch,
  });

/** Trackwell's API. The full page and the view in a panel use the same one, with tokens got in different ways. */
export function trackwellApi(addresses: Addresses, issues: Issues, guard: ResourceGuard): Hono<Env> {
  const api = new Hono<Env>();

  const needs =
    (
      scope: (typeof trackwellScopes)[number],
      more: (request: Request) => Promise<AccessNeeds> = async () => ({}),
    ): MiddlewareHandler<Env> =>
    async (context, next) => {
      const access = await guard.check(context.req.raw, { scope, ...(await more(context.req.raw.clone())) });
      if (!access.ok) return access.response;
      const account = accountOfToken(access.claims, addresses);
      if (!account) throw new Error("The guard let somebody in who has no account");
      context.set("account", account);
      context.set("scopes", access.claims.scope.split(" "));
      await next();
      for (const [name, value] of Object.entries(access.headers)) context.header(name, value);
      context.header("Cache-Control", "no-store");
      return undefined;
    };

  api.get("/me", needs("issues:read"), (context) => {
    const { id, name, email } = context.var.account;
    return context.json({ id, name, email, scopes: context.var.scopes });
  });

  api.get("/issues", needs("issues:read"), async (context) => context.json(await issues.list()));

  api.get("/issues/:id", needs("issues:read"), async (context) =>
    answer(context, await issues.get(context.req.param("id"))),
  );

  /** Closing an issue is for whoever sits there now: with a sign-in of this morning it is refused until there is another. */
  const whoeverCloses = async (request: Request): Promise<AccessNeeds> => {
    const closes = v.is(v.object({ status: v.literal("done") }), await request.json().catch(() => undefined));
    return closes ? { maxAge: closingSignInAge } : {};
  };
  api.patch("/issues/:id", needs("issues:write", whoeverCloses), async (context) => {
    const change = await readBody(context, IssueChange);
    if (!change) return refuse(context, 400, "INVALID", "Only the status can be changed");
    return answer(context, await issues.update(context.req.param("id"), change));
  });

  api.post("/issues/:id/comments", needs("issues:write"), async (context) => {
    const comment = await readBody(context, Comment);
    if (!comment) return refuse(context, 400, "INVALID", "A comment has 1 to 10,000 characters");
    return answer(context, await issues.comment(context.req.param("id"), context.var.account.id, comment.text));
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
