import { auditLog } from "@partner-panel/host";
import { expect, test } from "vitest";
import { commands } from "vitest/browser";
import { answer, armed, badgeOf, button, dialogOf, opened } from "./consent-support.js";
import {
  addPanel,
  everything,
  frameOf,
  manifestUrl,
  next,
  type Panel,
  partnerOrigin,
  pause,
  press,
  viewCalls,
  viewRequests,
} from "./support.js";

const write = ["ticket:write"];

/** What the log says of this panel that is no call. */
const decisions = ({ instanceId }: Panel) =>
  auditLog()
    .records.filter(({ instance, method }) => instance === instanceId && method === null)
    .map(({ decision, reason, scope }) => [decision, reason, scope]);

test("required scopes are asked for at opening, in a modal dialog that names everything; Allow is remembered", async () => {
  const user = () => "ada";
  const query = { required: "", id: "localhost.partner.remembered" };
  const panel = addPanel({}, { query, user });
  const dialog = await opened(panel);
  expect(panel.state).toBe("consenting");
  expect(dialog.matches(":modal")).toBe(true);
  expect(dialog.querySelector("h2")?.textContent).toBe("Allow Trackwell Issues?");
  expect(dialog.textContent).toContain(partnerOrigin);
  expect(dialog.textContent).toContain("See the open ticket");
  expect(dialog.textContent).toContain("To show the issues linked to it");
  expect(dialog.textContent).not.toContain("Change the open ticket");
  await answer(panel, "allow");
  await panel.ready;
  expect(panel.grant).toEqual([{ scope: "ticket:read" }]);
  expect(await viewCalls(panel, "ticket.get", { id: "T-42" })).toHaveProperty("result");
  expect(decisions(panel)).toEqual([["allowed", "CONSENT_GRANTED", "ticket:read"]]);

  const again = addPanel({}, { query, user });
  await again.ready;
  expect(dialogOf(again)).toBe(null);
  panel.remove();
  again.remove();
  const other = addPanel({}, { query, user: () => "ben" });
  await opened(other);
});

test("nothing is remembered for nobody but the manifest's version, and how high the view was", async () => {
  const id = "localhost.partner.nobody";
  const panel = addPanel({}, { query: { required: "", id }, user: () => null });
  await answer(panel, "allow");
  await panel.ready;
  const { "partner-panel.heights": heights, ...rest } = { ...localStorage } as Record<string, string>;
  const place = expect.stringMatching(/^\["trackwell","issue",\d+\]$/);
  expect(JSON.parse(heights ?? "null")).toEqual([[place, frameOf(panel)?.offsetHeight]]);
  expect(rest).toEqual({
    [JSON.stringify(["partner-panel.seen", id, partnerOrigin])]: panel.manifest?.version,
  });
});

test("the time limit stands still while the user is asked", async () => {
  const panel = addPanel({ timeout: "1000" }, { query: { required: "" } });
  await opened(panel);
  // Longer than the panel would wait for anything else.
  await pause(1_300);
  expect(panel.state).toBe("consenting");
});

test("No to a required scope is CONSENT_REFUSED; a retry asks again, and after the third No nothing asks any more", async () => {
  const panel = addPanel({}, { query: { required: "", id: "localhost.partner.begging" } });
  for (const isLast of [false, false, true]) {
    const refused = next(panel, "partner-error");
    await answer(panel, "deny");
    const { code, phase, retryable } = await refused;
    expect({ code, phase, retryable }).toEqual({ code: "CONSENT_REFUSED", phase: "consent", retryable: !isLast });
    expect(decisions(panel)).toEqual([["denied", "CONSENT_REFUSED", "ticket:read"]]);
    panel.reload();
  }
  await next(panel, "partner-error");
  expect(dialogOf(panel)).toBe(null);
  expect(decisions(panel)).toEqual([["denied", "CONSENT_SILENT", "ticket:read"]]);
});

