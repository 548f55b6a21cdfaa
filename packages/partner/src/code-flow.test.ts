import { inspect } from "node:util";
import { decodeJwt } from "jose";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { windows } from "../test/popup.js";
import { providerEnds } from "../test/provider.js";
import { skewClock } from "../test/servers.js";
import { eventually } from "../test/support.js";
import { connectedWith } from "../test/with-provider.js";

vi.setConfig({ testTimeout: 30_000 });

type Change = Parameters<typeof windows>[1];

let ends: Awaited<ReturnType<typeof providerEnds>>;
const open: { close(): void }[] = [];

beforeEach(async () => {
  ends = await providerEnds();
});
afterEach(() => {
  for (const each of open.splice(0)) each.close();
  ends.close();
});

async function connected(
  signIn: Record<string, unknown> = { mode: "code", popups: true },
  { change, page = {}, ...rest }: { change?: Change; page?: object; auth?: object; signInPages?: object } = {},
) {
  const browser = windows(ends.callback, change);
  const all = await connectedWith(ends, { signIn, ...rest, page: { ...browser.page, ...page } });
  open.push(all.host);
  return { ...all, ...browser };
}

const offered = (code: string) => ({ state: "offered", code });
const atToken = () => ends.seen.filter((request) => request === "POST /token").length;

