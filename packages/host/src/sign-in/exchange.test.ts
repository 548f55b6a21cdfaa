import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { openSession } from "@partner-panel/postmessage-rpc";
import { hostPanel } from "@partner-panel/postmessage-rpc/panel";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { SignInStrategy, StepUpRequest } from "../config.js";
import { wordsForView } from "../panel/view-words.js";
import { assertionFrom } from "./assertion.js";
import { exchangeAt } from "./exchange.js";
import { StepUps } from "./sign-in-words.js";

interface Received {
  readonly path: string;
  readonly headers: Record<string, unknown>;
  readonly body: string;
}

/** A back end, and a token endpoint: both answer what the test says, and write down what they were asked. */
let server: Server;
let url: string;
let received: Received[];
let answer: { status?: number; headers?: Record<string, string>; body?: unknown };
const bound = { access_token: "t-1", token_type: "DPoP", expires_in: 300, scope: "issues:read" };
const closing: (() => void)[] = [];

beforeEach(async () => {
  received = [];
  answer = { body: bound };
  server = createServer(async (req, res) => {
    let body = "";
    for await (const chunk of req) body += String(chunk);
    received.push({ path: req.url ?? "", headers: req.headers, body });
    res.writeHead(answer.status ?? 200, { "content-type": "application/json", ...answer.headers });
    res.end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterEach(() => {
  for (const close of closing.splice(0)) close();
  server.close();
  server.closeAllConnections();
});

/** The panel's words to a host with this strategy, over a real port. */
function words(
  strategy: SignInStrategy | undefined,
  { modes = ["exchange"], allowed = undefined as string[] | undefined } = {},
) {
  const { port1, port2 } = new MessageChannel();
  const ignore = () => {};
  const none = async () => ({ granted: [], refused: [] });
  const listener = { onReady: ignore, onSize: ignore, onFail: ignore, onSignIn: ignore };
  const auth = {
    issuer: url,
    client_id: "panel",
    resource: `${url}/api`,
    scopes: ["issues:read", "issues:write"],
    modes,
  };
  const host = openSession(port1, {
    provide: wordsForView(
      { ...listener, requestScopes: none, revokeScopes: none, actions: {} as never },
      { partner: "trackwell", auth: auth as never, strategy, allowed: () => allowed },
      new StepUps(),
    ),
  });
  const view = openSession(port2, { use: hostPanel });
  closing.push(() => host.close());
  return view.remote.panel;
}

const asked = { proof: "a.b.c", scope: "issues:read" };

test("the proof goes to the host's back end with the page's session, and the bound token comes back", async () => {
  const strategy = exchangeAt(`${url}/panel/exchange`, { headers: () => ({ authorization: "Bearer session" }) });
  answer.headers = { "dpop-nonce": "n-2" };
  expect(await words(strategy).exchange(asked)).toEqual({ ...bound, nonce: "n-2" });
  expect(received).toHaveLength(1);
  expect(received[0]).toMatchObject({ path: "/panel/exchange", headers: { authorization: "Bearer session" } });
  expect(JSON.parse(received[0]?.body ?? "")).toEqual({ ...asked, partner: "trackwell" });
});

test("a page that is a public client asks the provider itself, for the audience that it names", async () => {
  const settings = { tokenEndpoint: `${url}/token`, clientId: "desk-web", subjectToken: () => "ada's own" };
  await words(exchangeAt({ ...settings, resource: "https://api.trackwell.example" })).exchange(asked);
  await words(exchangeAt({ ...settings, audience: "trackwell", subjectTokenType: "urn:x" })).exchange(asked);
  expect(received.map(({ path, headers }) => [path, headers["dpop"]])).toEqual(Array(2).fill(["/token", asked.proof]));
  const [first, second] = received.map(({ body }) => Object.fromEntries(new URLSearchParams(body)));
  expect(first).toEqual({
    grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
    client_id: "desk-web",
    subject_token: "ada's own",
    subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
    requested_token_type: "urn:ietf:params:oauth:token-type:access_token",
    scope: "issues:read",
    resource: "https://api.trackwell.example",
  });
  expect(second).toMatchObject({ audience: "trackwell", subject_token_type: "urn:x" });
  expect(second).not.toHaveProperty("resource");
  const nobody = exchangeAt({ ...settings, audience: "trackwell", subjectToken: () => null });
  await expect(words(nobody).exchange(asked)).rejects.toMatchObject({ code: "SIGN_IN_REQUIRED" });
  expect(received).toHaveLength(2);
});

test.each(["Bearer", "bearer", "N_A", "DPoP ", ""])("a token of type %o goes no further", async (token_type) => {
  answer.body = { ...bound, token_type };
  const call = words(exchangeAt(url)).exchange(asked);
  await expect(call).rejects.toMatchObject({ code: "TOKEN_REFUSED", remote: true });
  expect(await call.catch((error: unknown) => JSON.stringify(error))).not.toContain(bound.access_token);
});

test("the nonce that the provider wants reaches the view", async () => {
  answer = { status: 400, headers: { "dpop-nonce": "n-1" }, body: { error: "use_dpop_nonce" } };
  await expect(words(exchangeAt(url)).exchange(asked)).rejects.toMatchObject({
    code: "USE_DPOP_NONCE",
    data: { nonce: "n-1" },
  });
  answer.headers = {};
  await expect(words(exchangeAt(url)).exchange(asked)).rejects.toMatchObject({ code: "TOKEN_REFUSED" });
});

test("what went wrong is told by a code, and nothing of what a server said", async () => {
  answer = { status: 401, body: { error: "login_required" } };
  await expect(words(exchangeAt(url)).exchange(asked)).rejects.toMatchObject({ code: "SIGN_IN_REQUIRED" });
  answer = { status: 400, body: { error: "invalid_grant", access_token: "canary" } };
  const refused = words(exchangeAt(url)).exchange(asked);
  await expect(refused).rejects.toMatchObject({ code: "TOKEN_REFUSED", message: "The host got no token" });
  answer = { body: { token_type: "DPoP" } };
  await expect(words(exchangeAt(url)).exchange(asked)).rejects.toMatchObject({ code: "TOKEN_REFUSED" });
  server.closeAllConnections();
  await expect(words(exchangeAt("http://127.0.0.1:9")).exchange(asked)).rejects.toMatchObject({
    code: "TOKEN_REFUSED",
  });
});

test("nothing is asked beyond manifest, policy and mode", async () => {
  const strategy = exchangeAt(url);
  const refused = async (panel: ReturnType<typeof words>, question = asked) =>
    expect(panel.exchange(question)).rejects.toMatchObject({ code: "TOKEN_REFUSED" });
  await refused(words(strategy, { modes: ["assertion"] }));
  await refused(words(undefined));
  await refused(words(assertionFrom(url)));
  await refused(words(strategy), { ...asked, scope: "issues:read issues:delete" });
  await refused(words(strategy, { allowed: ["issues:write"] }));
  await refused(words(strategy), { ...asked, proof: "not a proof" });
  expect(received).toEqual([]);
  // What the policy leaves is told, so that the view can ask for that.
  const narrow = words(strategy, { modes: ["assertion", "exchange"], allowed: ["issues:read", "issues:delete"] });
  const more = { scope: "issues:read issues:write" };
  for (const call of [narrow.exchange({ ...asked, ...more }), narrow.assertion({ ...more, jkt: "x".repeat(43) })])
    await expect(call).rejects.toMatchObject({ data: { scopes: ["issues:read"] } });
  // The control: the same, as it should be.
  await words(strategy, { allowed: ["issues:read"] }).exchange(asked);
  expect(received).toHaveLength(1);
  const assertion = words(strategy, { modes: ["assertion", "exchange"] }).assertion({
    jkt: "x".repeat(43),
    scope: "issues:read",
  });
  await expect(assertion).rejects.toMatchObject({ code: "ASSERTION_REFUSED" });
});

test("a step-up asks the host's user, once at a time, and says how that went", async () => {
  const requests: unknown[] = [];
  let finish = (_error?: unknown) => {};
  const stepUp = ({ signal: _, ...request }: StepUpRequest) => {
    requests.push(request);
    return new Promise<void>((resolve, reject) => {
      finish = (error) => (error === undefined ? resolve() : reject(error));
    });
  };
  for (const strategy of [exchangeAt(url, { stepUp }), assertionFrom(url, { stepUp })]) {
    const panel = words(strategy);
    const first = panel.stepUp({ acr_values: "phr  phrh", max_age: 0 });
    await expect(panel.stepUp({})).rejects.toMatchObject({ code: "STEP_UP_REFUSED" });
    expect(requests).toHaveLength(1);
    finish();
    expect(await first).toEqual({});
    for (const [thrown, code] of [
      [Object.assign(new Error("no"), { code: "SIGN_IN_CANCELLED" }), "SIGN_IN_CANCELLED"],
      [Object.assign(new Error("no"), { code: "SIGN_IN_REQUIRED" }), "SIGN_IN_REQUIRED"],
      [new Error("secret"), "STEP_UP_REFUSED"],
    ] as const) {
      const before = requests.length;
      const call = panel.stepUp({});
      await expect.poll(() => requests.length).toBe(before + 1);
      finish(thrown);
      await expect(call).rejects.toMatchObject({ code, message: "The host's user did not sign in again" });
    }
    expect(requests.splice(0)).toEqual([
      { partner: "trackwell", acrValues: ["phr", "phrh"], maxAge: 0 },
      ...Array(3).fill({ partner: "trackwell", acrValues: [], maxAge: undefined }),
    ]);
  }
  await expect(words(exchangeAt(url)).stepUp({})).rejects.toMatchObject({ code: "STEP_UP_REFUSED" });
  await expect(words(undefined).stepUp({})).rejects.toMatchObject({ code: "STEP_UP_REFUSED" });
  for (const max_age of [-1, 1.5, Number.NaN])
    await expect(words(exchangeAt(url, { stepUp })).stepUp({ max_age })).rejects.toMatchObject({
      code: "INVALID_PARAMS",
    });
  expect(requests).toEqual([]);
});

test("after the third No in a row to a step-up the user is asked no more", async () => {
  let asked = 0;
  let isWilling = false;
  const stepUp = () => {
    asked += 1;
    return isWilling
      ? Promise.resolve()
      : Promise.reject(Object.assign(new Error("no"), { code: "SIGN_IN_CANCELLED" }));
  };
  const panel = words(exchangeAt(url, { stepUp }));
  const no = () => expect(panel.stepUp({})).rejects.toMatchObject({ code: "SIGN_IN_CANCELLED" });
  await no();
  await no();
  isWilling = true;
  await panel.stepUp({});
  isWilling = false;
  for (let time = 0; time < 3; time++) await no();
  expect(asked).toBe(6);
  isWilling = true;
  await expect(panel.stepUp({})).rejects.toMatchObject({ code: "STEP_UP_REFUSED" });
  expect(asked).toBe(6);
});
