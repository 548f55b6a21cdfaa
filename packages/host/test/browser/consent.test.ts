import { expect, test } from "vitest";
import { cdp, userEvent } from "vitest/browser";
import {
  addPanel,
  everything,
  manifestUrl,
  next,
  type Panel,
  part,
  partnerOrigin,
  pause,
  viewCalls,
  viewRequests,
} from "./support.js";

const dialogOf = (panel: Panel) => part(panel, "consent") as HTMLDialogElement | null;
const button = (panel: Panel, answer: "allow" | "deny") => part(panel, `consent-${answer}`) as HTMLButtonElement;

async function opened(panel: Panel): Promise<HTMLDialogElement> {
  await expect.poll(() => dialogOf(panel)).not.toBe(null);
  return dialogOf(panel) as HTMLDialogElement;
}

const armed = (panel: Panel) => expect.poll(() => dialogOf(panel)?.hasAttribute("data-arming")).toBe(false);

async function answer(panel: Panel, which: "allow" | "deny"): Promise<void> {
  await opened(panel);
  await armed(panel);
  await userEvent.click(button(panel, which));
  await expect.poll(() => dialogOf(panel)).toBe(null);
}

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

  const again = addPanel({}, { query, user });
  await again.ready;
  expect(dialogOf(again)).toBe(null);
  panel.remove();
  again.remove();
  const other = addPanel({}, { query, user: () => "ben" });
  await opened(other);
});

test("nothing is remembered for nobody", async () => {
  const config = { query: { required: "" }, user: () => null };
  const panel = addPanel({}, config);
  await answer(panel, "allow");
  await panel.ready;
  expect(localStorage.length).toBe(0);
});

test("the time limit stands still while the user is asked", async () => {
  const panel = addPanel({ timeout: "500" }, { query: { required: "" } });
  await opened(panel);
  await pause(1_200);
  expect(panel.state).toBe("consenting");
});

test("No to a required scope is CONSENT_REFUSED; a retry asks again, and after the third No nothing asks any more", async () => {
  const panel = addPanel({}, { query: { required: "", id: "localhost.partner.begging" } });
  for (const isLast of [false, false, true]) {
    const refused = next(panel, "partner-error");
    await answer(panel, "deny");
    const { code, phase, retryable } = await refused;
    expect({ code, phase, retryable }).toEqual({ code: "CONSENT_REFUSED", phase: "consent", retryable: !isLast });
    panel.reload();
  }
  await next(panel, "partner-error");
  expect(dialogOf(panel)).toBe(null);
});

test("the view asks for an optional scope; the answer says what was granted and who refused", async () => {
  const panel = addPanel({}, { query: { id: "localhost.partner.optional" } });
  await panel.ready;
  const ticket = { id: "T-42", priority: "high" };
  expect(await viewCalls(panel, "ticket.update", ticket)).toMatchObject({ code: "SCOPE_DENIED" });
  const asked = { scopes: ["ticket:write", "file:write"] };
  const denied = viewRequests(panel, asked.scopes);
  await answer(panel, "deny");
  expect((await denied).result).toEqual({
    granted: [],
    refused: [
      { scope: "ticket:write", by: "consent" },
      { scope: "file:write", by: "manifest" },
    ],
  });
  const changed = next(panel, "partner-scopeschange");
  const granted = viewRequests(panel, asked.scopes);
  await answer(panel, "allow");
  expect((await granted).result).toEqual({
    granted: ["ticket:write"],
    refused: [{ scope: "file:write", by: "manifest" }],
  });
  expect((await changed).grant).toEqual([{ scope: "ticket:write" }]);
  expect(await viewCalls(panel, "ticket.update", ticket)).toEqual({ result: ticket });
  expect((await viewCalls(panel, "panel.scopes.revoke", asked)).result).toMatchObject({ granted: [] });
  expect(await viewCalls(panel, "ticket.update", ticket)).toMatchObject({ code: "SCOPE_DENIED" });
  expect(panel.state).toBe("ready");
});

test("what the policy leaves out is refused without a dialog", async () => {
  const panel = addPanel({}, { policy: { trackwell: { scopes: [] } } });
  await panel.ready;
  const { result } = await viewRequests(panel, ["ticket:write"]);
  expect(result).toEqual({ granted: [], refused: [{ scope: "ticket:write", by: "policy" }] });
  expect(dialogOf(panel)).toBe(null);
});

test("twenty requests at once are one dialog", async () => {
  const panel = addPanel({}, { query: { id: "localhost.partner.twenty" } });
  await panel.ready;
  const requests = Array.from({ length: 20 }, () => viewRequests(panel, ["ticket:write"]));
  await answer(panel, "deny");
  const answers = await Promise.all(requests);
  expect(new Set(answers.map(({ result }) => JSON.stringify(result))).size).toBe(1);
  expect(dialogOf(panel)).toBe(null);
});

