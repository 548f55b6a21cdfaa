import { implement, RpcError } from "@partner-panel/postmessage-rpc";
import { describe, expect, it, vi } from "vitest";
import { desk, eventually, hostAndView, theme, track } from "../test/support.js";
import { connect } from "./connect.js";

vi.setConfig({ testTimeout: 30_000 });

/** What one side said has arrived on the other when this has come back. */
const settled = (host: ReturnType<typeof hostAndView>["host"]) => host.ping();

async function opened(
  setting: Parameters<typeof hostAndView>[0] = {},
  ...rest: Parameters<ReturnType<typeof hostAndView>["connect"]>
) {
  const pair = hostAndView(setting);
  const connecting = pair.connect(...rest);
  pair.host.remote.panel.opened({});
  return { ...pair, panel: await connecting };
}

describe("openPanel", () => {
  it("resolves only when the host has settled consent", async () => {
    const { host, connect } = hostAndView();
    const connecting = connect();
    let isConnected = false;
    void connecting.then(() => {
      isConnected = true;
    });
    await settled(host);
    await settled(host);
    expect(isConnected).toBe(false);
    host.remote.panel.opened({});
    const panel = await connecting;
    expect(panel.instanceId).toBe("panel-1");
    expect(panel.hostOrigin).toBe("https://desk.example");
    host.close();
  });

  it("rejects with the session's end, if that comes first", async () => {
    const { host, connect } = hostAndView();
    const connecting = connect();
    host.close("consent refused");
    await expect(connecting).rejects.toMatchObject({
      code: "SESSION_CLOSED",
      message: "The session has ended: consent refused",
      remote: true,
    });
  });

  it("rejects with CANCELLED when the view gives up, and ends the session", async () => {
    for (const when of ["before", "after"]) {
      const { host, connect } = hostAndView();
      const abort = new AbortController();
      if (when === "before") abort.abort(new Error("enough"));
      const connecting = connect({ signal: abort.signal });
      abort.abort(new Error("enough"));
      await expect(connecting, when).rejects.toMatchObject({ code: "CANCELLED", cause: new Error("enough") });
      expect(await host.closed).toMatchObject({ code: "CLOSED", by: "peer" });
    }
  });

  it("passes on why there is no session", async () => {
    const { host, connect } = hostAndView();
    const refused = new RpcError("EMBEDDER_REFUSED", { message: "no" });
    const { openPanel } = await import("./open-panel.js");
    const page = {
      origin: "",
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
    await expect(openPanel({ auth: false }, page, () => Promise.reject(refused))).rejects.toBe(refused);
    host.close();
    await expect(connect()).rejects.toMatchObject({ code: "SESSION_CLOSED" });
  });

  it("calls the host by its contract, and has no other names", async () => {
    const { host, panel } = await opened({ grant: [{ scope: "ticket:read", where: { id: ["T-42"] } }] });
    expect(await panel.host.ticket.get({ id: panel.context.ticketId })).toEqual({
      id: "T-42",
      subject: "Printer on fire",
    });
    await expect(panel.host.ticket.get({ id: "T-43" })).rejects.toMatchObject({ code: "SCOPE_DENIED", remote: true });
    expect(Object.keys(panel.host)).toEqual(["ticket"]);
    expect(Object.getPrototypeOf(panel.host)).toBe(null);
    expect(Object.isFrozen(panel) && Object.isFrozen(panel.host)).toBe(true);
    host.close();
  });

  it("provides what it was given to provide", async () => {
    const refresh = vi.fn();
    const { host } = await opened({}, { provide: implement(track, { "track.refresh": refresh }) });
    host.remote.track.refresh({ all: true });
    await settled(host);
    expect(refresh).toHaveBeenCalledExactlyOnceWith({ all: true }, expect.anything());
    host.close();
  });

  it("has the context of the welcome, and each snapshot since", async () => {
    const { host, panel } = await opened();
    expect(panel.context).toEqual({ ticketId: "T-42" });
    const snapshots: unknown[] = [];
    const stop = panel.onContext((context) => snapshots.push(context));
    host.remote.panel.context({ context: { ticketId: "T-7" } });
    await settled(host);
    expect(panel.context).toEqual({ ticketId: "T-7" });
    stop();
    host.remote.panel.context({ context: null });
    await settled(host);
    expect(panel.context).toBe(null);
    expect(snapshots).toEqual([{ ticketId: "T-7" }]);
    host.close();
  });

  it("puts looks on the page at once, and whenever they change", async () => {
    const applyTheme = vi.fn();
    const { host, panel } = await opened({}, {}, { applyTheme });
    expect(applyTheme).toHaveBeenCalledExactlyOnceWith(theme, null);
    expect(panel.theme).toEqual(theme);
    const light = { ...theme, colorScheme: "light", designTokens: {} } as const;
    const onTheme = vi.fn();
    panel.onTheme(onTheme);
    host.remote.panel.theme(light);
    await settled(host);
    expect(applyTheme).toHaveBeenLastCalledWith(light, theme);
    expect(onTheme).toHaveBeenCalledExactlyOnceWith(light);
    expect(panel.theme).toEqual(light);
    host.close();
  });

  it("has no looks where the host told none that can be read", async () => {
    const applyTheme = vi.fn();
    const { host, panel } = await opened({ welcome: { colorScheme: "sepia" } }, {}, { applyTheme });
    expect(panel.theme).toBe(null);
    expect(applyTheme).not.toHaveBeenCalled();
    host.close();
  });

  it("tells the content's height until the session ends", async () => {
    const stop = vi.fn();
    const { host, heard } = await opened(
      {},
      {},
      {
        watchHeight: (report) => {
          report(320);
          return stop;
        },
      },
    );
    await settled(host);
    expect(heard).toContainEqual({ height: 320 });
    expect(stop).not.toHaveBeenCalled();
    host.close();
    await eventually(() => expect(stop).toHaveBeenCalledOnce());
  });

  it("says ready once, and fails in words that fit", async () => {
    const { host, heard, panel } = await opened();
    panel.ready();
    panel.ready();
    panel.fail({ code: "NO_ISSUE", message: "x".repeat(3_000), expected: true });
    await settled(host);
    await settled(host);
    expect(heard).toHaveLength(2);
    expect(heard).toContain("ready");
    expect(heard).toContainEqual({ code: "NO_ISSUE", message: "x".repeat(2_000), expected: true });
    host.close();
  });

  it("asks for scopes, gives them back, and knows what is granted", async () => {
    const asked: unknown[] = [];
    const { host, panel } = await opened({
      words: {
        "panel.scopes.request": ({ scopes }) => {
          asked.push(scopes);
          host.updateGrant([{ scope: "ticket:write" }, { scope: "ticket:old", expiresAt: Date.now() - 1 }]);
          return { granted: ["ticket:write"], refused: [{ scope: "ticket:close", by: "policy" }] };
        },
        "panel.scopes.revoke": () => {
          host.updateGrant([]);
          return { granted: [], refused: [] };
        },
      },
    });
    const grants: unknown[] = [];
    panel.onGrant((grant) => grants.push(grant));
    expect(panel.scopes.query()).toEqual([]);
    expect(await panel.scopes.request(["ticket:write", "ticket:close"])).toEqual({
      granted: ["ticket:write"],
      refused: [{ scope: "ticket:close", by: "policy" }],
    });
    expect(asked).toEqual([["ticket:write", "ticket:close"]]);
    // The grant is there when the answer is.
    expect(panel.grant.map(({ scope }) => scope)).toEqual(["ticket:write", "ticket:old"]);
    expect(panel.scopes.query()).toEqual([{ scope: "ticket:write" }]);
    await panel.scopes.revoke(["ticket:write"]);
    expect(panel.scopes.query()).toEqual([]);
    expect(grants).toHaveLength(2);
    host.close();
  });

  it("lets a request for scopes be cancelled", async () => {
    const { host, panel } = await opened({ words: { "panel.scopes.request": () => new Promise(() => {}) } });
    const abort = new AbortController();
    const asking = panel.scopes.request(["ticket:write"], { signal: abort.signal });
    abort.abort();
    await expect(asking).rejects.toMatchObject({ code: "CANCELLED" });
    host.close();
  });

  it("ends whole: signal, calls, listeners, fetch", async () => {
    const { host, panel } = await opened({ words: { "panel.scopes.request": () => new Promise(() => {}) } });
    const pending = panel.scopes.request(["ticket:write"]);
    host.close("removed");
    await expect(pending).rejects.toMatchObject({ code: "SESSION_CLOSED" });
    expect(await panel.closed).toEqual({ code: "CLOSED", by: "peer", reason: "removed" });
    expect(panel.signal.aborted).toBe(true);
    expect(panel.signal.reason).toMatchObject({ code: "SESSION_CLOSED" });
    panel.ready();
    panel.fail({ code: "LATE", message: "nobody hears this" });
    await expect(panel.host.ticket.get({ id: "T-42" })).rejects.toMatchObject({ code: "SESSION_CLOSED" });
  });
});

// Never called: these are for the compiler.
export async function types(): Promise<void> {
  const panel = await connect({ contract: desk, hosts: ["https://desk.example"] });
  const ticket = await panel.host.ticket.get({ id: panel.context.ticketId });
  ticket.subject satisfies string;
  // @ts-expect-error: not in the contract
  void panel.host.ticket.close;
  // @ts-expect-error: the params are of the contract
  void panel.host.ticket.get({ id: 42 });
  const without = await connect({ hosts: ["https://desk.example"] });
  // @ts-expect-error: nothing is provided by the host
  void without.host.ticket;
}