test("the view asks for an optional scope; the answer says what was granted and who refused", async () => {
  const panel = addPanel({}, { query: { id: "localhost.partner.optional" } });
  await panel.ready;
  const ticket = { id: "T-42", priority: "high" };
  expect(await viewCalls(panel, "ticket.update", ticket)).toMatchObject({ code: "SCOPE_DENIED" });
  const asked = ["ticket:write", "file:write"];
  const denied = viewRequests(panel, asked);
  await answer(panel, "deny");
  expect((await denied).result).toEqual({
    granted: [],
    refused: [
      { scope: "ticket:write", by: "consent" },
      { scope: "file:write", by: "manifest" },
    ],
  });
  expect(panel.state).toBe("ready");
  const changed = next(panel, "partner-scopeschange");
  const granted = viewRequests(panel, asked);
  await answer(panel, "allow");
  expect((await granted).result).toEqual({
    granted: ["ticket:write"],
    refused: [{ scope: "file:write", by: "manifest" }],
  });
  expect((await changed).grant).toEqual([{ scope: "ticket:write" }]);
  expect(await viewCalls(panel, "ticket.update", ticket)).toEqual({ result: ticket });
  expect((await viewCalls(panel, "panel.scopes.revoke", { scopes: asked })).result).toMatchObject({ granted: [] });
  expect(await viewCalls(panel, "ticket.update", ticket)).toMatchObject({ code: "SCOPE_DENIED" });
  expect(panel.state).toBe("ready");
});

test("what the policy leaves out is refused without a dialog", async () => {
  const panel = addPanel({}, { policy: { trackwell: { scopes: [] } } });
  await panel.ready;
  const { result } = await viewRequests(panel, write);
  expect(result).toEqual({ granted: [], refused: [{ scope: "ticket:write", by: "policy" }] });
  expect(dialogOf(panel)).toBe(null);
});

test("keyboard alone: Tab reaches both buttons, Escape is no answer and leaves a badge that brings it back", async () => {
  const panel = addPanel({}, { query: { required: "" } });
  await opened(panel);
  await armed(panel);
  await commands.key("Tab");
  expect(panel.shadowRoot?.activeElement).toBe(button(panel, "deny"));
  await commands.key("Tab");
  expect(panel.shadowRoot?.activeElement).toBe(button(panel, "allow"));
  await commands.key("Escape");
  await expect.poll(() => dialogOf(panel)).toBe(null);
  expect(panel.state).toBe("consenting");
  await expect.poll(() => badgeOf(panel)?.textContent).toContain("Trackwell Issues");
  expect(badgeOf(panel)?.textContent).toContain("Linked issue");
  expect(panel.shadowRoot?.querySelector("[role=status]")?.textContent).toBe(
    "Trackwell Issues asks for permission in “Linked issue”",
  );
  badgeOf(panel)?.focus();
  await commands.key("Enter");
  await opened(panel);
  await armed(panel);
  button(panel, "allow").focus();
  await commands.key("Enter");
  await panel.ready;
  expect(dialogOf(panel)).toBe(null);
  expect(badgeOf(panel)).toBe(null);
});

test("after a question behind a badge the keyboard is in the view", async () => {
  const panel = addPanel({}, { query: { id: "localhost.partner.keyboard" } });
  await panel.ready;
  const request = viewCalls(panel, "panel.scopes.request", { scopes: write });
  await expect.poll(() => badgeOf(panel)).not.toBe(null);
  badgeOf(panel)?.focus();
  await commands.key("Enter");
  await opened(panel);
  await armed(panel);
  button(panel, "allow").focus();
  await commands.key("Enter");
  expect((await request).result).toMatchObject({ granted: write });
  await expect.poll(() => panel.shadowRoot?.activeElement).toBe(frameOf(panel));
});