test("a press before the delay is over, a script's click and a held key are no answer", async () => {
  const panel = addPanel({}, { query: { required: "" } });
  const dialog = await opened(panel);
  await userEvent.click(button(panel, "allow"));
  expect(dialog.isConnected).toBe(true);
  await armed(panel);
  button(panel, "allow").click();
  button(panel, "allow").dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
  button(panel, "allow").dispatchEvent(new MouseEvent("click", { bubbles: true }));
  expect(dialog.isConnected).toBe(true);
  button(panel, "allow").focus();
  await userEvent.keyboard("{Enter>5/}");
  // The first of them was a fresh press.
  await expect.poll(() => dialog.isConnected).toBe(false);
  await panel.ready;
});

test("a key held since before the dialog came does not confirm it", async () => {
  const panel = addPanel({}, { query: { required: "" } });
  const dialog = await opened(panel);
  button(panel, "allow").focus();
  const key = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 13 };
  const press = (autoRepeat: boolean) =>
    cdp().send("Input.dispatchKeyEvent", { ...key, type: "keyDown", text: "\r", autoRepeat });
  await press(false);
  await armed(panel);
  for (let times = 0; times < 5; times += 1) await press(true);
  expect(dialog.isConnected).toBe(true);
  await cdp().send("Input.dispatchKeyEvent", { ...key, type: "keyUp" });
  await press(false);
  await cdp().send("Input.dispatchKeyEvent", { ...key, type: "keyUp" });
  await expect.poll(() => dialog.isConnected).toBe(false);
});

test("keyboard alone: Tab reaches both buttons, Escape is no answer and leaves a badge that brings it back", async () => {
  const panel = addPanel({}, { query: { required: "" } });
  await opened(panel);
  await armed(panel);
  await userEvent.keyboard("{Tab}");
  expect(panel.shadowRoot?.activeElement).toBe(button(panel, "deny"));
  await userEvent.keyboard("{Tab}");
  expect(panel.shadowRoot?.activeElement).toBe(button(panel, "allow"));
  await userEvent.keyboard("{Escape}");
  await expect.poll(() => dialogOf(panel)).toBe(null);
  expect(panel.state).toBe("consenting");
  await expect.poll(() => part(panel, "consent-badge")?.textContent).toContain("Trackwell Issues");
  expect(part(panel, "consent-badge")?.textContent).toContain("Linked issue");
  part(panel, "consent-badge")?.focus();
  await userEvent.keyboard("{Enter}");
  await answer(panel, "allow");
  await panel.ready;
  expect(part(panel, "consent-badge")).toBe(null);
});

test("a frame that pulls the focus out of the dialog takes it away: a badge, neither yes nor No", async () => {
  const panel = addPanel({}, { query: { id: "localhost.partner.focus" } });
  await panel.ready;
  const request = viewRequests(panel, ["ticket:write"]);
  await opened(panel);
  await armed(panel);
  await panel.remote.view.run({ what: "focus" });
  await expect.poll(() => dialogOf(panel)).toBe(null);
  await expect.poll(() => part(panel, "consent-badge")).not.toBe(null);
  part(panel, "consent-badge")?.click();
  await answer(panel, "allow");
  expect((await request).result).toMatchObject({ granted: ["ticket:write"] });
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
    const { result } = await viewRequests(panel, ["ticket:write"]);
    expect(result).toMatchObject({ refused: [{ scope: "ticket:write", by: "consent" }] });
  }
  own((event) => {
    expect(event.ask.scopes).toEqual([
      { scope: "ticket:write", title: "Change the open ticket", reason: null, required: false },
    ]);
    event.respondWith(["ticket:write", "something:else"]);
  });
  const { result } = await viewRequests(panel, ["ticket:write"]);
  expect(result).toEqual({ granted: ["ticket:write"], refused: [] });
  expect(dialogOf(panel)).toBe(null);
});

test("texts of a manifest are text, bounded and with nothing hidden, at 320 px", async () => {
  const name = `<img src=x onerror=alert(1)>\u202Egnp${"W".repeat(38)}`;
  const panel = addPanel({}, { query: { required: "", name } });
  const dialog = await opened(panel);
  expect(dialog.querySelector("img")).toBe(null);
  expect(dialog.textContent).toContain("<img src=x onerror=alert(1)>[U+202E]gnp");
  dialog.style.inlineSize = "300px";
  expect(dialog.scrollWidth).toBeLessThanOrEqual(dialog.clientWidth);
  const body = dialog.querySelector(".consent-body");
  expect(body?.scrollWidth).toBeLessThanOrEqual(body?.clientWidth ?? 0);
});
