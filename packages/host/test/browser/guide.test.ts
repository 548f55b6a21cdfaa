import { expect, test, vi } from "vitest";
import guide from "../../../../docs/pin-a-partner.md?raw";
import { collected, navigate, session } from "../examples/product.js";
import { answer, opened } from "./consent-support.js";
import { manifestUrl, type Panel, press, viewCalls } from "./support.js";

vi.mock("../examples/partners.js", async () => {
  const { manifestUrl: at } = await import("./support.js");
  return { partners: { trackwell: at({ required: "", n: "guide" }) } };
});

/* docs/pin-a-partner.md, followed to the letter; that its snippets are these modules is test/unit/guide.test.ts's. */

const snippets = [...guide.matchAll(/```html\n([\s\S]*?)```/g)].map(([, text = ""]) => text);

test("from nothing to a pinned partner with policy", async () => {
  const [tag = "", settings = ""] = snippets;
  expect(snippets).toHaveLength(2);
  const page = document.createElement("main");
  page.innerHTML = tag;
  document.body.append(page);
  await import("../examples/app.js");
  const panel = page.querySelector("partner-panel") as unknown as Panel;
  const dialog = await opened(panel);
  expect(dialog.textContent).toContain("See the open ticket");
  await answer(panel, "allow");
  await panel.ready;

  // What the view may do is what the policy says, and what leaves is what the contract names.
  const { remoteControl } = await import("./partner/contracts.js");
  panel.use = remoteControl;
  await panel.updateComplete;
  await panel.ready;
  expect(panel.grant).toEqual([{ scope: "ticket:read", where: { id: ["T-42"] } }]);
  expect(await viewCalls(panel, "ticket.get", { id: "T-42" })).toEqual({ result: { id: "T-42", priority: "normal" } });
  expect(await viewCalls(panel, "ticket.get", { id: "T-7" })).toMatchObject({ code: "SCOPE_DENIED" });

  navigate("T-7");
  await expect.poll(() => panel.grant).toEqual([{ scope: "ticket:read", where: { id: ["T-7"] } }]);
  expect(await viewCalls(panel, "ticket.get", { id: "T-7" })).toHaveProperty("result.id", "T-7");
  expect(await viewCalls(panel, "ticket.get", { id: "T-42" })).toMatchObject({ code: "SCOPE_DENIED" });

  await panel.grantScopes(["ticket:write"]);
  expect(await viewCalls(panel, "ticket.update", { id: "T-7", priority: "high" })).toHaveProperty("result");
  session.mayChangeTickets = false;
  panel.refreshPolicy();
  expect(await viewCalls(panel, "ticket.update", { id: "T-7", priority: "low" })).toMatchObject({
    code: "SCOPE_DENIED",
  });

  page.insertAdjacentHTML("beforeend", settings);
  const revoke = () =>
    page.querySelector("partner-grants")?.shadowRoot?.querySelector("[part=revoke-all-button]") ?? null;
  await expect.poll(revoke).not.toBe(null);
  await press(revoke());
  expect(panel.grant).toEqual([]);
  expect(await viewCalls(panel, "ticket.get", { id: "T-7" })).toMatchObject({ code: "SCOPE_DENIED" });
  expect(collected).toEqual(expect.arrayContaining([expect.objectContaining({ reason: "CONSENT_GRANTED" })]));
  expect(manifestUrl()).toContain("partner.localhost");
});