test("a yes in one panel answers the same question in another, and both hold it", async () => {
  const partners = { trackwell: manifestUrl({ required: "", id: "localhost.partner.shared" }) };
  const panels = [addPanel({}, { partners, user: () => "ada" }), addPanel({}, { partners, user: () => "ada" })];
  await expect.poll(() => panels.map(({ state }) => state)).toEqual(["consenting", "consenting"]);
  const open = () => panels.filter((panel) => dialogOf(panel) !== null);
  await expect.poll(() => open().length).toBe(1);
  await answer(open()[0] as Panel, "allow");
  await Promise.all(panels.map(({ ready }) => ready));
  expect(panels.map(({ grant }) => grant)).toEqual([[{ scope: "ticket:read" }], [{ scope: "ticket:read" }]]);
  await panels[0]?.revokeScopes();
  expect(panels.map(({ grant }) => grant)).toEqual([[], []]);
  expect(panels.map((panel) => decisions(panel).at(-1))).toEqual(
    panels.map(() => ["ended", "CONSENT_REVOKED", "ticket:read"]),
  );
});

test("two partners ask one after the other", async () => {
  const partners = {
    first: manifestUrl({ required: "", id: "localhost.partner.first" }),
    second: manifestUrl({ required: "", id: "localhost.partner.second" }),
  };
  const policy = { first: everything, second: everything };
  const panels = [
    addPanel({ partner: "first" }, { partners, policy }),
    addPanel({ partner: "second" }, { partners, policy }),
  ];
  await expect.poll(() => panels.map(({ state }) => state)).toEqual(["consenting", "consenting"]);
  const open = () => panels.filter((panel) => dialogOf(panel) !== null);
  await expect.poll(() => open().length).toBe(1);
  const [first] = open() as [Panel];
  await armed(first);
  expect(open()).toEqual([first]);
  await answer(first, "allow");
  await answer(panels.find((panel) => panel !== first) as Panel, "allow");
  await Promise.all(panels.map(({ ready }) => ready));
});

test("the host can ask in its own way, and a rejection is a refusal that counts towards no silence", async () => {
  const panel = addPanel({}, { query: { id: "localhost.partner.own-way" } });
  await panel.ready;
  const own = (run: (event: HTMLElementEventMap["partner-consentrequest"]) => void) =>
    panel.addEventListener("partner-consentrequest", run, { once: true });
  for (let times = 0; times < 4; times += 1) {
    own((event) => event.respondWith(Promise.reject(new Error("closed"))));
    const { result } = await viewCalls(panel, "panel.scopes.request", { scopes: write });
    expect(result).toMatchObject({ refused: [{ scope: "ticket:write", by: "consent" }] });
  }
  own((event) => {
    expect(event.ask.scopes).toEqual([
      { scope: "ticket:write", title: "Change the open ticket", reason: null, required: false },
    ]);
    event.respondWith(["ticket:write", "something:else"]);
  });
  const { result } = await viewCalls(panel, "panel.scopes.request", { scopes: write });
  expect(result).toEqual({ granted: write, refused: [] });
  expect(dialogOf(panel)).toBe(null);
});

test("styles that a panel inherits reach neither the dialog's words nor its buttons", async () => {
  const box = document.createElement("div");
  Object.assign(box.style, {
    pointerEvents: "none",
    userSelect: "none",
    visibility: "hidden",
    cursor: "none",
    textAlign: "end",
    textIndent: "-99rem",
    textTransform: "uppercase",
    whiteSpace: "pre",
    letterSpacing: "2rem",
    wordSpacing: "2rem",
  });
  const panel = addPanel({}, { query: { required: "", id: "localhost.partner.inherits" } });
  document.body.append(box);
  box.append(panel);
  const dialog = await opened(panel);
  const { pointerEvents, visibility, textTransform, textIndent, wordSpacing } = getComputedStyle(dialog);
  expect({ pointerEvents, visibility, textTransform, textIndent, wordSpacing }).toEqual({
    pointerEvents: "auto",
    visibility: "visible",
    textTransform: "none",
    textIndent: "0px",
    wordSpacing: "0px",
  });
  await armed(panel);
  await press(button(panel, "allow"));
  await panel.ready;
});

