import { expect, test } from "vitest";
import { cdp } from "vitest/browser";
import { armed, button, dialogOf, opened } from "./consent-support.js";
import { addPanel } from "./support.js";

const enter = { key: "Enter", code: "Enter", windowsVirtualKeyCode: 13 };
const press = (autoRepeat = false) =>
  cdp().send("Input.dispatchKeyEvent", { ...enter, type: "keyDown", text: "\r", autoRepeat });
const release = () => cdp().send("Input.dispatchKeyEvent", { ...enter, type: "keyUp" });

/* In Chromium alone: no other driver here can hold a key. */

test("a key held since before the dialog came does not confirm it, however long it is held; a fresh press does", async () => {
  const panel = addPanel({}, { query: { required: "" } });
  const dialog = await opened(panel);
  button(panel, "allow").focus();
  await press(true);
  await armed(panel);
  for (let times = 0; times < 5; times += 1) await press(true);
  expect(dialog.isConnected).toBe(true);
  await release();
  await press();
  await release();
  await expect.poll(() => dialogOf(panel)).toBe(null);
  await panel.ready;
});

test("control: a browser takes each repeat of a held key for a click", async () => {
  const plain = document.createElement("button");
  document.body.append(plain);
  let clicks = 0;
  plain.addEventListener("click", () => {
    clicks += 1;
  });
  plain.focus();
  for (let times = 0; times < 5; times += 1) await press(true);
  await release();
  expect(clicks).toBe(5);
});
