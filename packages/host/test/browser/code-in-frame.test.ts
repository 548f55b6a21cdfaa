import { assertionFrom, codeInFrame, exchangeAt, type SignInStrategy } from "@partner-panel/host";
import { expect, test } from "vitest";
import { addPanel, frameOf, part, pause, press } from "./support.js";

const auth = {
  issuer: "https://id.example",
  client_id: "panel",
  resource: "https://api.example",
  scopes: ["issues:read"],
};
const withCode = JSON.stringify({ auth: { ...auth, modes: ["code"] }, permissions: { popups: {} } });

const policy = { trackwell: { scopes: [], permissions: ["popups" as const] } };

test("a view that offers its own sign-in is seen, without a time limit, and is ready when it is signed in", async () => {
  const panel = addPanel(
    { timeout: "600" },
    { query: { with: withCode, entry: "?signin=offered" }, policy, signIn: { trackwell: codeInFrame() } },
  );
  await expect.poll(() => panel.state).toBe("signing-in");
  const stage = panel.shadowRoot?.querySelector(".stage");
  await expect.poll(() => stage?.hasAttribute("data-hidden")).toBe(false);
  expect(panel.shadowRoot?.querySelector(".cover")).toBe(null);
  expect(panel.shadowRoot?.querySelector("[role=status]")?.textContent).toContain("need to sign in");
  expect(panel.matches(":state(ready)")).toBe(false);
  // Really to be pressed: the frame is what is there.
  await press(frameOf(panel));
  await expect.poll(() => document.activeElement === panel).toBe(true);
  expect(panel.shadowRoot?.activeElement).toBe(frameOf(panel));
  // Longer than the panel's time limit: a person is asked.
  await pause(900);
  expect(panel.state).toBe("signing-in");
  panel.remote.view.say({ name: "panel.signIn", params: { state: "done" } });
  await panel.ready;
  // The token ended, and there is no other without a click.
  panel.remote.view.say({ name: "panel.signIn", params: { state: "offered", code: "POPUP_CLOSED" } });
  await expect.poll(() => panel.state).toBe("signing-in");
  expect(stage?.hasAttribute("data-hidden")).toBe(false);
  expect(part(panel, "error")).toBe(null);
});

test("an account that is not linked is told as that, with words of its own", async () => {
  const panel = addPanel({}, { query: { with: withCode, entry: "?signin=ACCOUNT_NOT_LINKED" } });
  await expect(panel.ready).rejects.toMatchObject({ code: "ACCOUNT_NOT_LINKED", phase: "sign-in", retryable: true });
  await expect.poll(() => part(panel, "error")?.textContent).toContain("not linked yet");
});

test("the view is told how it may sign in", async () => {
  const popups = { scopes: [], permissions: ["popups"] as const };
  const none = { scopes: [] };
  const cases: [SignInStrategy | undefined, { scopes: []; permissions?: readonly string[] }, object][] = [
    [undefined, none, { mode: null, popups: false }],
    [assertionFrom("/panel/assertion"), none, { mode: "assertion", popups: false }],
    [assertionFrom("/panel/assertion"), popups, { mode: "assertion", popups: true }],
    [exchangeAt("/panel/exchange"), none, { mode: "exchange", popups: false }],
    [codeInFrame(), popups, { mode: "code", popups: true }],
    [codeInFrame(), { ...popups, auth: ["issues:write", "issues:read"] }, { mode: "code", scopes: ["issues:read"] }],
    [codeInFrame(), { ...popups, auth: [] }, { mode: "code", scopes: [] }],
  ] as never;
  for (const [strategy, policy, signIn] of cases) {
    const panel = addPanel(
      {},
      {
        query: { with: JSON.stringify({ auth, permissions: { popups: {} } }), entry: "?signin=done" },
        policy: { trackwell: policy as never },
        ...(strategy ? { signIn: { trackwell: strategy } } : {}),
      },
    );
    await panel.ready;
    expect((await panel.remote.view.seen(undefined)).welcome).toMatchObject({ signIn });
  }
});