/** What keeps a panel from being rendered, and brings it back. */
const hiding: [string, (box: HTMLElement, isHidden: boolean) => void][] = [
  ["display: none", (box, isHidden) => box.style.setProperty("display", isHidden ? "none" : "")],
  ["a closed details", (box, isHidden) => void box.closest("details")?.toggleAttribute("open", !isHidden)],
  ["hidden on the panel", (box, isHidden) => void box.firstElementChild?.toggleAttribute("hidden", isHidden)],
  [
    "content-visibility: hidden",
    (box, isHidden) => box.style.setProperty("content-visibility", isHidden ? "hidden" : ""),
  ],
];

/** A panel with a question in a box that can be hidden, and beside it something to press. */
function boxed(query: Record<string, string>) {
  const [details, box, beside] = (["details", "div", "button"] as const).map((name) =>
    document.createElement(name),
  ) as [HTMLDetailsElement, HTMLElement, HTMLElement];
  details.open = true;
  details.append(box);
  const panel = addPanel({}, { query: { required: "", ...query } });
  box.append(panel);
  let presses = 0;
  beside.addEventListener("click", () => {
    presses += 1;
  });
  beside.textContent = "Beside";
  document.body.append(beside, details);
  return { box, panel, beside, presses: () => presses };
}

test.for(hiding)(
  "a panel that is not rendered (%s) keeps its question behind the badge; the page stays alive",
  async ([how, hide]) => {
    const { box, panel, beside, presses } = boxed({
      id: `localhost.partner.unrendered-${hiding.findIndex(([name]) => name === how)}`,
    });
    hide(box, true);
    await expect.poll(() => badgeOf(panel)).not.toBe(null);
    expect(dialogOf(panel)).toBe(null);
    await press(beside);
    await expect.poll(presses).toBe(1);
    hide(box, false);
    await press(badgeOf(panel));
    await answer(panel, "allow");
    await panel.ready;
  },
);

test.for(hiding)(
  "a panel that stops being rendered (%s) takes its dialog away and leaves the badge",
  async ([how, hide]) => {
    const { box, panel, beside, presses } = boxed({
      id: `localhost.partner.vanishing-${hiding.findIndex(([name]) => name === how)}`,
    });
    await opened(panel);
    // Control: while it is up, nothing else can be pressed.
    await press(beside);
    hide(box, true);
    await expect.poll(() => dialogOf(panel)).toBe(null);
    expect(panel.state).toBe("consenting");
    expect(presses()).toBe(0);
    await press(beside);
    await expect.poll(presses).toBe(1);
    hide(box, false);
    await press(badgeOf(panel));
    await answer(panel, "allow");
    await panel.ready;
  },
);

test("a panel without a box of its own asks like any other", async () => {
  const panel = addPanel({}, { query: { required: "", id: "localhost.partner.contents" } });
  panel.style.display = "contents";
  await answer(panel, "allow");
  await panel.ready;
});

test("what the page puts into the slot stands under the partner's name in the dialog, with the same buttons", async () => {
  const panel = addPanel({}, { query: { required: "", id: "localhost.partner.slot" } });
  const words = document.createElement("p");
  words.slot = "consent";
  words.textContent = "Our lawyers have read this.";
  panel.append(words);
  const dialog = await opened(panel);
  expect(dialog.contains(words.assignedSlot)).toBe(true);
  expect(words.getBoundingClientRect().height).toBeGreaterThan(0);
  expect(dialog.querySelector("h2")?.getBoundingClientRect().height).toBeGreaterThan(0);
  expect(dialog.querySelector(".consent-scopes")?.getBoundingClientRect().height).toBe(0);
  await armed(panel);
  await press(button(panel, "allow"));
  await panel.ready;
});
