import {
  type Clock,
  combineContracts,
  defineContract,
  type Grant,
  implement,
  method,
  notification,
  openSession,
  type SessionOptions,
} from "@partner-panel/postmessage-rpc";
import { hostPanel, type SignInReport, viewPanel } from "@partner-panel/postmessage-rpc/panel";
import {
  createAssertionEndpoint,
  createAssertionGrant,
  createResourceGuard,
  type DpopNonces,
  dpopNonces,
  memoryReplayStore,
} from "@partner-panel/server";
import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import * as v from "valibot";
import { vi } from "vitest";
import { type OpenOptions, openPanel, type Page } from "../src/open-panel.js";
import { listen, type Running, view, viewFetch } from "./servers.js";

/** What a host provides, and what a view does. */
export const desk = defineContract({
  "ticket.get": method({
    scope: "ticket:read",
    params: v.object({ id: v.string() }),
    result: v.object({ id: v.string(), subject: v.string() }),
  }),
});
export const track = defineContract({
  "track.refresh": notification({ scope: null, params: v.object({ all: v.boolean() }) }),
});

export const theme = {
  colorScheme: "dark",
  designTokens: { "--color-text-primary": "#eee" },
  locale: "ar",
  direction: "rtl",
  timeZone: "Africa/Cairo",
  reducedMotion: true,
} as const;

type HostWords = Parameters<typeof implement<(typeof hostPanel)["members"]>>[1];

/** A host at the other end of a real port, which writes down what it hears. */
export function hostAndView({
  welcome = {},
  grant = [],
  words = {},
}: {
  welcome?: Record<string, unknown>;
  grant?: Grant;
  words?: Partial<HostWords>;
} = {}) {
  const { port1, port2 } = new MessageChannel();
  const heard: unknown[] = [];
  const signIn: SignInReport[] = [];
  const host = openSession(port1, {
    provide: [
      implement(hostPanel, {
        "panel.ready": () => void heard.push("ready"),
        "panel.size": (size) => void heard.push(size),
        "panel.fail": (failure) => void heard.push(failure),
        "panel.signIn": (report) => void signIn.push(report),
        "panel.assertion": (_params, call) => {
          throw call.fail("ASSERTION_REFUSED", { message: "not in this test" });
        },
        "panel.exchange": (_params, call) => {
          throw call.fail("TOKEN_REFUSED", { message: "not in this test" });
        },
        "panel.stepUp": (_params, call) => {
          throw call.fail("STEP_UP_REFUSED", { message: "not in this test" });
        },
        "panel.scopes.request": ({ scopes }) => ({ granted: scopes, refused: [] }),
        "panel.scopes.revoke": () => ({ granted: [], refused: [] }),
        "panel.dirty": (dirty) => void heard.push(dirty),
        "panel.activity": () => void heard.push("activity"),
        "panel.route": (route) => void heard.push(route),
        "panel.toast": (toast) => void heard.push(toast),
        "panel.key": (pressed) => void heard.push(pressed),
        "panel.display": ({ mode }) => ({ mode }),
        "panel.openLink": () => ({ opened: true }),
        "panel.confirm": () => ({ confirmed: true }),
        ...words,
      }),
      implement(desk, { "ticket.get": ({ id }) => ({ id, subject: "Printer on fire" }) }),
    ],
    use: combineContracts(track, viewPanel),
    grant,
  });
  const page: Page = {
    origin: "http://127.0.0.1:1",
    fetch,
    random: () => 0,
    openWindow: () => ({ popup: null, isSevered: false }),
    onMessage: () => () => {},
    tellWindow: () => {},
    isHidden: () => false,
    onAwake: () => () => {},
    applyTheme: () => {},
    path: () => "/view",
    focusEdge: () => {},
    watchPerson: () => () => {},
    watchHeight: () => () => {},
  };
  return {
    host,
    heard,
    signIn,
    /** The view's side; the host has to say `panel.opened` before it resolves. */
    connect: (options: Partial<OpenOptions<(typeof desk)["members"]>> = {}, some: Partial<Page> = {}) =>
      openPanel({ contract: desk, auth: false, ...options }, { ...page, ...some }, async (given: SessionOptions) =>
        Object.assign(openSession(port2, given), {
          welcome: { instanceId: "panel-1", context: { ticketId: "T-42" }, ...theme, ...welcome },
          hostOrigin: "https://desk.example",
        }),
      ),
  };
}

