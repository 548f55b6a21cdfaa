/*
 * How high each view last was, by the host's own names for it and by the width, in localStorage on the host's origin: so that its place can be
 * kept before it is there. Of its user or of what it showed nothing is in it.
 */

const key = "partner-panel.heights";
/** The newest so many; each is well under 100 bytes. */
const mostHeights = 200;
const mostName = 128;
/** CSS pixels; what else is found there was not put there by this file. */
const highest = 100_000;

export interface Shown {
  /** As the page calls it. */
  readonly partner: string;
  readonly view: string;
  /** CSS pixels. */
  readonly width: number;
}

/** How high this view was when it was last shown in that width, in CSS pixels; null: nobody knows. */
export function rememberedHeight(shown: Shown): number | null {
  const name = nameOf(shown);
  return read().find(([each]) => each === name)?.[1] ?? null;
}

/** Never throws: where nothing can be kept, nothing is. */
export function rememberHeight(shown: Shown, height: number): void {
  const name = nameOf(shown);
  if (name.length > mostName || !isHeight(height)) return;
  const before = read();
  // Kept in the order of use, so that the oldest goes first.
  const after = [[name, height], ...before.filter(([each]) => each !== name)].slice(0, mostHeights);
  try {
    localStorage.setItem(key, JSON.stringify(after));
  } catch {
    // Blocked or full.
  }
}

function nameOf({ partner, view, width }: Shown): string {
  return JSON.stringify([partner, view, Math.round(width)]);
}

function isHeight(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) > 0 && Number(value) <= highest;
}

function read(): [string, number][] {
  try {
    const all: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    if (!Array.isArray(all)) return [];
    return all.filter(
      (each): each is [string, number] => Array.isArray(each) && typeof each[0] === "string" && isHeight(each[1]),
    );
  } catch {
    return [];
  }
}