describe("mode code", () => {
  it("waits for a click in the view, and signs in through a window of the view's own", async () => {
    const { panel, reported, states, get, opened, heard, listeners, asked } = await connected();
    panel.ready();
    await reported(offered("SIGN_IN_REQUIRED"));
    expect(panel.signInOffer).toMatchObject({ code: "SIGN_IN_REQUIRED" });
    await expect(panel.fetch("/issues/42")).rejects.toMatchObject({ code: "SIGN_IN_REQUIRED" });
    expect(heard).toEqual([]);
    await panel.signIn();
    expect(await get()).toMatchObject({ sub: "ada.t", scope: "issues:read issues:write" });
    expect(panel.account).toEqual({ sub: "ada.t", name: "Ada", email: "ada.t@trackwell.example" });
    expect(panel.signInOffer).toBe(null);
    expect(states().at(-1)).toBe("done");
    await eventually(() => expect(heard).toEqual(["ready"]));
    expect(opened.map(({ closed }) => closed)).toEqual([true]);
    expect(listeners.size).toBe(0);
    expect(asked).toEqual([]);
  });

  it("asks the provider for no more than the host's policy leaves", async () => {
    const { panel, reported, get } = await connected({ mode: "code", popups: true, scopes: ["issues:read"] });
    await reported(offered("SIGN_IN_REQUIRED"));
    await panel.signIn();
    expect(await get()).toMatchObject({ scope: "issues:read" });
  });

  it("pushes its request where the provider takes that, so that the window's address holds a reference alone", async () => {
    const { panel, reported, opened } = await connected();
    await reported(offered("SIGN_IN_REQUIRED"));
    await panel.signIn();
    const { searchParams } = new URL(opened[0]?.address ?? "");
    expect([...searchParams.keys()]).toEqual(["client_id", "request_uri"]);
    expect(ends.seen).toContain("POST /request");
  });

  it("sends PKCE, state, nonce and the key's thumbprint with the request itself where it does not", async () => {
    ends.knobs.offersPar = false;
    const { panel, reported, opened } = await connected();
    await reported(offered("SIGN_IN_REQUIRED"));
    await panel.signIn();
    const { searchParams } = new URL(opened[0]?.address ?? "");
    expect(Object.fromEntries(searchParams)).toMatchObject({
      response_type: "code",
      code_challenge_method: "S256",
      redirect_uri: ends.callback,
      scope: "openid profile email issues:read issues:write",
      resource: ends.auth.resource,
    });
    const { token } = await panel.token();
    expect(decodeJwt(token)["cnf"]).toEqual({ jkt: searchParams.get("dpop_jkt") });
    for (const name of ["state", "nonce", "code_challenge"]) expect(searchParams.get(name)).toMatch(/^[\w-]{43}$/);
    expect(ends.seen).not.toContain("POST /request");
  });

  it.each([600, -600])("works on a computer whose clock is off by %i s", async (seconds) => {
    const mend = skewClock(seconds * 1_000);
    try {
      const { panel, reported, get } = await connected();
      await reported(offered("SIGN_IN_REQUIRED"));
      await panel.signIn();
      expect(await get()).toMatchObject({ sub: "ada.t" });
    } finally {
      mend();
    }
  });

  it("renews with a refresh token while it has one, and by another click when it has none", async () => {
    const { panel, reported, get, clock, states } = await connected();
    await reported(offered("SIGN_IN_REQUIRED"));
    await panel.signIn();
    for (let renewal = 0; renewal < 2; renewal++) {
      clock.advance(300_001);
      await Promise.all(Array.from({ length: 20 }, () => get()));
    }
    expect(atToken()).toBe(3);
    expect(panel.account).toMatchObject({ name: "Ada" });
    ends.knobs.refreshTokens = false;
    const without = await connected();
    await without.reported(offered("SIGN_IN_REQUIRED"));
    await without.panel.signIn();
    without.clock.advance(300_001);
    await expect(without.get()).rejects.toMatchObject({ code: "SIGN_IN_REQUIRED" });
    await without.reported(offered("SIGN_IN_REQUIRED"));
    await without.panel.signIn();
    expect(await without.get()).toMatchObject({ sub: "ada.t" });
    expect(states().filter((state) => state === "done")).toHaveLength(1);
  });

  it.each<[string, Change, number]>([
    ["the state of another sign-in", (answer) => changed(answer, { state: "x".repeat(43) }), 0],
    ["no state", (answer) => changed(answer, { state: undefined }), 0],
    ["another issuer's name", (answer) => changed(answer, { iss: "https://evil.example" }), 0],
    ["no issuer's name, of a provider that says it gives it", (answer) => changed(answer, { iss: undefined }), 0],
    // PKCE and the key that the code is bound to are the provider's to check, so it is asked.
    ["a code of somebody else's", (answer) => changed(answer, { code: "x".repeat(43) }), 1],
  ])("refuses an answer with %s, and sends its code nowhere before that", async (_what, change, requests) => {
    const { panel, reported, signIn, audit } = await connected(undefined, { change });
    await reported(offered("SIGN_IN_REQUIRED"));
    const error: unknown = await panel.signIn().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "TOKEN_REFUSED" });
    expect(atToken()).toBe(requests);
    await reported(offered("TOKEN_REFUSED"));
    expect(inspect([error, signIn, audit], { depth: null, showHidden: true })).not.toContain("code=");
  });

  it("gives a code that somebody else got, in an answer that is else its own, to nobody: the provider knows whose it is", async () => {
    let stolen = "";
    const keep = (answer: URLSearchParams) => {
      stolen = answer.get("code") ?? "";
      return null;
    };
    ends.knobs.account = "ben.t";
    const other = await connected(undefined, { change: keep });
    await other.reported(offered("SIGN_IN_REQUIRED"));
    other.panel.signIn().catch(() => {});
    await eventually(() => expect(stolen).not.toBe(""));
    ends.knobs.account = "ada.t";
    const { panel, reported } = await connected(undefined, { change: (answer) => changed(answer, { code: stolen }) });
    await reported(offered("SIGN_IN_REQUIRED"));
    await expect(panel.signIn()).rejects.toMatchObject({ code: "TOKEN_REFUSED", data: { error: "invalid_grant" } });
    expect(panel.account).toBe(null);

    // The control: for whom it was made, a code of just that kind is good.
    ends.knobs.account = "ben.t";
    const owner = await connected();
    await owner.reported(offered("SIGN_IN_REQUIRED"));
    await owner.panel.signIn();
    expect(await owner.get()).toMatchObject({ sub: "ben.t" });
  });

  it("looks at the state first: another issuer's error with a foreign state says nothing of ours", async () => {
    const both = (answer: URLSearchParams) => changed(answer, { state: "y", error: "access_denied", code: undefined });
    const { panel, reported } = await connected(undefined, { change: both });
    await reported(offered("SIGN_IN_REQUIRED"));
    await expect(panel.signIn()).rejects.toThrow("(state)");
  });

  it("listens to its own window and its own origin alone", async () => {
    const { panel, reported, say, opened, get } = await connected(undefined, {
      change: (answer) => {
        const data = { "partner-panel": "sign-in", answer: `code=evil&${answer}` };
        const origin = new URL(ends.callback).origin;
        say({ source: {}, origin, data });
        say({ source: opened[0], origin: "https://evil.example", data });
        say({ source: opened[0], origin, data: { ...data, "partner-panel": "other" } });
        say({ source: opened[0], origin, data: null });
        return answer;
      },
    });
    await reported(offered("SIGN_IN_REQUIRED"));
    await panel.signIn();
    expect(await get()).toMatchObject({ sub: "ada.t" });
  });

  it("has a name for each way that it can fail, hangs in none, and can be tried again after each", async () => {
    const closing = await connected(undefined, { change: () => null });
    const { panel, reported, opened, clock, listeners } = closing;
    await reported(offered("SIGN_IN_REQUIRED"));
    const started = () => eventually(() => expect(listeners.size).toBe(1));

    const closed = panel.signIn();
    await started();
    if (opened[0]) opened[0].closed = true;
    clock.advance(500);
    clock.advance(1_500);
    await expect(closed).rejects.toMatchObject({ code: "POPUP_CLOSED" });
    await reported(offered("POPUP_CLOSED"));
    expect(panel.signInOffer).toMatchObject({ code: "POPUP_CLOSED" });

    const late = panel.signIn();
    await started();
    clock.advance(300_000);
    await expect(late).rejects.toMatchObject({ code: "SIGN_IN_TIMEOUT" });
    expect(opened[1]?.closed).toBe(true);

    const abort = new AbortController();
    const given = panel.signIn({ signal: abort.signal });
    await started();
    const again = panel.signIn();
    await eventually(() => expect(opened[2]?.isFocused).toBe(true));
    abort.abort(new Error("enough"));
    await expect(given).rejects.toThrow("enough");
    await expect(again).rejects.toThrow("enough");
    expect(opened).toHaveLength(3);
    await expect(panel.signIn({ signal: abort.signal })).rejects.toThrow("enough");
    expect(opened).toHaveLength(3);
    expect(listeners.size).toBe(0);

    ends.knobs.isDenied = true;
    const denied = await connected();
    await denied.reported(offered("SIGN_IN_REQUIRED"));
    await expect(denied.panel.signIn()).rejects.toMatchObject({ code: "SIGN_IN_CANCELLED" });
    ends.knobs.isDenied = false;
    await denied.panel.signIn();
    expect(await denied.get()).toMatchObject({ sub: "ada.t" });

    for (const [isSevered, code] of [
      [false, "POPUP_BLOCKED"],
      [true, "POPUP_SEVERED"],
    ] as const) {
      const without = await connected(undefined, { page: { openWindow: () => ({ popup: null, isSevered }) } });
      await without.reported(offered("SIGN_IN_REQUIRED"));
      await expect(without.panel.signIn()).rejects.toMatchObject({ code });
      await without.reported(offered(code));
    }
  });

  it("leaves it to the open window to say what comes of it", async () => {
    const { panel, reported, host, states, listeners } = await connected(undefined, { change: () => null });
    await reported(offered("SIGN_IN_REQUIRED"));
    const abort = new AbortController();
    const signingIn = panel.signIn({ signal: abort.signal });
    await eventually(() => expect(listeners.size).toBe(1));
    await expect(panel.fetch("/issues/42")).rejects.toMatchObject({ code: "SIGN_IN_REQUIRED" });
    await host.ping();
    expect(states().filter((state) => state === "offered")).toHaveLength(1);
    abort.abort(new Error("enough"));
    await expect(signingIn).rejects.toThrow("enough");
    await eventually(() => expect(states().filter((state) => state === "offered")).toHaveLength(2));
  });

  it("ends with the session, and with the host's log-out", async () => {
    for (const [end, code] of [
      ["close", "SESSION_CLOSED"],
      ["signedOut", "SIGN_IN_REQUIRED"],
    ] as const) {
      const { panel, reported, host, opened, listeners } = await connected(undefined, { change: () => null });
      await reported(offered("SIGN_IN_REQUIRED"));
      const signingIn = panel.signIn();
      await eventually(() => expect(listeners.size).toBe(1));
      if (end === "close") host.close();
      else host.remote.panel.signedOut({});
      await expect(signingIn).rejects.toMatchObject({ code });
      expect(opened[0]?.closed).toBe(true);
      expect(listeners.size).toBe(0);
      expect(panel.signInOffer).toBe(null);
    }
  });

  it("needs the permission to open windows, and a manifest that offers it", async () => {
    for (const [signIn, auth] of [
      [{ mode: "code", popups: false }, undefined],
      [{ mode: "code" }, undefined],
      // Nothing that it would be for.
      [{ mode: "code", popups: true, scopes: ["issues:delete"] }, undefined],
      [
        { mode: "code", popups: true },
        { ...ends.auth, modes: ["assertion"] },
      ],
    ] as const) {
      const { reported, panel, opened } = await connected(signIn, auth ? { auth } : {});
      await reported({ state: "failed", code: "CONFIG_REFUSED" });
      await expect(panel.signIn()).rejects.toMatchObject({ code: "CONFIG_REFUSED" });
      expect(opened).toEqual([]);
    }
  });

  it.each([
    { callback: "https://evil.example/panel/callback" },
    { callback: "//evil.example/panel/callback" },
    { relay: "https://evil.example/panel/relay" },
    { callback: "/panel/callback?next=1" },
    { link: "http://api.trackwell.example/panel/link" },
    { link: "https://" },
  ])("refuses %o for its pages", async (signInPages) => {
    const { reported, opened } = await connected(undefined, { signInPages });
    await reported({ state: "failed", code: "CONFIG_REFUSED" });
    expect(opened).toEqual([]);
  });

  it("signs in once more where the API demands it, and stays what it is until then", async () => {
    ends.knobs.maxAge = -20;
    const { panel, reported, states } = await connected();
    await reported(offered("SIGN_IN_REQUIRED"));
    await panel.signIn();
    await expect(panel.fetch("/strict")).rejects.toMatchObject({ code: "STEP_UP_REQUIRED" });
    expect(panel.signInOffer).toMatchObject({ code: "STEP_UP_REQUIRED" });
    expect((await panel.fetch("/issues")).status).toBe(200);
    expect(states().at(-1)).toBe("done");
    ends.knobs.maxAge = 60;
    await panel.signIn();
    expect(panel.signInOffer).toBe(null);
    expect((await panel.fetch("/strict")).status).toBe(200);
    expect(states().filter((state) => state === "done")).toHaveLength(1);
  });
});

