import { decodeJwt } from "jose";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { apiOf } from "../../addresses.js";
import { localFetch } from "../local-fetch.js";
import { Browser, requestTokens, signInByCode, type Tokens } from "../test-support/browser.js";
import { startTestDemo } from "../test-support/demo.js";
import type { Ticket } from "./tickets.js";

let demo: Awaited<ReturnType<typeof startTestDemo>>;
beforeAll(async () => {
  demo = await startTestDemo();
});
afterAll(() => demo.close());

const flow = (account: string) => ({
  issuer: demo.addresses.deskId,
  clientId: "desk-web",
  redirectUri: `${demo.addresses.desk}/callback`,
  resource: apiOf(demo.addresses.desk),
  scope: "openid profile email",
  account,
});

const call = (tokens: Tokens, path: string, init: RequestInit = {}) =>
  localFetch(demo.addresses.desk + path, {
    ...init,
    headers: { authorization: `Bearer ${tokens.access_token}`, "content-type": "application/json" },
  });

const patch = (tokens: Tokens, id: string, change: unknown) =>
  call(tokens, `/api/tickets/${id}`, { method: "PATCH", body: JSON.stringify(change) });

test("a partner's window keeps its opener, but where QA has it cut off", async () => {
  const policyOf = async (path: string) =>
    (await localFetch(demo.addresses.desk + path)).headers.get("cross-origin-opener-policy");
  expect(await policyOf("/tickets/T-42")).toBe("same-origin-allow-popups");
  expect(await policyOf("/tickets/T-42?sign-in=code&popups=severed")).toBe("same-origin");
  expect(await policyOf("/confirm?popups=severed"), "Desk's own comes back").toBe("unsafe-none");
});

describe("signing in at Desk", () => {
  test("by code and PKCE, with one press on the sign-in page", async () => {
    const browser = new Browser();
    const { page, tokens } = await signInByCode(browser, flow("ada"));
    expect(page).toContain("Ada Okafor");
    expect(page).toContain("Ben Lindqvist");
    expect(page).not.toContain("<script");

    expect(decodeJwt(tokens.access_token)).toMatchObject({
      iss: demo.addresses.deskId,
      aud: apiOf(demo.addresses.desk),
      sub: "ada",
      sid: expect.any(String),
      auth_time: expect.any(Number),
    });
    expect(decodeJwt(tokens.id_token ?? "")).toMatchObject({ name: "Ada Okafor", email: "ada@fernhill.example" });
    const me = await call(tokens, "/api/me");
    expect(await me.json()).toEqual({
      id: "ada",
      name: "Ada Okafor",
      email: "ada@fernhill.example",
      rights: ["ticket:read", "ticket:write"],
    });

    const again = await signInByCode(browser, flow("ada"));
    expect(again.page, "who is signed in is not asked again").not.toContain("Who are you");
  });

  test("a refresh token rotates, and the token it brings has the session's claims", async () => {
    const { tokens } = await signInByCode(new Browser(), flow("ben"));
    const refresh = (refresh_token = "") =>
      requestTokens(
        demo.addresses.deskId,
        { grant_type: "refresh_token", client_id: "desk-web", refresh_token },
        { origin: demo.addresses.desk },
      );
    const renewed = (await (await refresh(tokens.refresh_token)).json()) as Tokens;
    expect(renewed.refresh_token).not.toBe(tokens.refresh_token);
    const { sid } = decodeJwt(tokens.access_token);
    expect(decodeJwt(renewed.access_token)).toMatchObject({ sub: "ben", sid, auth_time: expect.any(Number) });
    expect((await call(renewed, "/api/me")).status).toBe(200);
    expect((await refresh(tokens.refresh_token)).status, "used twice").toBe(400);
  });

  test("the token endpoint answers pages of Desk's origin alone", async () => {
    const address = `${demo.addresses.deskId}/token`;
    const preflight = (origin: string) =>
      localFetch(address, { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } });
    const own = await preflight(demo.addresses.desk);
    expect(own.headers.get("access-control-allow-origin")).toBe(demo.addresses.desk);
    const foreign = await preflight(demo.addresses.mallory);
    expect(foreign.status).toBe(403);
    expect(foreign.headers.get("access-control-allow-origin")).toBeNull();
  });
});

