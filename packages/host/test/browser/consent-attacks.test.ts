import { afterEach, expect, onTestFinished, test } from "vitest";
import { commands } from "vitest/browser";
import type { Clock } from "../../../postmessage-rpc/src/clock.js";
import { showConsentDialog } from "../../src/consent/consent-dialog.js";
import { FreshPress } from "../../src/consent/fresh-press.js";
import { englishStrings } from "../../src/strings.js";
import { answer, armed, badgeOf, button, dialogOf, opened } from "./consent-support.js";
import { addPanel, frameOf, longest, type Panel, press, viewCalls, viewRequests } from "./support.js";

const write = ["ticket:write"];
const asked = { scopes: write };

/** Time as the test gives it: the arming delay is over when it says so. */
function handClock(): Clock & { pass(): void } {
  const waiting = new Set<() => void>();
  return {
    now: () => 0,
    wall: () => 0,
    after: (_milliseconds, run) => {
      waiting.add(run);
      return () => waiting.delete(run);
    },
    pass: () => {
      for (const run of [...waiting]) run();
      waiting.clear();
    },
  };
}

/** What takes the arming delay out. */
const noDelay: Clock = {
  now: () => 0,
  wall: () => 0,
  after: (_milliseconds, run) => {
    run();
    return () => {};
  },
};

afterEach(() => document.querySelectorAll("[data-test]").forEach((element) => void element.remove()));

/** Resolves when what a person did last does not count any more; that takes seconds, so these tests come first. */
const idle = () => expect.poll(() => navigator.userActivation.isActive, { timeout: 10_000 }).toBe(false);

test("a view that asks while nobody did anything gets a badge that names its panel; a press in it brings the dialog", async () => {
  const panel = addPanel({}, { query: { id: "localhost.partner.uncalled" } });
  await panel.ready;
  await idle();
  const uncalled = viewCalls(panel, "panel.scopes.request", asked);
  await expect.poll(() => badgeOf(panel)?.textContent?.trim()).toContain("“Linked issue”");
  expect(dialogOf(panel)).toBe(null);
  await press(badgeOf(panel));
  await answer(panel, "allow");
  expect((await uncalled).result).toMatchObject({ granted: write });
});

test("control: the same request right after a press in the view is a dialog; so is one that waits behind a badge", async () => {
  const panel = addPanel({}, { query: { id: "localhost.partner.called" } });
  await panel.ready;
  await idle();
  const uncalled = viewCalls(panel, "panel.scopes.request", asked);
  await expect.poll(() => badgeOf(panel)).not.toBe(null);
  const called = viewRequests(panel, write);
  await answer(panel, "allow");
  expect((await uncalled).result).toEqual((await called).result);
});

/** A button just where the dialog's Allow will be, which opens the dialog. */
async function trap(clock: Clock) {
  const host = document.createElement("div");
  const opener = document.createElement("button");
  for (const element of [host, opener]) element.dataset["test"] = "";
  document.body.append(host, opener);
  const root = host.attachShadow({ mode: "open" });
  const scopes = [{ scope: "ticket:write", title: "Change the open ticket", reason: null, required: true }];
  const ask = { partner: "Trackwell", origin: "https://partner.example", panel: "Issue", remembered: true, scopes };
  const end = new AbortController();
  const show = () =>
    showConsentDialog({ root, ask, strings: englishStrings, colorScheme: "light", signal: end.signal, clock });
  const allow = () => root.querySelector<HTMLElement>(".consent-allow");
  const first = show();
  const { left, top, width, height } = (allow() as HTMLElement).getBoundingClientRect();
  end.abort();
  await first;
  Object.assign(opener.style, {
    position: "fixed",
    left: `${left}px`,
    top: `${top}px`,
    width: `${width}px`,
    height: `${height}px`,
  });
  let answered = "";
  const again = new AbortController();
  opener.addEventListener("click", () => {
    const asking = showConsentDialog({
      root,
      ask,
      strings: englishStrings,
      colorScheme: "light",
      signal: again.signal,
      clock,
    });
    asking.then(
      (answer) => {
        answered = answer;
      },
      () => {},
    );
  });
  return { opener, allow, answered: () => answered, end: () => again.abort() };
}