describe("linking an account", () => {
  const signIn = { mode: "assertion", popups: true };

  beforeEach(() => ends.knobs.links.clear());

  it("offers mode code once, links, and goes on by the host's word", async () => {
    const { panel, reported, get, asked, states } = await connected(signIn);
    await reported(offered("ACCOUNT_NOT_LINKED"));
    await expect(panel.fetch("/issues/42")).rejects.toMatchObject({ code: "ACCOUNT_NOT_LINKED" });
    const before = asked.length;
    await panel.signIn();
    expect(ends.knobs.links).toEqual(new Map([["pairwise-ada", "ada.t"]]));
    expect(await get()).toMatchObject({ sub: "ada.t" });
    expect(asked.length - before).toBe(2);
    expect(states().at(-1)).toBe("done");
    // From now on there is no window.
    const next = await connected(signIn);
    expect(await next.get()).toMatchObject({ sub: "ada.t" });
    expect(next.opened).toEqual([]);
  });

  it("does not link an account that is linked with somebody else", async () => {
    ends.knobs.links.set("pairwise-eve", "ada.t");
    const { panel, reported } = await connected(signIn);
    await reported(offered("ACCOUNT_NOT_LINKED"));
    await expect(panel.signIn()).rejects.toMatchObject({ code: "ACCOUNT_ALREADY_LINKED" });
    expect(ends.knobs.links).toEqual(new Map([["pairwise-eve", "ada.t"]]));
    await reported(offered("ACCOUNT_ALREADY_LINKED"));
  });

  it("is not offered where the frame may open no windows, or the manifest has no mode code", async () => {
    for (const [host, modes] of [
      [{ ...signIn, popups: false }, ["assertion", "code"]],
      [signIn, ["assertion"]],
    ] as const) {
      const { reported, panel } = await connected(host, { auth: { ...ends.auth, modes } });
      await reported({ state: "failed", code: "ACCOUNT_NOT_LINKED" });
      expect(panel.signInOffer).toBe(null);
    }
  });
});

function changed(answer: URLSearchParams, changes: Record<string, string | undefined>): URLSearchParams {
  const copy = new URLSearchParams(answer);
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) copy.delete(name);
    else copy.set(name, value);
  }
  return copy;
}
