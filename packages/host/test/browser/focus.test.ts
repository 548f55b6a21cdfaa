import { isShortcut, isTyping, parseShortcut } from "@partner-panel/postmessage-rpc/panel";
import { describe, expect, test } from "vitest";
import { cdp, commands, userEvent } from "vitest/browser";
import { addActing, inShadow, seen, view, viewPressed } from "./acting-support.js";
import { part } from "./support.js";

/* The focus over the frame's edge, the page's keys in the view, and the sign that somebody is there. */

interface FrameTree {
  frame: { id: string; url: string };
  childFrames?: FrameTree[];
}

describe("focus", () => {
  test("into the view's first and last stop, where Tab goes on from, and out at that edge", async () => {
    const before = document.createElement("button");
    const after = document.createElement("button");
    document.body.append(before);
    const panel = addActing();
    document.body.append(after);
    await panel.ready;
    panel.focus({ edge: "start" });
    await expect.poll(async () => (await seen(panel)).focus).toBe("first");
    expect(panel.shadowRoot?.activeElement?.localName).toBe("iframe");
    await userEvent.keyboard("{Shift>}{Tab}{/Shift}");
    await expect.poll(() => document.activeElement).toBe(before);
    panel.focus({ edge: "end" });
    await expect.poll(async () => (await seen(panel)).focus).toBe("last");
    await commands.key("Tab");
    await expect.poll(() => document.activeElement).toBe(after);
  });

  test("back where the view last had it, and not where a press took it away", async () => {
    const outside = document.createElement("button");
    const panel = addActing();
    document.body.append(outside);
    await panel.ready;
    panel.focus({ edge: "end" });
    await expect.poll(async () => (await seen(panel)).focus).toBe("last");
    outside.focus();
    await expect.poll(async () => (await seen(panel)).hasFocus).toBe(false);
    panel.focus();
    await expect.poll(async () => (await seen(panel)).focus).toBe("last");
    await view(panel, "window.eval", "document.activeElement.blur(); 1");
    await expect.poll(async () => (await seen(panel)).focus).toBe("");
    outside.focus();
    await expect.poll(async () => (await seen(panel)).hasFocus).toBe(false);
    panel.focus();
    await expect.poll(async () => (await seen(panel)).hasFocus).toBe(true);
    // Behind whatever follows the focus in a task of its own.
    await view(panel, "window.eval", "new Promise((resolve) => setTimeout(resolve)).then(() => 1)");
    expect((await seen(panel)).focus).toBe("");
  });

  test("a listener in the view puts it where it wants", async () => {
    const panel = addActing({}, { view: { listen: "focus" } });
    await panel.ready;
    panel.focus({ edge: "end" });
    await expect.poll(async () => (await seen(panel)).heard).toEqual([{ focus: { edge: "end" } }]);
    expect((await seen(panel)).focus).toBe("");
  });

  test("on what stands in the view's place", async () => {
    const panel = addActing({ view: "unknown" });
    await expect.poll(() => panel.state).toBe("error");
    await panel.updateComplete;
    panel.focus();
    expect(panel.shadowRoot?.activeElement).toBe(part(panel as never, "retry-button"));
  });

  test("after a retry it stays in the panel, from where Tab goes into the view", async () => {
    const panel = addActing({ timeout: "300" }, { query: { late: "1200" } });
    await expect(panel.ready).rejects.toMatchObject({ code: "MANIFEST_UNREACHABLE" });
    await panel.updateComplete;
    panel.timeout = 10_000;
    panel.focus();
    await commands.key("Enter");
    await expect.poll(() => part(panel as never, "loading")).not.toBe(null);
    const place = inShadow(panel, ".panel");
    expect(panel.shadowRoot?.activeElement).toBe(place);
    expect(getComputedStyle(place as HTMLElement).outlineStyle).toBe("solid");
    await panel.ready;
    expect(panel.shadowRoot?.activeElement).toBe(place);
    await commands.key("Tab");
    await expect.poll(async () => (await seen(panel)).focus).toBe("first");
  });

  test("after a retry that fails as well it is on the next one", async () => {
    const panel = addActing({ timeout: "300" }, { query: { late: "1200" } });
    await expect(panel.ready).rejects.toMatchObject({ code: "MANIFEST_UNREACHABLE" });
    await panel.updateComplete;
    panel.focus();
    const first = part(panel as never, "retry-button");
    await commands.key("Enter");
    await expect.poll(() => part(panel as never, "loading")).not.toBe(null);
    await expect.poll(() => part(panel as never, "retry-button")).not.toBe(null);
    expect(part(panel as never, "retry-button")).not.toBe(first);
    expect(panel.shadowRoot?.activeElement).toBe(part(panel as never, "retry-button"));
  });

  test("what somebody put it on meanwhile keeps it", async () => {
    const outside = document.createElement("button");
    const panel = addActing({ view: "unknown" });
    document.body.append(outside);
    await expect.poll(() => panel.state).toBe("error");
    await panel.updateComplete;
    outside.focus();
    panel.reload();
    await panel.updateComplete;
    await expect.poll(() => panel.state).toBe("error");
    await panel.updateComplete;
    expect(document.activeElement).toBe(outside);
  });

  test("the element is a landmark under its label", async () => {
    const panel = addActing();
    await panel.ready;
    const send = (cdp() as unknown as { send(method: string, params?: object): Promise<unknown> }).send.bind(cdp());
    const { frameTree } = (await send("Page.getFrameTree")) as { frameTree: FrameTree };
    const frames = (frameTree.childFrames ?? []).filter(({ frame }) => frame.url === location.href);
    expect(frames).toHaveLength(1);
    const { nodes } = (await send("Accessibility.getFullAXTree", { frameId: frames[0]?.frame.id })) as {
      nodes: { role?: { value: string }; name?: { value: string } }[];
    };
    const roles = nodes.filter(({ name }) => name?.value === "Linked issue").map(({ role }) => role?.value);
    expect(roles).toContain("region");
    // Nothing that is shown in its place on the page calls itself a dialog.
    expect(nodes.map(({ role }) => role?.value)).not.toContain("dialog");
  });
});