test("a double click that opens the dialog and hits Allow grants nothing; a press after the delay does", async () => {
  const clock = handClock();
  const { opener, allow, answered } = await trap(clock);
  await press(opener);
  expect(allow()).not.toBe(null);
  await press(opener);
  expect(answered()).toBe("");
  clock.pass();
  await press(allow());
  await expect.poll(answered).toBe("allow");
});

test("control: without the delay that second click grants", async () => {
  const { opener, answered } = await trap(noDelay);
  await press(opener);
  await press(opener);
  await expect.poll(answered).toBe("allow");
});

test("a press that no person made is no answer", async () => {
  const { opener, allow, answered, end } = await trap(noDelay);
  await press(opener);
  allow()?.click();
  allow()?.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
  allow()?.dispatchEvent(new MouseEvent("click", { bubbles: true }));
  allow()?.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  expect(answered()).toBe("");
  end();
  await expect.poll(answered).toBe("dismissed");
});

test("a key that was too early stands against its own click, and not against a later one without a press before it", async () => {
  const [box, button, label] = (["div", "button", "label"] as const).map((name) => document.createElement(name)) as [
    HTMLElement,
    HTMLButtonElement,
    HTMLLabelElement,
  ];
  for (const element of [box, label]) element.dataset["test"] = "";
  button.id = "pressed-by-its-label";
  label.htmlFor = button.id;
  label.textContent = "What presses the button as assistive technology does: with a click that has no press before it";
  box.append(button);
  document.body.append(box, label);
  const clock = handClock();
  const fresh = new FreshPress(box, clock);
  onTestFinished(() => fresh.stop());
  const clicks: boolean[] = [];
  button.addEventListener("click", (event) => clicks.push(event.isTrusted && fresh.isFresh(event)));
  fresh.rearm();
  button.focus();
  await commands.key("Enter");
  await expect.poll(() => clicks).toEqual([false]);
  clock.pass();
  await press(label);
  await expect.poll(() => clicks).toEqual([false, true]);
});

test("a hundred requests are one dialog, and after the third No there is silence", async () => {
  const panel = addPanel({}, { query: { id: "localhost.partner.hundred" } });
  await panel.ready;
  let dialogs = 0;
  const observer = new MutationObserver((records) => {
    for (const { addedNodes } of records)
      for (const node of addedNodes) if (node instanceof HTMLDialogElement) dialogs += 1;
  });
  observer.observe(panel.shadowRoot as ShadowRoot, { childList: true });
  for (const round of [1, 2, 3]) {
    await press(frameOf(panel));
    const requests = Array.from({ length: 30 }, () => viewCalls(panel, "panel.scopes.request", asked));
    const more = panel.remote.view.callMany({ name: "panel.scopes.request", params: asked, times: 30 });
    await answer(panel, "deny");
    for (const { result } of await Promise.all(requests)) expect(result).toMatchObject({ granted: [] });
    expect(await more).toHaveLength(30);
    expect(dialogs).toBe(round);
  }
  const { result } = await viewRequests(panel, write);
  expect(result).toEqual({ granted: [], refused: [{ scope: "ticket:write", by: "consent" }] });
  expect(badgeOf(panel)).toBe(null);
  expect(dialogs).toBe(3);
  observer.disconnect();
});

