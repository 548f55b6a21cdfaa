/**
 * Shortcuts of the host that work while the focus is in a view: written `Control+K`, `Meta+Shift+P`, `F6`, `?`. Both sides read them, so
 * that a view tells only of these, and a host listens only to these.
 */
export interface Shortcut {
  /** As `KeyboardEvent.key`, letters in lower case. */
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
  readonly metaKey: boolean;
}

type Pressed = Pick<KeyboardEvent, "key" | "code" | "ctrlKey" | "altKey" | "shiftKey" | "metaKey">;

const modifiers: ReadonlyMap<string, keyof Omit<Shortcut, "key">> = new Map([
  ["Control", "ctrlKey"],
  ["Alt", "altKey"],
  ["Shift", "shiftKey"],
  ["Meta", "metaKey"],
]);

/**
 * Reads modifiers (`Control`, `Alt`, `Shift`, `Meta`, each at most once) and a key, with `+` between them. The key is one character, or a
 * name as `KeyboardEvent.key` has it. Null for anything else, and for Tab, which has to go on moving the focus.
 */
export function parseShortcut(text: string): Shortcut | null {
  const parts = text.split("+");
  // The plus key itself: the last two parts of "Control++" are empty.
  if (parts.length > 1 && parts.at(-1) === "" && parts.at(-2) === "") parts.splice(-2, 2, "+");
  const key = parts.pop() ?? "";
  const isKey = [...key].length === 1 ? key.trim() !== "" : /^[A-Z][A-Za-z0-9]{1,31}$/.test(key);
  if (!isKey || key === "Tab" || modifiers.has(key)) return null;
  const shortcut = { key: key.toLowerCase(), ctrlKey: false, altKey: false, shiftKey: false, metaKey: false };
  for (const part of parts) {
    const name = modifiers.get(part);
    if (name === undefined || shortcut[name]) return null;
    shortcut[name] = true;
  }
  return shortcut;
}

/** Whether this press is that shortcut. Shift is part of how a sign is typed (`?`), so it counts for letters, digits and names alone. */
export function isShortcut(shortcut: Shortcut, pressed: Pressed): boolean {
  const { key } = shortcut;
  const isSign = /^[^\p{L}\p{N}]$/u.test(key);
  return (
    shortcut.ctrlKey === pressed.ctrlKey &&
    shortcut.altKey === pressed.altKey &&
    shortcut.metaKey === pressed.metaKey &&
    (isSign ? !shortcut.shiftKey || pressed.shiftKey : shortcut.shiftKey === pressed.shiftKey) &&
    (pressed.key.toLowerCase() === key || isSameKey(key, pressed))
  );
}

/** On a keyboard of another script, Control+K is the key that has K on it. */
function isSameKey(key: string, { key: typed, code }: Pressed): boolean {
  return /^[a-z]$/.test(key) && typed > "\u007F" && code === `Key${key.toUpperCase()}`;
}

/**
 * Whether a press may be told of while somebody is in a field: one with Control or Meta, or of a key that types nothing. What a third
 * level types (AltGr is Control and Alt in Windows, Option types in macOS) is never told.
 */
export function isTyping({ key, ctrlKey, altKey, metaKey }: Pressed): boolean {
  return [...key].length === 1
    ? altKey || !(ctrlKey || metaKey)
    : !/^(F\d+|Escape)$/.test(key) && !(ctrlKey || metaKey);
}