describe("keys", () => {
  const shortcuts = ["Control+K", "F6", "?"];

  async function withShortcuts(more: readonly string[] = []) {
    const panel = addActing({}, { shortcuts: [...shortcuts, ...more] });
    const keys: string[] = [];
    // At the page, as a listener of its own shortcuts would be.
    const listen = (event: KeyboardEvent) => {
      if (event.target === panel) keys.push(`${event.ctrlKey ? "Control+" : ""}${event.key}`);
    };
    document.addEventListener("keydown", listen);
    await panel.ready;
    return { panel, keys };
  }

  test("of the list are told, with their modifiers; others are the view's", async () => {
    const { panel, keys } = await withShortcuts();
    panel.focus({ edge: "start" });
    await expect.poll(async () => (await seen(panel)).focus).toBe("first");
    await userEvent.keyboard("{Control>}k{/Control}");
    await userEvent.keyboard("k{F6}?{Escape}");
    await seen(panel);
    await expect.poll(() => keys).toEqual(["Control+k", "F6", "?"]);
  });

  test("that type into a field are never told", async () => {
    const { panel, keys } = await withShortcuts(["k"]);
    panel.focus({ edge: "start" });
    await expect.poll(async () => (await seen(panel)).focus).toBe("first");
    await commands.key("Tab");
    await expect.poll(async () => (await seen(panel)).focus).toBe("field");
    await userEvent.keyboard("k?");
    await userEvent.keyboard("{Control>}k{/Control}");
    await expect.poll(() => keys).toEqual(["Control+k"]);
    expect((await seen(panel)).typed).toBe("k?");
  });

  test("that the page did not ask for are not dispatched, whatever the view says", async () => {
    const { panel, keys } = await withShortcuts();
    const key = { key: "x", code: "KeyX", ctrlKey: true, altKey: false, shiftKey: false, metaKey: false };
    const { addPanel, viewCalls } = await import("./support.js");
    const other = addPanel({}, { shortcuts });
    await other.ready;
    const seen: string[] = [];
    other.addEventListener("keydown", (event) => seen.push((event as KeyboardEvent).key));
    await viewCalls(other, "panel.key", key);
    await viewCalls(other, "panel.key", { ...key, key: "k", code: "KeyK" });
    await expect.poll(() => seen).toEqual(["k"]);
    expect(keys).toEqual([]);
    expect(panel.isConnected).toBe(true);
  });

  test.each(["", "Control", "Control+", "K+Control", "Control+Control+K", "Ctrl+K", "Tab", "Shift+Tab", "two", "+ "])(
    "%j is no shortcut",
    (text) => {
      expect(parseShortcut(text)).toBe(null);
      expect(() => addActing({}, { shortcuts: [text] })).toThrow(TypeError);
    },
  );

  const none = { ctrlKey: false, altKey: false, shiftKey: false, metaKey: false };
  test.each([
    ["Control+K", { ...none, ctrlKey: true, key: "k", code: "KeyK" }, true],
    ["Control+K", { ...none, ctrlKey: true, key: "K", code: "KeyK" }, true],
    ["Control+K", { ...none, ctrlKey: true, shiftKey: true, key: "K", code: "KeyK" }, false],
    ["Control+K", { ...none, ctrlKey: true, key: "ن", code: "KeyK" }, true],
    ["Control+K", { ...none, ctrlKey: true, key: "t", code: "KeyK" }, false],
    ["Control+K", { ...none, metaKey: true, key: "k", code: "KeyK" }, false],
    ["Meta+Shift+P", { ...none, metaKey: true, shiftKey: true, key: "P", code: "KeyP" }, true],
    ["?", { ...none, shiftKey: true, key: "?", code: "Slash" }, true],
    ["Control++", { ...none, ctrlKey: true, key: "+", code: "NumpadAdd" }, true],
    ["F6", { ...none, key: "F6", code: "F6" }, true],
    ["F6", { ...none, shiftKey: true, key: "F6", code: "F6" }, false],
  ])("%s and %j: %s", (text, pressed, is) => {
    const shortcut = parseShortcut(text);
    expect(shortcut !== null && isShortcut(shortcut, pressed)).toBe(is);
  });

  test.each([
    [{ ...none, key: "k", code: "KeyK" }, true],
    [{ ...none, shiftKey: true, key: "?", code: "Slash" }, true],
    [{ ...none, altKey: true, key: "˚", code: "KeyK" }, true],
    [{ ...none, ctrlKey: true, altKey: true, key: "€", code: "KeyE" }, true],
    [{ ...none, key: "Enter", code: "Enter" }, true],
    [{ ...none, key: "ArrowLeft", code: "ArrowLeft" }, true],
    [{ ...none, key: "F6", code: "F6" }, false],
    [{ ...none, ctrlKey: true, key: "k", code: "KeyK" }, false],
    [{ ...none, ctrlKey: true, key: "Enter", code: "Enter" }, false],
  ])("whether %j types: %s", (pressed, is) => {
    expect(isTyping(pressed)).toBe(is);
  });
});

describe("activity", () => {
  test("is told once in five seconds, with nothing in it, however often the view says so", async () => {
    const panel = addActing();
    await panel.ready;
    let told = 0;
    panel.addEventListener("partner-activity", (event) => {
      told += 1;
      expect(Object.keys(event)).toEqual(["isTrusted"]);
    });
    await viewPressed(panel, "panel.navigation.report", "/a");
    await expect.poll(() => told).toBe(1);
    await userEvent.keyboard("xyz");
    await seen(panel);
    expect(told).toBe(1);
  });

  test("what a script makes up in the view is none", async () => {
    const panel = addActing();
    await panel.ready;
    let told = 0;
    panel.addEventListener("partner-activity", () => {
      told += 1;
    });
    await view(panel, "window.eval", "document.body.click(); dispatchEvent(new Event('pointerdown')); 1");
    await seen(panel);
    expect(told).toBe(0);
  });
});