test("a click elsewhere on the page calls for nothing in a panel that has no focus", async () => {
  const panel = addPanel({}, { query: { id: "localhost.partner.elsewhere" } });
  await panel.ready;
  const elsewhere = document.createElement("button");
  elsewhere.dataset["test"] = "";
  document.body.prepend(elsewhere);
  await press(elsewhere);
  const request = viewCalls(panel, "panel.scopes.request", asked);
  await expect.poll(() => badgeOf(panel)).not.toBe(null);
  expect(dialogOf(panel)).toBe(null);
  panel.remove();
  await expect(request).rejects.toMatchObject({ code: "SESSION_CLOSED" });
});

test("a frame that pulls the focus out of the dialog takes it away: a badge, neither yes nor No", async () => {
  const panel = addPanel({}, { query: { id: "localhost.partner.focus" } });
  await panel.ready;
  const request = viewRequests(panel, write);
  await opened(panel);
  await armed(panel);
  await panel.remote.view.run({ what: "focus" });
  await expect.poll(() => dialogOf(panel)).toBe(null);
  await expect.poll(() => badgeOf(panel)).not.toBe(null);
  expect(panel.grant).toEqual([]);
  await press(badgeOf(panel));
  await answer(panel, "allow");
  expect((await request).result).toMatchObject({ granted: write });
});

test("a panel laid over everything does not cover the dialog: at the button's centre is the button", async () => {
  const panel = addPanel({}, { query: { required: "", id: "localhost.partner.overlap" } });
  const dialog = await opened(panel);
  const over = cover(panel);
  const hit = (element: Element) => {
    const { left, top, width, height } = element.getBoundingClientRect();
    return panel.shadowRoot?.elementFromPoint(left + width / 2, top + height / 2);
  };
  expect(hit(button(panel, "allow"))).toBe(button(panel, "allow"));
  expect(hit(button(panel, "deny"))).toBe(button(panel, "deny"));
  // Control: what is not in the top layer, at the very same place, is covered.
  const { left, top } = dialog.getBoundingClientRect();
  const plain = document.createElement("div");
  plain.dataset["test"] = "";
  Object.assign(plain.style, { position: "fixed", left: `${left}px`, top: `${top}px`, width: "9rem", height: "9rem" });
  document.body.append(plain);
  expect(document.elementsFromPoint(left + 9, top + 9)[0]).not.toBe(plain);
  await armed(panel);
  await press(button(panel, "allow"));
  await panel.ready;
  expect(over.isConnected).toBe(true);
});

test("each text of a manifest at its longest and most hostile is text, bounded, with nothing hidden in it", async () => {
  const panel = addPanel({}, longest);
  const dialog = await opened(panel);
  const texts = [...dialog.querySelectorAll<HTMLElement>("h2 bdi, .consent-title, .consent-reason")];
  expect(texts).toHaveLength(1 + 2 * 64);
  for (const element of texts) {
    expect(element.textContent).toContain(`<img src=x onerror="document.title='owned'">[U+202E]gnp.WW`);
    expect(element.textContent?.length).toBeLessThanOrEqual(240);
    const { left, right } = element.getBoundingClientRect();
    const frame = dialog.getBoundingClientRect();
    expect([left >= frame.left, right <= frame.right]).toEqual([true, true]);
  }
  expect(dialog.querySelector("img")).toBe(null);
  expect(document.title).not.toBe("owned");
  const { top, bottom } = dialog.getBoundingClientRect();
  expect([top >= 0, bottom <= innerHeight]).toEqual([true, true]);
  // Control: the same text bites where it is taken for markup.
  const control = document.createElement("div");
  control.innerHTML = texts[0]?.textContent ?? "";
  expect(control.querySelector("img")).not.toBe(null);
  await armed(panel);
  await press(button(panel, "allow"));
  await panel.ready;
});

/** Another panel, over the whole window and above everything that has a z-index. */
function cover(of: Panel): HTMLElement {
  const over = of.cloneNode() as HTMLElement;
  over.dataset["test"] = "";
  Object.assign(over.style, { position: "fixed", inset: "0", zIndex: "2147483647", background: "red" });
  document.body.append(over);
  return over;
}
