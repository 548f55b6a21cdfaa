import { signedIn, takeToken } from "./support/attacker.js";
import { PlaywrightUi } from "./support/playwright-ui.js";
import { expect, test } from "./support/test.js";

/*
 * The sign-in table of the attack catalogue, its rows about a token's life in a real frame. What needs a clock of its own to be watched, and the log-out, are
 * in packages/partner/src/sign-in.test.ts and sign-out.spec.ts.
 */

for (const mode of ["assertion", "exchange"] as const) {
  test(`twenty calls that meet a token which is over make one renewal (${mode}) @chromium @cookies`, async ({
    ui,
    demo,
  }) => {
    const view = await signedIn(ui, demo, mode);
    const { token: old } = await takeToken(view);
    const result = await view.eval(async (old) => {
      const { panel } = document.querySelector("trackwell-issue-view") as unknown as {
        panel: { fetch(url: string): Promise<Response>; token(): Promise<{ token: string }> };
      };
      const original = window.fetch;
      let refused = 0;
      // As an API that has just ended this token: in the middle of calls that were let in a moment ago.
      window.fetch = async (input, init) => {
        const { headers } = new Request(input, init);
        if (headers.get("authorization") !== `DPoP ${old}`) return original(input, init);
        refused += 1;
        const challenge = { "www-authenticate": 'DPoP error="invalid_token"' };
        return new Response(null, { status: 401, headers: challenge });
      };
      const calls = Array.from({ length: 20 }, () => panel.fetch("/issues/TRK-7"));
      const statuses = (await Promise.all(calls)).map(({ status }) => status);
      return { refused, statuses: [...new Set(statuses)], calls: statuses.length, token: (await panel.token()).token };
    }, old);
    expect(result).toEqual({ refused: 20, statuses: [200], calls: 20, token: expect.stringMatching(/^eyJ/) });
    expect(result.token).not.toBe(old);
    // One more than those that Trackwell, or Desk's provider, had given by then.
    const given = await ui.eval(async () => {
      const entries = performance.getEntriesByType("resource").map(({ name }) => new URL(name).pathname);
      return entries.filter((path) => path === "/panel/assertion" || path === "/panel/exchange").length;
    });
    expect(given).toBe(2);
  });
}

for (const [seconds, mode] of [
  [-600, "assertion"],
  [600, "assertion"],
  [-600, "code"],
  [600, "code"],
] as const) {
  test(`a clock that is ${seconds} s off signs in and is served (${mode}) @chromium @cookies`, async ({ ui, demo }) => {
    if (!(ui instanceof PlaywrightUi)) throw new Error("Chromium is driven by Playwright");
    await ui.page.context().addInitScript((off) => {
      const now = Date.now;
      Date.now = () => now() + off;
      const Real = Date;
      // Without arguments it is the time now.
      window.Date = new Proxy(Real, {
        construct: (target, given) => (given.length === 0 ? new target(Real.now()) : Reflect.construct(target, given)),
      });
    }, seconds * 1_000);
    const view = await signedIn(ui, demo, mode);
    const { proof, token } = await takeToken(view);
    const claims = (jwt: string) =>
      JSON.parse(atob((jwt.split(".")[1] ?? "").replaceAll("-", "+").replaceAll("_", "/"))) as Record<string, number>;
    // The control: the proof does say that time, and the token another; it was let in for its nonce.
    expect(Math.abs((claims(proof)["iat"] ?? 0) - (claims(token)["iat"] ?? 0) - seconds)).toBeLessThan(60);
    expect(claims(proof)["nonce"]).toEqual(expect.any(String));
  });
}
