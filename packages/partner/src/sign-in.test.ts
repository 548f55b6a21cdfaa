import { inspect } from "node:util";
import { decodeJwt } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { skewClock } from "../test/servers.js";
import { backEnds, eventually, hostAndView, manualClock } from "../test/support.js";
import type { OpenOptions } from "./open-panel.js";

vi.setConfig({ testTimeout: 30_000 });

interface Setting {
  /** Null: what the manifest says. */
  auth?: OpenOptions<never>["auth"] | null;
  hidden?: boolean;
  random?: () => number;
}

/** The whole way: bridge, assertion endpoint, issuer and API are the real ones, on sockets. */
describe("signing in", () => {
  let ends: Awaited<ReturnType<typeof backEnds>>;
  const open: { close(): void }[] = [];

  beforeEach(async () => {
    ends = await backEnds();
  });
  afterEach(() => {
    vi.restoreAllMocks();
    for (const each of open.splice(0)) each.close();
    ends.close();
  });

  async function connected({ auth = ends.auth, hidden = false, random = () => 0 }: Setting = {}) {
    const clock = manualClock();
    const page = { hidden, awake: () => {} };
    const audit: unknown[] = [];
    let answers = 0;
    const pair = hostAndView({
      words: {
        "panel.assertion": async (params, call) => {
          const response = await ends.assertion(params);
          answers++;
          if (response.ok) return (await response.json()) as { assertion: string };
          if (response.status === 401) throw call.fail("SIGN_IN_REQUIRED", { message: "Nobody is signed in." });
          throw call.fail("ASSERTION_REFUSED", { message: "The policy says no." });
        },
      },
    });
    open.push(pair.host);
    const connecting = pair.connect(
      { auth: auth ?? undefined, clock, onAudit: (event) => audit.push(event) },
      {
        fetch: ends.fetch,
        origin: ends.api,
        random,
        isHidden: () => page.hidden,
        onAwake: (listener) => {
          page.awake = listener;
          return () => {
            page.awake = () => {};
          };
        },
      },
    );
    pair.host.remote.panel.opened({});
    const panel = await connecting;
    return {
      ...pair,
      clock,
      audit,
      panel,
      page,
      /** The view has had the host's answers to so many questions for an assertion. */
      answered: async (count: number) => {
        await eventually(() => expect(answers).toBe(count));
        await pair.host.ping();
      },
      get: async (path = "/issues/42") => (await panel.fetch(path)).json() as Promise<Record<string, unknown>>,
      states: () => pair.signIn.map(({ state }) => state),
      signedIn: () => eventually(() => expect(pair.signIn.at(-1)).toEqual({ state: "done" })),
      failed: (code: string) => eventually(() => expect(pair.signIn.at(-1)).toMatchObject({ state: "failed", code })),
    };
  }

  it("happens without a line of code, as the manifest of the view's own origin says", async () => {
    const { get, signedIn, states } = await connected({ auth: null });
    await signedIn();
    expect(states()).toEqual(["started", "done"]);
    expect(await get()).toMatchObject({ path: "/api/issues/42", sub: "ada.t", scope: "issues:read issues:write" });
    expect(ends.seen.assertions).toBe(1);
  });

  it("makes a key that cannot be extracted, a new one for each document", async () => {
    const generate = vi.spyOn(crypto.subtle, "generateKey");
    for (const { get } of [await connected(), await connected()]) await get();
    const made = generate.mock.calls.map(([algorithm, extractable]) => ({ ...(algorithm as object), extractable }));
    expect(made).toEqual(Array(2).fill({ name: "ECDSA", namedCurve: "P-256", extractable: false }));
    const bound = ends.seen.tokens.map((token) => (decodeJwt(token)["cnf"] as { jkt: string }).jkt);
    expect(new Set(bound).size).toBe(2);
  });

  it("lets ready through once it is done, not before", async () => {
    ends.knobs.signedIn = false;
    const { get, panel, heard, host, failed, signedIn } = await connected();
    panel.ready();
    await failed("SIGN_IN_REQUIRED");
    await host.ping();
    expect(heard).toEqual([]);
    ends.knobs.signedIn = true;
    await get();
    await signedIn();
    await eventually(() => expect(heard).toEqual(["ready"]));
  });

  it.each([
    ["the view wants none", false],
    ["its manifest has none", null],
  ] as const)("does not happen where %s", async (_, auth) => {
    if (auth === null) Object.assign(ends.auth, { toJSON: () => undefined });
    const { panel, heard, states } = await connected({ auth });
    panel.ready();
    await eventually(() => expect(heard).toEqual(["ready"]));
    await expect(panel.fetch("/issues/42")).rejects.toMatchObject({ code: "CONFIG_REFUSED" });
    expect(states()).toEqual([]);
  });

  it("has the scopes that the host's policy left", async () => {
    ends.knobs.allowed = ["issues:read"];
    expect(await (await connected()).get()).toMatchObject({ scope: "issues:read" });
  });

  it("asks once for twenty who wait, at first and when the token has expired", async () => {
    // Hidden, so that nothing but use renews.
    const { get, clock, states } = await connected({ hidden: true });
    await Promise.all(Array.from({ length: 20 }, () => get()));
    expect(ends.seen.assertions).toBe(1);
    clock.advance(300_001);
    await Promise.all(Array.from({ length: 20 }, () => get()));
    expect(ends.seen.assertions).toBe(2);
    expect(states()).toEqual(["started", "done"]);
  });

  it("renews at three quarters of the token's life", async () => {
    const { get, clock, signedIn } = await connected();
    await signedIn();
    clock.advance(224_000);
    await get();
    expect(ends.seen.tokens).toHaveLength(1);
    clock.advance(1_000);
    await eventually(() => expect(ends.seen.tokens).toHaveLength(2));
  });

  it("uses a token past its renewal point while the next is on its way, and renews none that nobody sees", async () => {
    const { get, clock, signedIn } = await connected({ hidden: true });
    await signedIn();
    clock.advance(230_000);
    await get();
    await eventually(() => expect(ends.seen.tokens).toHaveLength(2));
    expect(ends.seen.assertions).toBe(2);
  });

  it("goes on with a token that is still good when renewal fails, and tells when it is not", async () => {
    const { get, clock, signedIn, answered, states, failed } = await connected();
    await signedIn();
    ends.knobs.signedIn = false;
    clock.advance(225_000);
    await answered(2);
    expect(await get()).toMatchObject({ sub: "ada.t" });
    clock.advance(5_000);
    await answered(3);
    expect(states()).toEqual(["started", "done"]);
    clock.advance(100_000);
    await expect(get()).rejects.toMatchObject({ code: "SIGN_IN_REQUIRED", remote: true });
    await failed("SIGN_IN_REQUIRED");
    ends.knobs.signedIn = true;
    expect(await get()).toMatchObject({ sub: "ada.t" });
    await eventually(() => expect(states()).toEqual(["started", "done", "failed", "started", "done"]));
  });

  it("renews once for all whose token the API refuses, and sends what was to be sent again", async () => {
    const { panel, signedIn } = await connected();
    await signedIn();
    ends.knobs.revoked.add(ends.seen.tokens[0] ?? "");
    const post = { method: "POST", body: JSON.stringify({ text: "done" }) };
    const responses = await Promise.all(Array.from({ length: 20 }, () => panel.fetch("/issues/42/comments", post)));
    expect(new Set(responses.map(({ status }) => status))).toEqual(new Set([200]));
    expect(ends.seen.assertions).toBe(2);
    expect(ends.seen.api).toHaveLength(40);
    expect(new Set(ends.seen.api)).toEqual(new Set(['POST /api/issues/42/comments {"text":"done"}']));
  });

  it("gives back the second 401, and tells the host that somebody must sign in", async () => {
    const { panel, signedIn, failed } = await connected();
    await signedIn();
    ends.knobs.closed = true;
    expect((await panel.fetch("/issues/42")).status).toBe(401);
    expect(ends.seen.api).toHaveLength(2);
    expect(ends.seen.assertions).toBe(2);
    await failed("SIGN_IN_REQUIRED");
    expect(panel.account).toBe(null);
    ends.knobs.closed = false;
    expect((await panel.fetch("/issues/42")).status).toBe(200);
    expect(ends.seen.assertions).toBe(3);
  });

  it("spreads the renewals of many panels over a twentieth of the token's life", async () => {
    const { clock, signedIn, host } = await connected({ random: () => 0.5 });
    await signedIn();
    clock.advance(232_000);
    await host.ping();
    expect(ends.seen.assertions).toBe(1);
    clock.advance(500);
    await eventually(() => expect(ends.seen.tokens).toHaveLength(2));
  });

  it("renews no token while the panel is suspended, and looks at it when it is resumed", async () => {
    const { clock, signedIn, answered, host } = await connected();
    await signedIn();
    host.remote.panel.suspend({});
    await host.ping();
    clock.advance(290_000);
    // As long as a renewal takes to ask: it signs a proof first.
    for (let times = 0; times < 100; times += 1) await host.ping();
    expect(ends.seen.assertions).toBe(1);
    host.remote.panel.resume({});
    await answered(2);
  });

  it("renews when the page is seen again, or online again, and not while it is hidden", async () => {
    const { clock, signedIn, page, answered, host, states } = await connected({ hidden: true });
    await signedIn();
    clock.advance(400_000);
    page.awake();
    await host.ping();
    expect(ends.seen.assertions).toBe(1);
    page.hidden = false;
    page.awake();
    page.awake();
    await answered(2);
    await eventually(() => expect(ends.seen.tokens).toHaveLength(2));
    page.awake();
    await host.ping();
    expect(ends.seen.assertions).toBe(2);
    expect(states()).toEqual(["started", "done"]);
  });

  it("comes back by itself when the issuer was out of reach and the browser is online again", async () => {
    const { clock, signedIn, page, failed, states } = await connected();
    await signedIn();
    const tamper = ends.knobs.tamper;
    ends.knobs.tamper = () => ({ error: "temporarily_unavailable" });
    clock.advance(301_000);
    await failed("TOKEN_REFUSED");
    ends.knobs.tamper = tamper;
    page.awake();
    await eventually(() => expect(states()).toEqual(["started", "done", "failed", "started", "done"]));
  });

  it.each([600, -600])("works on a computer whose clock is off by %i s", async (seconds) => {
    const mend = skewClock(seconds * 1_000);
    try {
      const { get } = await connected();
      expect(await get()).toMatchObject({ sub: "ada.t" });
      expect(await get()).toMatchObject({ sub: "ada.t" });
    } finally {
      mend();
    }
    // Each endpoint asked once for its nonce: a proof dated by that clock alone is not taken.
    expect(ends.seen.assertions).toBe(1);
    expect(ends.seen.api).toHaveLength(3);
  });

  it("says who is signed in at the partner, and when that is nobody any more", async () => {
    const { panel, signedIn, clock, failed, host } = await connected({ hidden: true });
    const accounts: unknown[] = [];
    panel.onAccount((account) => accounts.push(account));
    await signedIn();
    expect(panel.account).toEqual({ sub: "ada.t" });
    clock.advance(301_000);
    expect((await panel.fetch("/issues/42")).status).toBe(200);
    expect(accounts).toEqual([{ sub: "ada.t" }]);
    ends.knobs.signedIn = false;
    clock.advance(301_000);
    await expect(panel.fetch("/issues/42")).rejects.toMatchObject({ code: "SIGN_IN_REQUIRED" });
    await failed("SIGN_IN_REQUIRED");
    expect(panel.account).toBe(null);
    ends.knobs.signedIn = true;
    ends.knobs.account = "ben.t";
    await panel.fetch("/issues/42");
    expect(panel.account).toEqual({ sub: "ben.t" });
    expect(accounts).toEqual([{ sub: "ada.t" }, null, { sub: "ben.t" }]);
    host.close();
    await panel.closed;
    expect(panel.account).toBe(null);
  });

  it.each<[string, object | undefined, string | null, object | null]>([
    [
      "by name",
      { name: "Ada O.", preferred_username: "ada" },
      null,
      { sub: "ada.t", name: "Ada O.", preferred_username: "ada" },
    ],
    [
      "beside a token that cannot be read",
      { sub: "ada.t", name: "Ada O." },
      "opaque",
      { sub: "ada.t", name: "Ada O." },
    ],
    [
      "but by nothing else that the product keeps of them",
      { name: "Ada O.", salary: "1", picture: 7 },
      null,
      { sub: "ada.t", name: "Ada O." },
    ],
    ["and nobody where neither token nor endpoint says it", undefined, "opaque", null],
  ])("says it %s, as the partner's token endpoint does", async (_how, account, token, shown) => {
    ends.knobs.shown = account;
    if (token !== null) ends.knobs.tamper = (answer) => ({ ...answer, access_token: token });
    const { panel, signedIn } = await connected();
    await signedIn();
    expect(panel.account).toEqual(shown);
  });

  it("gives the token to the view's own code, with proofs of its own", async () => {
    const { panel } = await connected();
    const { token, expiresAt, proof } = await panel.token();
    expect(expiresAt).toBe(1_700_000_000_000 + 1_000 + 300_000);
    const send = async (dpop: string, path = "/api/issues/42") =>
      ends.fetch(`${ends.api}${path}`, { headers: { authorization: `DPoP ${token}`, dpop } });
    const first = await proof("GET", "/issues/42?since=1");
    expect((await send(first)).status).toBe(200);
    // Once, for one address and one method.
    expect((await send(first)).status).toBe(401);
    expect((await send(await proof("GET", "/issues/43"))).status).toBe(401);
    expect((await send(await proof("POST", "/issues/42"))).status).toBe(401);
    await expect(proof("GET", "https://evil.example/api")).rejects.toMatchObject({ code: "INVALID_PARAMS" });
    ends.knobs.nonce = "n-1";
    expect((await send(await proof("GET", "/issues/42"))).status).toBe(401);
    expect((await send(await proof("GET", "/issues/42", { nonce: "n-1" }))).status).toBe(200);
    expect((await send(await proof("GET", "/issues/42"))).status).toBe(200);
    expect((await panel.token()).token).toBe(token);
    expect(ends.seen.assertions).toBe(1);
  });

  it("puts the nonce of the token endpoint, and of the API, into its proofs", async () => {
    ends.knobs.nonce = "n-1";
    const { get, panel } = await connected();
    expect(await get()).toMatchObject({ sub: "ada.t" });
    ends.knobs.nonce = "n-2";
    expect((await panel.fetch("/issues/42", { method: "PATCH", body: "{}" })).status).toBe(200);
    expect(ends.seen.assertions).toBe(1);
  });

  it("resolves addresses below the API, and sends requests as they are", async () => {
    const { panel, get } = await connected();
    expect(await get("issues?state=open#top")).toMatchObject({ path: "/api/issues?state=open" });
    expect(await get(`${ends.api}/api/me`)).toMatchObject({ path: "/api/me" });
    await panel.fetch(new URL(`${ends.api}/api`));
    const headers = { "content-type": "text/plain", authorization: "Basic eA==" };
    const request = new Request(`${ends.api}/api/notes`, { method: "PUT", body: "hello", headers });
    expect(await (await panel.fetch(request)).json()).toMatchObject({ text: "hello" });
    expect(ends.seen.api.slice(1)).toEqual(["GET /api/me", "GET /api", "PUT /api/notes hello"]);
  });

  it("refuses every other address before anything is sent", async () => {
    const { panel, signedIn } = await connected();
    await signedIn();
    for (const address of [
      "https://evil.example/api/issues",
      `${ends.auth.issuer}/api/issues`,
      "/../admin",
      "..%2f..".replace("%2f", "/"),
      "/%2e%2e/admin",
      `${ends.api}/apiary`,
      `${ends.api}/`,
      ends.api.replace("//", "//user:word@"),
      `${ends.api.replace("//", "//user:word@")}/api/issues`,
      "javascript:alert(1)",
      "http://",
      new Request("https://evil.example/api/"),
    ]) {
      await expect(panel.fetch(address), String(address)).rejects.toMatchObject({ code: "INVALID_PARAMS" });
    }
    // These are paths like any other, odd as they look: the API's own.
    expect(await (await panel.fetch("//evil.example/x")).json()).toMatchObject({ path: "/api//evil.example/x" });
    expect(await (await panel.fetch("\\\\evil.example")).json()).toMatchObject({ path: "/api///evil.example" });
    expect(ends.seen.api).toHaveLength(2);
  });

  it("says in words of its own why there is no token, and starts again when asked again", async () => {
    const cases: [string, () => void, () => void][] = [
      ["SIGN_IN_REQUIRED", () => (ends.knobs.signedIn = false), () => (ends.knobs.signedIn = true)],
      ["ASSERTION_REFUSED", () => (ends.knobs.allowed = []), () => (ends.knobs.allowed = ["issues:read"])],
      ["ACCOUNT_NOT_LINKED", () => (ends.knobs.account = undefined), () => (ends.knobs.account = "ada.t")],
      [
        "TOKEN_REFUSED",
        () => (ends.knobs.tamper = (answer) => ({ ...answer, token_type: "Bearer" })),
        () => (ends.knobs.tamper = (answer) => answer),
      ],
      [
        "TOKEN_REFUSED",
        () => (ends.knobs.tamper = (answer) => ({ ...answer, scope: "issues:read issues:delete" })),
        () => (ends.knobs.tamper = (answer) => answer),
      ],
      [
        "TOKEN_REFUSED",
        () => (ends.knobs.tamper = (answer) => ({ ...answer, token_type: "mac" })),
        () => (ends.knobs.tamper = (answer) => answer),
      ],
    ];
    for (const [code, spoil, mend] of cases) {
      spoil();
      const { panel, get, failed, audit, signIn, states } = await connected();
      const error: unknown = await panel.fetch("/issues/42").catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code });
      await failed(code);
      // Whatever the server answered, not a letter of it may have got out.
      const out = inspect([error, audit, signIn], { depth: null, showHidden: true });
      for (const token of ends.seen.tokens) expect(out).not.toContain(token.slice(0, 40));
      mend();
      expect(await get()).toMatchObject({ sub: "ada.t" });
      await eventually(() => expect(states().slice(-2)).toEqual(["started", "done"]));
    }
  });

  it("tells that the issuer cannot be reached", async () => {
    ends.auth.issuer = "http://127.0.0.1:9";
    const { get, failed } = await connected({ auth: null });
    await expect(get()).rejects.toMatchObject({ code: "TOKEN_REFUSED", retryable: true });
    await failed("TOKEN_REFUSED");
  });

  it.each([
    { issuer: "http://id.trackwell.example" },
    { issuer: "https://user@id.trackwell.example" },
    { issuer: 42 },
    { resource: "http://api.trackwell.example" },
    { resource: "/api" },
    { client_id: "" },
    { scopes: [] },
    { scopes: "issues:read" },
    { modes: ["code"] },
  ])("refuses a configuration with %o", async (change) => {
    const { panel, failed } = await connected({ auth: { ...ends.auth, ...change } as never });
    await expect(panel.fetch("/issues/42")).rejects.toMatchObject({ code: "CONFIG_REFUSED" });
    await failed("CONFIG_REFUSED");
  });

  it("forgets its token when the user is signed out at the host: what is under way rejects, and nothing begins any more", async () => {
    const { panel, host, clock, signedIn, states } = await connected();
    await signedIn();
    const { proof } = await panel.token();
    const fetching = panel.fetch("/issues/42");
    const accounts: unknown[] = [];
    panel.onAccount((account) => accounts.push(account));
    const timers = clock.timers();
    host.remote.panel.signedOut({});
    await expect(fetching).rejects.toMatchObject({ code: "SIGN_IN_REQUIRED" });
    for (const late of [panel.fetch("/issues/42"), panel.token(), proof("GET", "/issues/42")])
      await expect(late).rejects.toMatchObject({ code: "SIGN_IN_REQUIRED" });
    expect(panel.account).toBe(null);
    expect(accounts).toEqual([null]);
    // What a view asked for would have been heard by now.
    await host.ping();
    await host.ping();
    // That of the renewal is gone.
    expect(clock.timers()).toBe(timers - 1);
    expect(ends.seen.assertions).toBe(1);
    expect(states()).toEqual(["started", "done"]);
  });

  it("stops when the session or the caller says so", async () => {
    const { panel, host, clock, signedIn } = await connected();
    await signedIn();
    const abort = new AbortController();
    const fetching = panel.fetch("/issues/42", { signal: abort.signal });
    abort.abort(new Error("enough"));
    await expect(fetching).rejects.toThrow("enough");
    const last = panel.fetch("/issues/42");
    host.close();
    await expect(last).rejects.toMatchObject({ code: "SESSION_CLOSED" });
    await expect(panel.fetch("/issues/42")).rejects.toMatchObject({ code: "SESSION_CLOSED" });
    expect(clock.timers()).toBe(0);
    expect(ends.seen.assertions).toBe(1);
  });
});
