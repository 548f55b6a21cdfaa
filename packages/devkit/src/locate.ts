import { type DocumentNode, parse, type ValueNode } from "@humanwhocodes/momoa";

/** A place in a text, both from 1; columns are UTF-16 code units, as editors count. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/**
 * Where in a JSON text a pointer leads: to a member's name, or to an item. What is missing is looked for in the object that
 * lacks it. Of a member that stands twice it is the last, which is the one that JSON readers take.
 *
 * For text that is not JSON every pointer leads to the first error.
 */
export function locator(text: string): (pointer: string) => Place | undefined {
  let document: DocumentNode;
  try {
    document = parse(text, { mode: "json" });
  } catch (error) {
    const place = placeOf(error);
    return () => place;
  }
  return (pointer) => {
    let node: ValueNode = document.body;
    let place: Place = node.loc.start;
    for (const step of pointer.split("/").slice(1)) {
      const key = step.replaceAll("~1", "/").replaceAll("~0", "~");
      if (node.type === "Object") {
        const member = node.members.findLast(({ name }) => (name.type === "String" ? name.value : name.name) === key);
        if (member === undefined) break;
        place = member.loc.start;
        node = member.value;
      } else if (node.type === "Array") {
        const item = node.elements[Number(key)];
        if (item === undefined) break;
        place = item.loc.start;
        node = item.value;
      } else break;
    }
    return { line: place.line, column: place.column };
  };
}

function placeOf(error: unknown): Place | undefined {
  if (typeof error !== "object" || error === null || !("line" in error) || !("column" in error)) return undefined;
  const { line, column } = error;
  return typeof line === "number" && typeof column === "number" ? { line, column } : undefined;
}