describe("Desk's API", () => {
  let ada: Tokens;
  let ben: Tokens;
  beforeAll(async () => {
    ada = (await signInByCode(new Browser(), flow("ada"))).tokens;
    ben = (await signInByCode(new Browser(), flow("ben"))).tokens;
  });

  test("no token, a mangled one or another issuer's: 401", async () => {
    expect((await localFetch(`${demo.addresses.desk}/api/tickets`)).status).toBe(401);
    expect((await call({ ...ada, access_token: `${ada.access_token.slice(0, -4)}AAAA` }, "/api/tickets")).status).toBe(
      401,
    );
    expect((await call({ ...ada, access_token: ada.id_token ?? "" }, "/api/tickets")).status, "an ID token").toBe(401);
  });

  test("reads and changes tickets", async () => {
    const list = (await (await call(ada, "/api/tickets")).json()) as Ticket[];
    expect(list.length).toBeGreaterThan(10);
    const before = (await (await call(ada, "/api/tickets/T-42")).json()) as Ticket;
    expect(before).toMatchObject({ id: "T-42", issueId: "TRK-7", priority: "normal", locked: false });

    const changed = await patch(ada, "T-42", { priority: "urgent" });
    expect(await changed.json()).toMatchObject({
      priority: "urgent",
      status: before.status,
      revision: before.revision + 1,
    });
    const replied = await call(ada, "/api/tickets/T-42/replies", {
      method: "POST",
      body: JSON.stringify({ text: "Hello" }),
    });
    expect(((await replied.json()) as Ticket).messages.at(-1)).toMatchObject({ from: "ada", text: "Hello" });
    expect(await (await patch(ada, "T-42", { assignee: null })).json()).toMatchObject({ assignee: null });
  });

  test("refuses what is not right, with a code", async () => {
    const refusal = async (response: Response) => [response.status, ((await response.json()) as { code: string }).code];
    expect(await refusal(await patch(ben, "T-42", { priority: "low" }))).toEqual([403, "FORBIDDEN"]);
    expect(await refusal(await patch(ada, "T-33", { priority: "low" }))).toEqual([409, "TICKET_LOCKED"]);
    expect(await refusal(await patch(ada, "T-999", { priority: "low" }))).toEqual([404, "NOT_FOUND"]);
    expect(await refusal(await patch(ada, "T-42", { locked: true }))).toEqual([400, "INVALID"]);
    expect(await refusal(await patch(ada, "T-42", { assignee: "mallory" }))).toEqual([400, "INVALID"]);
  });

  test("an administrator installs and removes partners, and nobody else does", async () => {
    const change = async (tokens: Tokens, method: string, partner: string) => {
      const response = await call(tokens, `/api/integrations/${partner}`, { method });
      return [response.status, ((await response.json()) as { installed?: { partner: string }[] }).installed] as const;
    };
    const names = async (tokens: Tokens) => {
      const body = (await (await call(tokens, "/api/integrations")).json()) as {
        mayManage: boolean;
        installed: { partner: string; by: string | null }[];
      };
      return [body.mayManage, body.installed.map(({ partner, by }) => `${partner} ${by}`)];
    };
    expect(await names(ben)).toEqual([false, ["trackwell null", "mallory null"]]);
    expect((await change(ben, "DELETE", "trackwell"))[0]).toBe(403);
    expect((await change(ada, "PUT", "stranger"))[0]).toBe(404);
    expect((await change(ada, "DELETE", "trackwell"))[1]).toMatchObject([{ partner: "mallory" }]);

    const vouch = () =>
      localFetch(`${demo.addresses.desk}/panel/assertion`, {
        method: "POST",
        headers: {
          origin: demo.addresses.desk,
          "sec-fetch-site": "same-origin",
          "content-type": "application/json",
          authorization: `Bearer ${ada.access_token}`,
        },
        body: JSON.stringify({ jkt: "a".repeat(43), scope: "issues:read", partner: "trackwell" }),
      });
    expect((await vouch()).status, "Desk vouches for nobody to a partner that is not installed").toBe(403);
    await change(ada, "PUT", "trackwell");
    expect(await names(ada)).toEqual([true, ["mallory null", "trackwell ada"]]);
    expect((await vouch()).status).toBe(200);
    await call(ada, "/api/reset", { method: "POST" });
    expect(await names(ada)).toEqual([true, ["trackwell null", "mallory null"]]);
  });

  test("a ticket's events: its state at once, then each change; closing the stream ends them", async () => {
    const stop = new AbortController();
    const response = await call(ben, "/api/tickets/T-41/events", { signal: stop.signal });
    expect(response.headers.get("content-type")).toContain("text/event-stream");
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
    const next = async () =>
      JSON.parse(/^data: (.*)$/m.exec((await reader?.read())?.value ?? "")?.[1] ?? "null") as Ticket;
    expect(await next()).toMatchObject({ id: "T-41", priority: "high" });
    await patch(ada, "T-41", { priority: "low" });
    expect(await next()).toMatchObject({ id: "T-41", priority: "low" });
    await call(ada, "/api/reset", { method: "POST" });
    expect(await next()).toMatchObject({ id: "T-41", priority: "high" });
    stop.abort();
  });
});
