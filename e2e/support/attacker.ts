import type { TestDemo } from "./demo.js";
import { at, signIn, stateOf } from "./desk.js";
import { outside, type ProofKey } from "./outside.js";
import { expect } from "./test.js";
import type { Surface, Ui } from "./ui.js";

/*
 * What an attacker in each place of a sign-in can do: script in the host's page, script in the view, and somebody who is no browser at all.
 */

export type Mode = "assertion" | "exchange" | "code";
type Agent = "ada" | "ben" | "cleo";

const jwtBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/** A request of the frame's to its API, as it went. */
export interface Call {
  url: string;
  method: string;
  token: string;
  proof: string;
  status: number;
}

/**
 * Signs in at Desk, lets `script` loose in its page, and only then opens T-42 there: the page stays the same document, so that the script sees
 * all of the panel's sign-in.
 */
export async function openWith(
  ui: Ui,
  demo: TestDemo,
  mode: Mode,
  agent: Agent,
  script: (ui: Ui) => Promise<void> = async () => {},
): Promise<Surface> {
  await signIn(ui, demo, agent);
  await script(ui);
  await ui.eval((mode) => {
    const link = Object.assign(document.createElement("a"), { href: `/tickets/T-42?sign-in=${mode}` });
    document.body.append(link);
    link.click();
    link.remove();
  }, mode as string);
  await ui.click(at.allow);
  return ui.frame(at.panel);
}

/** As an agent by a mode, until the view shows what its API says. In mode `code` as `account`. */
export async function signedIn(
  ui: Ui,
  demo: TestDemo,
  mode: Mode,
  {
    agent = "ada",
    account = "ada.t",
    script,
  }: { agent?: Agent; account?: string; script?: (ui: Ui) => Promise<void> } = {},
): Promise<Surface> {
  const view = await openWith(ui, demo, mode, agent, script);
  if (mode === "code") {
    const popup = await openWindow(ui, view, demo);
    await popup.click(`button[value="${account}"]`);
  }
  await expect.poll(() => view.text("#issue-id"), "what the API says").toBe("TRK-7");
  await expect.poll(() => stateOf(ui)).toBe("ready");
  return view;
}

/** The window of mode `code`, once the provider asks who it is. */
export async function openWindow(ui: Ui, view: Surface, demo: TestDemo): Promise<Ui> {
  await expect.poll(() => view.visible("#sign-in"), "an offer to sign in").toBe(true);
  const popup = await ui.popup(() => view.click("#sign-in"));
  await expect.poll(() => popup.url()).toContain(`${demo.addresses.trackwellId}/interaction/`);
  return popup;
}

/** Why the view offers to sign in. */
export const offered = async (view: Surface): Promise<string | null> =>
  /\((\w+)\)$/.exec((await view.text("#offer-why")) ?? "")?.[1] ?? null;

/** What script in the view can do: reads the token off the frame's next call to its API. */
export async function takeToken(view: Surface): Promise<Call> {
  await view.eval(() => {
    const original = window.fetch;
    const page = window as unknown as { taken: Call | null };
    page.taken = null;
    window.fetch = async (input, init) => {
      const request = new Request(input, init);
      const [scheme, token = ""] = (request.headers.get("authorization") ?? "").split(" ");
      const proof = request.headers.get("dpop") ?? "";
      const { url, method } = request;
      const response = await original(input, init);
      if (scheme === "DPoP") page.taken ??= { url, method, token, proof, status: response.status };
      return response;
    };
  });
  await view.click(at.refreshIssue);
  const taken = () => view.eval(() => (window as unknown as { taken: Call | null }).taken);
  await expect.poll(taken, "the frame's own call").toMatchObject({ status: 200 });
  return (await taken()) as Call;
}

/** What script in the host's page can do: asks the host's own back end for an assertion, for a key of its choice. */
export const askAssertion = (
  ui: Ui,
  key: Pick<ProofKey, "jkt">,
  { scope = "issues:read", partner = "trackwell" }: { scope?: string; partner?: string } = {},
): Promise<{ assertion?: string; error?: string }> =>
  ui.eval(
    async (question) => {
      const stored = Object.keys(sessionStorage).find((name) => name.startsWith("oidc.user:")) ?? "";
      const { access_token } = JSON.parse(sessionStorage.getItem(stored) ?? "{}") as { access_token: string };
      const response = await fetch("/panel/assertion", {
        method: "POST",
        headers: { "Content-Type": "application/json", Authorization: `Bearer ${access_token}` },
        body: JSON.stringify(question),
      });
      return (await response.json()) as { assertion?: string; error?: string };
    },
    { jkt: key.jkt, scope, partner },
  );

export const redemption = (assertion: string, resource: string, more: Record<string, string> = {}): string =>
  new URLSearchParams({ grant_type: jwtBearer, client_id: "panel", assertion, resource, ...more }).toString();

/** Trades an assertion at the partner's token endpoint, saying any origin. */
export async function redeem(
  demo: TestDemo,
  assertion: string,
  key: ProofKey,
  { origin = demo.addresses.trackwell, scope }: { origin?: string; scope?: string } = {},
) {
  const endpoint = `${demo.addresses.trackwellId}/token`;
  return outside(endpoint, {
    method: "POST",
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      origin,
      dpop: await key.proof("POST", endpoint),
    },
    body: redemption(assertion, `${demo.addresses.trackwell}/api`, scope === undefined ? {} : { scope }),
  });
}

/** A call to the partner's API with a key of one's own, saying the view's origin: what refuses it must be something else. */
export async function callApi(
  demo: TestDemo,
  path: string,
  token: string,
  key: ProofKey,
  { method = "GET", body }: { method?: string; body?: object } = {},
) {
  const { trackwell } = demo.addresses;
  const url = `${trackwell}/api${path}`;
  return outside(url, {
    method,
    headers: {
      origin: trackwell,
      authorization: `DPoP ${token}`,
      dpop: await key.proof(method, url, token),
      ...(body ? { "content-type": "application/json" } : {}),
    },
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}
