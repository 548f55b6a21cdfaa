import { configurePartners, type UpgradeRequest } from "@partner-panel/host";
import { expect, test } from "vitest";
import { addPanel, everything, frameOf, manifestUrl, next, type Panel, part, partnerOrigin } from "./support.js";

const required = { query: { required: "" } };
const offer = (panel: Panel) => part(panel, "upgrade-button");

test.each([
  ["NOT_ENTITLED", { plan: () => [] }, "Your plan doesn’t include this."],
  ["SURFACE_NOT_GRANTED", { policy: { trackwell: { scopes: [] } } }, "Trackwell Issues may not be shown here."],
] as const)("%s: the reason, the page's own offer and the partner's own page", async (code, config, reason) => {
  const asked: UpgradeRequest[] = [];
  const upgrade = (request: UpgradeRequest) => {
    asked.push(request);
    return { label: "See plans", href: "/plans" };
  };
  const panel = addPanel({}, { ...required, ...config, upgrade });
  await next(panel, "partner-error");
  await panel.updateComplete;
  expect(asked).toEqual([{ partner: "trackwell", view: "issue", code, scopes: ["ticket:read"], panel }]);
  expect(part(panel, "error")?.textContent).toContain(reason);
  expect(offer(panel)?.textContent).toBe("See plans");
  expect(offer(panel)?.getAttribute("href")).toBe("/plans");
  expect(part(panel, "link")?.getAttribute("href")).toBe(`${partnerOrigin}/partner/page`);
  expect(frameOf(panel)).toBe(null);
});

test("a policy that shows no panels of this partner leaves out no scope in particular", async () => {
  const asked: UpgradeRequest[] = [];
  const upgrade = (request: UpgradeRequest) => {
    asked.push(request);
    return null;
  };
  const panel = addPanel({}, { policy: { trackwell: { scopes: [], surfaces: ["link"] } }, upgrade });
  await next(panel, "partner-error");
  await panel.updateComplete;
  expect(asked).toMatchObject([{ code: "SURFACE_NOT_GRANTED", scopes: [] }]);
  expect(offer(panel)).toBe(null);
  expect(part(panel, "link")).not.toBe(null);
});

test("an offer that does something: the view is shown once the plan is another", async () => {
  const plan: string[] = [];
  const upgrade = ({ panel, scopes }: UpgradeRequest) => ({
    label: "Upgrade",
    run: () => {
      plan.push(...scopes);
      panel.refreshPolicy();
    },
  });
  const panel = addPanel({}, { ...required, plan: () => plan, upgrade });
  panel.addEventListener("partner-consentrequest", (event) => event.respondWith(["ticket:read"]));
  await next(panel, "partner-error");
  await panel.updateComplete;
  offer(panel)?.click();
  await next(panel, "partner-ready");
  expect(panel.grant).toEqual([{ scope: "ticket:read" }]);
  expect(offer(panel)).toBe(null);
});

test("other errors have no offer, and an offer that throws is none", async () => {
  const upgrade = () => {
    throw new Error("the page's own");
  };
  const panel = addPanel({}, { query: { status: "500" }, upgrade });
  await next(panel, "partner-error");
  await panel.updateComplete;
  expect(panel.error?.code).toBe("MANIFEST_UNREACHABLE");
  expect(offer(panel)).toBe(null);
  const failed = next(panel, "partner-error");
  configurePartners({ partners: { trackwell: manifestUrl(required.query) }, upgrade });
  await failed;
  await panel.updateComplete;
  expect(panel.error?.code).toBe("SURFACE_NOT_GRANTED");
  expect(offer(panel)).toBe(null);
  expect(part(panel, "link")).not.toBe(null);
});

test("a grant is gone from the panel when it expires, and the page is told then", async () => {
  const expiresAt = Date.now() + 1_500;
  const policy = { trackwell: { scopes: everything.scopes.map((each) => ({ ...each, expiresAt })) } };
  const panel = addPanel({}, { ...required, policy });
  panel.addEventListener("partner-consentrequest", (event) => event.respondWith(["ticket:read"]));
  await panel.ready;
  expect(panel.grant).toEqual([{ scope: "ticket:read", expiresAt }]);
  const { grant } = await next(panel, "partner-scopeschange");
  expect(Date.now()).toBeGreaterThanOrEqual(expiresAt);
  expect(grant).toEqual([]);
  expect(panel.grant).toEqual([]);
  expect((await panel.remote.view.seen()).grant).toEqual([]);
});
