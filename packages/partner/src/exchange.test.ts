import { inspect } from "node:util";
import * as oauth from "oauth4webapi";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { providerEnds } from "../test/provider.js";
import { skewClock, view } from "../test/servers.js";
import { connectedWith } from "../test/with-provider.js";
import { proofFor } from "./api-request.js";

vi.setConfig({ testTimeout: 30_000 });

const signIn = { mode: "exchange" };

describe("mode exchange", () => {
  let ends: Awaited<ReturnType<typeof providerEnds>>;
  const open: { close(): void }[] = [];

  beforeEach(async () => {
    ends = await providerEnds();
  });
  afterEach(() => {
    for (const each of open.splice(0)) each.close();
    ends.close();
  });

  async function connected(words: NonNullable<Parameters<typeof connectedWith>[1]["words"]> = {}, auth?: object) {
    const all = await connectedWith(ends, { signIn, words, ...(auth ? { auth } : {}) });
    open.push(all.host);
    return all;
  }

  it("gets a token for the frame's key from the provider that both sides trust", async () => {
    const { get, asked, states, panel } = await connected();
    expect(await get()).toMatchObject({ path: "/api/issues/42", sub: "ada.t", scope: "issues:read issues:write" });
    expect(asked).toEqual(["exchange"]);
    expect(states()).toEqual(["started", "done"]);
    expect(panel.account).toEqual({ sub: "ada.t" });
  });

  it("the host's page sees the token pass by, and cannot use it", async () => {
    let seen = "";
    const { get } = await connected({
      "panel.exchange": async (question) => {
        const answer = (await (await ends.exchange(question)).json()) as { access_token: string; token_type: string };
        seen = answer.access_token;
        return answer;
      },
    });
    // The control: with the frame's key the very same token opens the API.
    expect(await get()).toMatchObject({ sub: "ada.t" });
    for (const headers of [
      { authorization: `DPoP ${seen}` },
      { authorization: `Bearer ${seen}` },
      { authorization: `DPoP ${seen}`, dpop: await ownProof(`${ends.api}/api/issues/42`, seen) },
    ]) {
      const response = await fetch(`${ends.api}/api/issues/42`, { headers: { origin: view, ...headers } });
      expect(response.status).toBe(401);
    }
  });

  it.each(["Bearer", "mac", "N_A"])("refuses a token of type %s that a host passes on", async (token_type) => {
    ends.knobs.isBlind = true;
    let token = "";
    const {
      panel,
      reported,
      signIn: reports,
      audit,
    } = await connected({
      "panel.exchange": async () => {
        const form = { grant_type: "urn:ietf:params:oauth:grant-type:token-exchange", scope: "issues:read" };
        const response = await fetch(`${ends.auth.issuer}/token`, {
          method: "POST",
          headers: { authorization: `Basic ${btoa("desk:desk-secret")}` },
          body: new URLSearchParams({ ...form, subject_token: "the token of ada" }),
        });
        token = ((await response.json()) as { access_token: string }).access_token;
        return { access_token: token, token_type };
      },
    });
    const error: unknown = await panel.fetch("/issues/42").catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "TOKEN_REFUSED" });
    await reported({ state: "failed", code: "TOKEN_REFUSED" });
    expect(token).not.toBe("");
    expect(inspect([error, reports, audit], { depth: null, showHidden: true })).not.toContain(token.slice(0, 40));
  });

  it("refuses a token with more scopes than were asked for", async () => {
    const { panel } = await connected({
      "panel.exchange": async (question) => ({
        ...((await (await ends.exchange(question)).json()) as { access_token: string; token_type: string }),
        scope: "issues:read issues:delete",
      }),
    });
    await expect(panel.fetch("/issues/42")).rejects.toMatchObject({ code: "TOKEN_REFUSED" });
  });

  it("puts the provider's nonce into a second proof, and no third", async () => {
    ends.knobs.requireNonce = true;
    const { get, asked } = await connected();
    expect(await get()).toMatchObject({ sub: "ada.t" });
    expect(asked).toHaveLength(2);
    const never = await connected({
      "panel.exchange": (_question, call) => {
        never.asked.push("again");
        throw call.fail("USE_DPOP_NONCE", { message: "once more", data: { nonce: "n" } });
      },
    });
    await expect(never.panel.fetch("/issues/42")).rejects.toMatchObject({ code: "TOKEN_REFUSED" });
    expect(never.asked.length % 2).toBe(0);
  });

  it.each([600, -600])("works on a computer whose clock is off by %i s", async (seconds) => {
    const mend = skewClock(seconds * 1_000);
    try {
      const { get, asked } = await connected();
      expect(await get()).toMatchObject({ sub: "ada.t" });
      expect(asked).toHaveLength(2);
    } finally {
      mend();
    }
  });

  it("passes on that nobody is signed in at the host", async () => {
    ends.knobs.user = undefined;
    const { panel, reported, get } = await connected();
    await expect(panel.fetch("/issues/42")).rejects.toMatchObject({ code: "SIGN_IN_REQUIRED" });
    await reported({ state: "failed", code: "SIGN_IN_REQUIRED" });
    ends.knobs.user = "ada";
    expect(await get()).toMatchObject({ sub: "ada.t" });
  });

  it("is not used where the view's own manifest does not offer it", async () => {
    for (const modes of [["assertion"], undefined]) {
      const { panel, asked } = await connected({}, { ...ends.auth, modes });
      await expect(panel.fetch("/issues/42")).rejects.toMatchObject({ code: "CONFIG_REFUSED" });
      expect(asked).toEqual([]);
    }
  });

  it("asks once for twenty whose token has expired", async () => {
    const { get, clock, asked } = await connected();
    await get();
    clock.advance(300_001);
    await Promise.all(Array.from({ length: 20 }, () => get()));
    expect(asked).toHaveLength(2);
  });
});

/** A proof by a key that the host's page made. */
async function ownProof(url: string, token: string): Promise<string> {
  const proofs = oauth.DPoP({}, await oauth.generateKeyPair("ES256"));
  return proofFor({ method: "GET", url: new URL(url) }, token, proofs);
}
