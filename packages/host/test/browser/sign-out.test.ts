import { configurePartners, type PartnerPanel, signOut } from "@partner-panel/host";
import { implement } from "@partner-panel/postmessage-rpc";
import { expect, test } from "vitest";
import { desk } from "./partner/contracts.js";
import { addPanel, frameOf, manifestUrl, next, part, press, viewCalls } from "./support.js";

const soon = <T>(read: () => T) => expect.poll(read, { timeout: 10_000 });

async function otherTab(user: string): Promise<PartnerPanel> {
  const query = new URLSearchParams({
    script: "/packages/host/test/browser/partner/other-tab.ts",
    manifest: manifestUrl({ tab: user }),
    user,
  });
  const tab = document.createElement("iframe");
  tab.src = `/test-page?${query}`;
  document.body.append(tab);
  const find = () => tab.contentDocument?.querySelector("partner-panel");
  await soon(() => find()?.state).toBe("ready");
  return find() as unknown as PartnerPanel;
}

test("one panel signs out: the view is told, session and frame end, and the panel says what to do", async () => {
  const witness = addPanel();
  await witness.ready;
  const panel = addPanel();
  await panel.ready;
  // The page's new settings began it anew.
  await soon(() => witness.state).toBe("ready");
  const { remote } = panel;
  const pending = remote.view.call({ name: "ticket.get", params: { id: "T-42" } });
  const states: string[] = [];
  panel.addEventListener("partner-statechange", ({ state }) => states.push(state));
  panel.signOut();
  expect(panel.state).toBe("signing-in");
  await expect(pending).rejects.toMatchObject({ code: "SESSION_CLOSED" });
  await soon(() => frameOf(panel)).toBe(null);
  expect(states).toEqual(["signing-in"]);
  expect(panel.shadowRoot?.querySelector("[role=status]")?.textContent).toContain("You are signed out");
  expect(panel.grant).toEqual([]);
  await expect.poll(async () => (await witness.remote.view.seen(undefined)).heard).toContain("signedOut");
  expect(witness.state).toBe("ready");
  await press(part(panel, "retry-button"));
  await panel.ready;
  expect(panel.state).toBe("ready");
});

test("the host signs out: every panel in every tab of that user ends, and nobody else's", async () => {
  const panels = [addPanel({}, { user: () => "ada" }), addPanel({}, { user: () => "ada" })];
  await Promise.all(panels.map((panel) => panel.ready));
  const [same, other] = [await otherTab("ada"), await otherTab("ben")];
  signOut();
  for (const panel of panels) expect(panel.state).toBe("signing-in");
  await soon(() => same.state).toBe("signing-in");
  await soon(() => same.shadowRoot?.querySelector("iframe") ?? null).toBe(null);
  expect(other.state).toBe("ready");
});

test("a page without panels, and one that knows no user any more, ends everybody's", async () => {
  const [ada, ben] = [await otherTab("ada"), await otherTab("ben")];
  configurePartners({ partners: {}, user: () => null });
  signOut();
  await soon(() => [ada.state, ben.state]).toEqual(["signing-in", "signing-in"]);
});

test("another user is another frame, and what the old one's view asked for is answered to nobody", async () => {
  let user: string | null = "ada";
  let isAsked = () => {};
  let reply = (_ticket: { id: string; priority: string }) => {};
  const asking = new Promise<void>((resolve) => {
    isAsked = resolve;
  });
  const provide = implement(desk, {
    "ticket.get": () => {
      isAsked();
      return new Promise((resolve) => {
        reply = resolve;
      });
    },
    "ticket.changes": async function* () {},
    "ticket.update": (ticket) => ticket,
  });
  const panel = addPanel({}, { user: () => user, query: { required: "" }, provide });
  panel.addEventListener("partner-consentrequest", (event) => event.respondWith(["ticket:read"]));
  await panel.ready;
  const first = frameOf(panel);
  const replies: unknown[] = [];
  viewCalls(panel, "ticket.get", { id: "T-42" }).then(
    (answer) => replies.push(answer),
    (error: { code: string }) => replies.push(error.code),
  );
  await asking;
  user = null;
  signOut();
  reply({ id: "T-42", priority: "ada's" });
  await soon(() => replies).toEqual(["SESSION_CLOSED"]);
  panel.refreshPolicy();
  expect(panel.state).toBe("signing-in");
  user = "ben";
  const ready = next(panel, "partner-ready");
  panel.refreshPolicy();
  await ready;
  expect(frameOf(panel)).not.toBe(first);
  expect(panel.shadowRoot?.querySelectorAll("iframe").length).toBe(1);
  expect(replies).toEqual(["SESSION_CLOSED"]);
});

test("a panel that was taken out hears nothing, and none that is left is missed", async () => {
  const [gone, left] = [addPanel(), addPanel()];
  await Promise.all([gone.ready, left.ready]);
  gone.remove();
  signOut();
  expect([gone.state, left.state]).toEqual(["closed", "signing-in"]);
});
