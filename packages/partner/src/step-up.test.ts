import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { providerEnds } from "../test/provider.js";
import { connectedWith } from "../test/with-provider.js";

vi.setConfig({ testTimeout: 30_000 });

const seconds = () => Math.floor(Date.now() / 1000);

describe.each(["assertion", "exchange"])("step-up in mode %s", (mode) => {
  let ends: Awaited<ReturnType<typeof providerEnds>>;
  const open: { close(): void }[] = [];
  const demands: unknown[] = [];

  beforeEach(async () => {
    ends = await providerEnds();
    ends.knobs.authTime = seconds() - 600;
    demands.length = 0;
  });
  afterEach(() => {
    for (const each of open.splice(0)) each.close();
    ends.close();
  });

  /** The host's user signs in again when asked to. */
  const again = async (demand: unknown) => {
    demands.push(demand);
    ends.knobs.authTime = seconds();
    return {};
  };

  async function connected(stepUp?: NonNullable<Parameters<typeof connectedWith>[1]["words"]>["panel.stepUp"]) {
    const all = await connectedWith(ends, {
      signIn: { mode },
      ...(stepUp ? { words: { "panel.stepUp": stepUp } } : {}),
    });
    open.push(all.host);
    return all;
  }

  it("has the host's user sign in again where the API demands it, and sends once more", async () => {
    const { panel, asked, states } = await connected(again);
    expect((await panel.fetch("/issues")).status).toBe(200);
    expect(demands).toEqual([]);
    const response = await panel.fetch("/strict", { method: "POST", body: "close it" });
    expect(await response.json()).toMatchObject({ path: "/api/strict", auth_time: ends.knobs.authTime });
    expect(demands).toEqual([{ max_age: 60 }]);
    expect(asked).toEqual([mode, mode]);
    expect(states()).toEqual(["started", "done"]);
    expect((await panel.fetch("/strict")).status).toBe(200);
    expect(demands).toHaveLength(1);
  });

  it("asks once for all who want it", async () => {
    const { panel, asked } = await connected(again);
    await panel.fetch("/issues");
    const answers = await Promise.all(Array.from({ length: 20 }, () => panel.fetch("/strict")));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(demands).toHaveLength(1);
    expect(asked).toHaveLength(2);
  });

  it("asks once a request: what is not enough then is the API's answer", async () => {
    const { panel } = await connected(async (demand) => {
      demands.push(demand);
      return {};
    });
    const response = await panel.fetch("/strict");
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain("insufficient_user_authentication");
    expect(demands).toHaveLength(1);
  });

  it("leaves the API's answer as it is where the host has no way to, and keeps the token", async () => {
    const { panel, asked, states } = await connected();
    const response = await panel.fetch("/strict");
    expect(response.status).toBe(401);
    expect(await response.json()).toMatchObject({ error: "insufficient_user_authentication" });
    expect((await panel.fetch("/issues")).status).toBe(200);
    expect(asked).toEqual([mode]);
    expect(states()).toEqual(["started", "done"]);
  });

  it("says that the user did not want to", async () => {
    const { panel, states } = await connected((_demand, call) => {
      throw call.fail("SIGN_IN_CANCELLED", { message: "no" });
    });
    await expect(panel.fetch("/strict")).rejects.toMatchObject({ code: "SIGN_IN_CANCELLED" });
    expect((await panel.fetch("/issues")).status).toBe(200);
    expect(states()).toEqual(["started", "done"]);
  });
});