/** Comes back when the assertions hold: soon, but a busy machine may take its time. */
export const eventually = <T>(assertions: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(assertions, { timeout: 15_000 });

/** Time that passes when told to. */
export function manualClock(): Clock & { advance(milliseconds: number): void; timers(): number } {
  let now = 1_000;
  const timers = new Set<{ at: number; run: () => void }>();
  return {
    now: () => now,
    wall: () => 1_700_000_000_000 + now,
    after: (milliseconds, run) => {
      const timer = { at: now + milliseconds, run };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    timers: () => timers.size,
    advance(milliseconds) {
      now += milliseconds;
      for (const timer of [...timers].sort((one, other) => one.at - other.at)) {
        if (timer.at <= now && timers.delete(timer)) timer.run();
      }
    },
  };
}

async function privateJwk(kid: string): Promise<JWK & { kty: string }> {
  const { privateKey } = await generateKeyPair("ES256", { extractable: true });
  return { kty: "EC", ...(await exportJWK(privateKey)), kid, alg: "ES256" };
}

const seconds = () => Math.floor(Date.now() / 1000);

/** What a test may change while the servers run. */
export interface Knobs {
  /** Whether the host's user is signed in there. */
  signedIn: boolean;
  /** Scopes of the partner's API that the host's policy allows. */
  allowed: readonly string[];
  /** The partner's account of the host's user. */
  account: string | undefined;
  /** What the token endpoint says of it beside the token. */
  shown: object | undefined;
  /** Seconds. */
  life: number;
  /** Tokens that the API takes no more. */
  revoked: Set<string>;
  /** Whether the API takes no token at all. */
  closed: boolean;
  /** Demanded in proofs, at the token endpoint and at the API. */
  nonce: string | undefined;
  /** Changes what the token endpoint answers. */
  tamper: (answer: Record<string, unknown>) => Record<string, unknown>;
}

/** Two back ends and an issuer on real sockets, made of this house's server package, with what they saw. */
export async function backEnds() {
  const servers: Running[] = [];
  const knobs: Knobs = {
    signedIn: true,
    allowed: ["issues:read", "issues:write"],
    account: "ada.t",
    shown: undefined,
    life: 300,
    revoked: new Set(),
    closed: false,
    nonce: undefined,
    tamper: (answer) => answer,
  };
  const seen = { assertions: 0, tokens: [] as string[], api: [] as string[] };
  const hostKey = await privateJwk("desk");
  const issuerKey = await privateJwk("trackwell");
  const { d: _, ...issuerPublic } = issuerKey;
  const replay = memoryReplayStore();
  const auth = { issuer: "", client_id: "panel", resource: "", scopes: ["issues:read", "issues:write"] };

  const hostUrl = await listen(servers, (publicUrl) => {
    const endpoint = createAssertionEndpoint({
      publicUrl,
      authenticate: () => (knobs.signedIn ? { user: "ada", sid: "session-1", authTime: seconds() } : undefined),
      policy: (_session, { scope }) => scope.filter((each) => knobs.allowed.includes(each)),
      pairwise: () => "pairwise-ada",
      keys: [hostKey],
      partners: { trackwell: auth },
    });
    return (request) => endpoint.fetch(request);
  });

  const real = dpopNonces();
  const nonces: DpopNonces = {
    get required() {
      return knobs.nonce !== undefined;
    },
    issue: async () => knobs.nonce ?? real.issue(),
    judge: async (nonce) =>
      knobs.nonce === undefined ? real.judge(nonce) : nonce === knobs.nonce ? "current" : "unknown",
  };

  auth.issuer = await listen(servers, (issuer) => {
    const metadata = { issuer, token_endpoint: `${issuer}/token`, jwks_uri: `${issuer}/jwks` };
    return async (request) => {
      const { pathname } = new URL(request.url);
      if (pathname === "/.well-known/openid-configuration") return Response.json(metadata);
      const grant = createAssertionGrant<string>({
        issuer,
        publicUrl: issuer,
        clientId: auth.client_id,
        resource: auth.resource,
        origins: [view],
        hosts: [{ issuer: hostUrl, jwks: `${hostUrl}/panel/jwks.json`, scopes: auth.scopes }],
        links: { find: () => knobs.account },
        replay,
        nonces,
        issue: async ({ account, resource, scope, jkt, sid }) => {
          const claims = { sub: account, client_id: "panel", scope: scope.join(" "), cnf: { jkt }, sid };
          const jti = crypto.randomUUID();
          const token = new SignJWT({
            ...claims,
            iss: issuer,
            aud: resource,
            jti,
            iat: seconds(),
            exp: seconds() + 300,
          });
          const access_token = await token
            .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: "trackwell" })
            .sign(issuerKey);
          seen.tokens.push(access_token);
          const { shown } = knobs;
          return { access_token, expires_in: knobs.life, ...(shown ? { account: shown } : {}) };
        },
      });
      const response = await grant.fetch(request);
      if (response?.status !== 200) return response;
      return Response.json(knobs.tamper((await response.json()) as Record<string, unknown>), {
        headers: response.headers,
      });
    };
  });

  const api = await listen(servers, (publicUrl) => {
    auth.resource = `${publicUrl}/api`;
    const guard = createResourceGuard({
      publicUrl,
      issuers: [{ issuer: auth.issuer, jwks: { keys: [issuerPublic] } }],
      audience: auth.resource,
      origins: [view],
      replay,
      nonces,
      isRevoked: () => knobs.closed,
    });
    return async (request) => {
      const { pathname, search } = new URL(request.url);
      if (pathname === "/.well-known/partner-panel.json") return Response.json({ manifest_version: 1, auth });
      const text = await request.clone().text();
      seen.api.push(`${request.method} ${pathname}${search} ${text}`.trim());
      const token = request.headers.get("authorization")?.replace("DPoP ", "") ?? "";
      if (knobs.revoked.has(token)) {
        return new Response(null, { status: 401, headers: { "www-authenticate": 'DPoP error="invalid_token"' } });
      }
      const access = await guard.check(request);
      if (!access.ok) return access.response;
      return Response.json({ path: pathname + search, sub: access.claims.sub, scope: access.claims.scope, text });
    };
  });

  return {
    auth,
    api,
    knobs,
    seen,
    fetch: viewFetch,
    /** What the host page does with `panel.assertion`. */
    async assertion({ jkt, scope }: { jkt: string; scope: string }): Promise<Response> {
      seen.assertions++;
      return fetch(`${hostUrl}/panel/assertion`, {
        method: "POST",
        headers: { origin: hostUrl, "sec-fetch-site": "same-origin", "content-type": "application/json" },
        body: JSON.stringify({ jkt, scope, partner: "trackwell" }),
      });
    },
    close: () => {
      for (const server of servers) server.close();
    },
  };
}
