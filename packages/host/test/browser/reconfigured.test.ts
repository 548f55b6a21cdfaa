import { configurePartners, type PartnersConfig, type SignInStrategy, storageConsentStore } from "@partner-panel/host";
import { implement } from "@partner-panel/postmessage-rpc";
import { expect, test } from "vitest";
import { desk } from "./partner/contracts.js";
import {
  addPanel,
  everything,
  frameOf,
  manifestUrl,
  next,
  type Panel,
  part,
  partnerOrigin,
  viewCalls,
} from "./support.js";

/* The page changes its mind while a panel is open. */

const ticket = { id: "T-42", priority: "high" };
const write = ["ticket:write"];

/** A desk that answers with a priority of its own, by which it can be told from another. */
const deskOf = (priority: string) =>
  implement(desk, {
    "ticket.get": ({ id }) => ({ id, priority }),
    "ticket.changes": async function* ({ id }) {
      yield { id, priority };
    },
    "ticket.update": ({ id }) => ({ id, priority }),
  });
const provide = deskOf("the page's");
const another = deskOf("another's");

/** A panel that is open and may change tickets, and the configuration that it was opened with. */
async function open(config: Partial<PartnersConfig> = {}): Promise<{ panel: Panel; page: PartnersConfig }> {
  const page = {
    partners: { trackwell: manifestUrl({ n: crypto.randomUUID(), id: "localhost.partner.reconfigured" }) },
    policy: { trackwell: everything },
    provide,
    user: () => "ada",
    consent: storageConsentStore(),
    ...config,
  };
  const panel = addPanel({}, page);
  await panel.ready;
  await panel.grantScopes(write);
  expect(panel.grant).toEqual([{ scope: "ticket:write" }]);
  return { panel, page };
}

test("another policy of the page holds when configurePartners returns, in the frame that is there", async () => {
  const { panel, page } = await open();
  const frame = frameOf(panel);
  expect(await viewCalls(panel, "ticket.update", ticket)).toHaveProperty("result");
  for (const policy of [{ trackwell: { scopes: [] } }, { trackwell: () => ({ scopes: [] }) }, {}, undefined]) {
    configurePartners({ ...page, policy });
    expect(panel.grant).toEqual([]);
    expect(await viewCalls(panel, "ticket.update", ticket)).toMatchObject({ code: "SCOPE_DENIED" });
    configurePartners(page);
    expect(panel.grant).toEqual([{ scope: "ticket:write" }]);
  }
  expect(await viewCalls(panel, "ticket.update", ticket)).toHaveProperty("result");
  expect(frameOf(panel)).toBe(frame);
});

test("another plan holds when configurePartners returns, and is the one that refreshPolicy asks", async () => {
  const { panel, page } = await open();
  let scopes: string[] = [];
  configurePartners({ ...page, plan: () => scopes });
  expect(panel.grant).toEqual([]);
  scopes = write;
  panel.refreshPolicy();
  expect(panel.grant).toEqual([{ scope: "ticket:write" }]);
  scopes = [];
  panel.refreshPolicy();
  expect(panel.grant).toEqual([]);
  configurePartners(page);
  expect(panel.grant).toEqual([{ scope: "ticket:write" }]);
});

test("the element's own policy holds when refreshPolicy returns, stays before the page's, and can be taken away", async () => {
  const { panel, page } = await open();
  panel.policy = { scopes: [] };
  panel.refreshPolicy();
  expect(panel.grant).toEqual([]);
  configurePartners({ ...page });
  expect(panel.grant).toEqual([]);
  panel.policy = null;
  await panel.updateComplete;
  expect(panel.grant).toEqual([{ scope: "ticket:write" }]);
});

test("a policy and a context that are set at once: the view hears the context when the grant holds", async () => {
  const { panel } = await open();
  const frame = frameOf(panel);
  panel.context = { ticketId: "T-43" };
  panel.policy = { scopes: [{ scope: "ticket:write", where: { id: ["T-43"] } }] };
  await panel.updateComplete;
  const { heard } = await panel.remote.view.seen();
  expect(heard.at(-1)).toEqual({ context: { ticketId: "T-43" }, grant: [{ id: ["T-43"] }] });
  expect(frameOf(panel)).toBe(frame);
});

const signIn: SignInStrategy = async () => "assertion";
const changes: { title: string; page: Partial<PartnersConfig>; element: Partial<Panel> }[] = [
  { title: "another provide", page: { provide: another }, element: { provide: [another] } },
  { title: "another signIn", page: { signIn: { trackwell: signIn } }, element: { signIn } },
  { title: "another store", page: { consent: storageConsentStore() }, element: { consent: storageConsentStore() } },
];

for (const { title, page: change, element } of changes) {
  test(`${title} of the page takes a new frame`, async () => {
    const { panel, page } = await open();
    const frame = frameOf(panel);
    configurePartners({ ...page, ...change });
    expect(frame?.isConnected).toBe(false);
    await next(panel, "partner-ready");
    configurePartners({ ...page, ...change, provide: [change.provide ?? provide].flat() });
    expect(panel.state).toBe("ready");
  });

  test(`${title} of the element takes one new frame, whether refreshPolicy or the update comes first`, async () => {
    const { panel, page } = await open();
    const shown = new Set([panel.instanceId]);
    panel.addEventListener("partner-statechange", () => shown.add(panel.instanceId));
    Object.assign(panel, element);
    panel.refreshPolicy();
    expect(panel.state).toBe("loading");
    await next(panel, "partner-ready");
    expect(shown.size).toBe(2);
    // What the element has of its own the page does not change.
    configurePartners({ ...page, ...change });
    expect(panel.state).toBe("ready");
  });
}

test("another provide is the one that answers", async () => {
  const { panel, page } = await open();
  configurePartners({ ...page, provide: another });
  await next(panel, "partner-ready");
  expect(await viewCalls(panel, "ticket.update", ticket)).toEqual({ result: { id: "T-42", priority: "another's" } });
  panel.provide = provide;
  await next(panel, "partner-ready");
  expect(await viewCalls(panel, "ticket.update", ticket)).toEqual({ result: { id: "T-42", priority: "the page's" } });
});

test("a policy that leaves out panels ends one that is open → SURFACE_NOT_GRANTED, with a way to the partner's own page", async () => {
  const policy: { scopes: typeof everything.scopes; surfaces?: "icon"[] } = { ...everything };
  const { panel, page } = await open({ policy: { trackwell: () => policy } });
  policy.surfaces = ["icon"];
  panel.refreshPolicy();
  expect(panel.error).toMatchObject({ code: "SURFACE_NOT_GRANTED", phase: "config", retryable: false });
  expect(panel.grant).toEqual([]);
  expect(frameOf(panel)).toBe(null);
  await panel.updateComplete;
  expect(part(panel, "link")?.getAttribute("href")).toBe(`${partnerOrigin}/partner/page`);
  configurePartners({ ...page, policy: { trackwell: everything } });
  await next(panel, "partner-ready");
});
