import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { providerEnds } from "../test/provider.js";
import { connectedWith } from "../test/with-provider.js";

vi.setConfig({ testTimeout: 30_000 });

describe.each(["assertion", "exchange"] as const)("a host's policy that narrows, in mode %s", (mode) => {
  let ends: Awaited<ReturnType<typeof providerEnds>>;
  const open: { close(): void }[] = [];
  /** What the policy leaves, and each list of scopes that the host was asked for. */
  let left: string[];
  let asked: string[];

  beforeEach(async () => {
    ends = await providerEnds();
    left = ["issues:read", "issues:write"];
    asked = [];
  });
  afterEach(() => {
    for (const each of open.splice(0)) each.close();
    ends.close();
  });

  /** The host takes no more than the policy leaves, and says what that is; its back end is the real one. */
  async function connected(scopes?: unknown) {
    const refusal = { message: "The host's policy leaves a scope out", data: { scopes: left } };
    const isLess = (scope: string) => {
      asked.push(scope);
      refusal.data.scopes = left;
      return scope.split(" ").some((each) => !left.includes(each));
    };
    const all = await connectedWith(ends, {
      signIn: { mode, ...(scopes === undefined ? {} : { scopes }) },
      words: {
        "panel.assertion": async (question, call) => {
          if (isLess(question.scope)) throw call.fail("ASSERTION_REFUSED", refusal);
          return (await (await ends.assertion(question)).json()) as { assertion: string };
        },
        "panel.exchange": async (question, call) => {
          if (isLess(question.scope)) throw call.fail("TOKEN_REFUSED", refusal);
          return (await (await ends.exchange(question)).json()) as { access_token: string; token_type: string };
        },
      },
    });
    open.push(all.host);
    return all;
  }

  it("is kept to from the first question: a narrower token, not none", async () => {
    left = ["issues:read"];
    const { get, states } = await connected(["issues:read", "issues:delete"]);
    expect(await get()).toMatchObject({ sub: "ada.t", scope: "issues:read" });
    expect(asked).toEqual(["issues:read"]);
    expect(states()).toEqual(["started", "done"]);
  });

  it.each([[undefined], ["issues:read"]])("is not there where the host says %o: all is asked for", async (scopes) => {
    expect(await (await connected(scopes)).get()).toMatchObject({ scope: "issues:read issues:write" });
    expect(asked).toEqual(["issues:read issues:write"]);
  });

  it("holds from the next renewal where it changed since, and no longer than it does", async () => {
    const { get, clock } = await connected();
    expect(await get()).toMatchObject({ scope: "issues:read issues:write" });
    for (const now of [["issues:write"], ["issues:read", "issues:write"]]) {
      left = now;
      clock.advance(301_000);
      expect(await get()).toMatchObject({ scope: now.join(" ") });
    }
    const all = "issues:read issues:write";
    expect(asked).toEqual([all, all, "issues:write", all]);
  });

  it("is the host's to refuse by where it leaves nothing, and nothing is asked twice", async () => {
    left = [];
    const { panel } = await connected([]);
    await expect(panel.fetch("/issues/42")).rejects.toMatchObject({
      code: mode === "assertion" ? "ASSERTION_REFUSED" : "TOKEN_REFUSED",
      remote: true,
    });
    const once = asked.length;
    expect(new Set(asked)).toEqual(new Set(["issues:read issues:write"]));
    await expect(panel.fetch("/issues/42")).rejects.toMatchObject({ remote: true });
    expect(asked.length - once).toBeLessThanOrEqual(1);
  });
});
