import { type PartnerGrants, storageConsentStore } from "@partner-panel/host";
import { implement } from "@partner-panel/postmessage-rpc";
import { describe, expect, test } from "vitest";
import { desk } from "./partner/contracts.js";
import { addPanel, elsewhere, everything, type Panel, partnerOrigin, pause, viewCalls } from "./support.js";

const id = "localhost.partner.issues";
const ticket = { id: "T-42", priority: "low" };
const params = { id: "T-42" };
const read = ["ticket:read"];

interface Revoker {
  readonly who: string;
  readonly revoke: (panel: Panel) => void;
}

/** Who can take a scope back in this page. When one of these has returned the scope is gone. */
const here: readonly Revoker[] = [
  {
    who: "the page, by revokeScopes()",
    revoke: (panel) => {
      panel.revokeScopes(read).catch(() => {});
    },
  },
  {
    who: "the page, by a policy that leaves it out",
    revoke: (panel) => {
      allowed = [];
      panel.refreshPolicy();
    },
  },
  {
    who: "the user, in <partner-grants>",
    revoke: () => {
      const button = document.querySelector("partner-grants")?.shadowRoot?.querySelector<HTMLElement>(".revoke");
      if (!button) throw new Error("The list shows nothing to take back");
      button.click();
    },
  },
];

const everywhere: readonly Revoker[] = [
  ...here,
  {
    who: "the user, in another tab",
    revoke: () =>
      elsewhere((storage) =>
        storageConsentStore(() => storage).remove({ partner: id, origin: partnerOrigin, user: "ada" }, read),
      ),
  },
];

let allowed: readonly { scope: string }[] = everything.scopes;

/** A panel of Ada's that holds `ticket:read`, with handlers that do `first` when the first call runs, and the list beside it. */
async function opened(first: (panel: Panel) => void, more: { stays?: (signal: AbortSignal) => Promise<void> } = {}) {
  allowed = everything.scopes;
  const ran = { get: 0, items: 0, aborted: 0 };
  const provide = implement(desk, {
    "ticket.get": async (_params, call) => {
      ran.get += 1;
      call.signal.addEventListener("abort", () => {
        ran.aborted += 1;
      });
      if (ran.get === 1) first(panel);
      await more.stays?.(call.signal);
      return ticket;
    },
    "ticket.update": (given) => given,
    "ticket.changes": async function* (_params, call) {
      try {
        while (!call.signal.aborted) {
          ran.items += 1;
          yield ticket;
          await pause(0);
        }
      } finally {
        ran.aborted += 1;
      }
    },
  });
  const panel = addPanel(
    {},
    { user: () => "ada", query: { required: "" }, provide, policy: { trackwell: () => ({ scopes: allowed }) } },
  );
  panel.addEventListener("partner-consentrequest", (event) => event.respondWith(read));
  await panel.ready;
  const grants: PartnerGrants = document.createElement("partner-grants");
  document.body.append(grants);
  await expect.poll(() => grants.shadowRoot?.querySelector(".revoke")).toBeTruthy();
  return { panel, ran };
}

const times = 50;
const callMany = (panel: Panel) => panel.remote.view.callMany({ name: "ticket.get", params, times });

test("control: all of fifty calls run and are answered while the scope is held; a stream goes on", async () => {
  const { panel, ran } = await opened(() => {});
  expect(new Set(await callMany(panel))).toEqual(new Set(["result"]));
  expect(ran.get).toBe(times);
  const reading = panel.remote.view.read({ name: "ticket.changes", params }, { timeout: 60_000 });
  await expect.poll(() => ran.items).toBeGreaterThan(50);
  panel.remove();
  await expect(reading).rejects.toMatchObject({ code: "SESSION_CLOSED" });
});

describe.each(here)("taken back by $who", ({ revoke }) => {
  test("no handler of the calls that wait starts, and none gets a result", async () => {
    const { panel, ran } = await opened(revoke);
    const ends = await callMany(panel);
    expect(ran.get).toBe(1);
    expect(panel.grant).toEqual([]);
    expect(ends).toHaveLength(times);
    expect(new Set(ends)).toEqual(new Set(["SCOPE_REVOKED", "SCOPE_DENIED"]));
    expect(panel.state).toBe("ready");
  });

  test("a result that waits to be sent is not sent", async () => {
    const { panel, ran } = await opened(() => {});
    // Decided and audited, and not on the port yet.
    panel.addEventListener("partner-audit", ({ method, decision }) => {
      if (method === "ticket.get" && decision === "allowed") revoke(panel);
    });
    expect(await viewCalls(panel, "ticket.get", params)).toMatchObject({ code: "SCOPE_REVOKED" });
    expect(ran.get).toBe(1);
  });
});

describe.each(everywhere)("taken back by $who", ({ revoke }) => {
  test("a call that runs gets its signal, and its caller SCOPE_REVOKED", async () => {
    const { panel, ran } = await opened(revoke, {
      stays: (signal) => new Promise((resolve) => signal.addEventListener("abort", () => resolve())),
    });
    expect(await viewCalls(panel, "ticket.get", params)).toMatchObject({ code: "SCOPE_REVOKED" });
    expect(ran.aborted).toBe(1);
    expect(await viewCalls(panel, "ticket.get", params)).toMatchObject({ code: "SCOPE_DENIED" });
    expect(ran.get).toBe(1);
  });

  test("a stream closes, and no item comes after that", async () => {
    const { panel, ran } = await opened(() => {});
    const reading = panel.remote.view.read({ name: "ticket.changes", params }, { timeout: 60_000 });
    await expect.poll(() => ran.items).toBeGreaterThan(20);
    revoke(panel);
    const { items, end } = await reading;
    expect(end).toBe("SCOPE_REVOKED");
    await expect.poll(() => ran.aborted).toBe(1);
    const { items: given } = ran;
    await viewCalls(panel, "panel.scopes.revoke", { scopes: [] });
    const { heard } = await panel.remote.view.seen();
    expect(heard.filter((word) => word === "item")).toHaveLength(items);
    expect(ran.items).toBe(given);
  });
});
