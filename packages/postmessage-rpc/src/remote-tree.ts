import type { Member } from "./contract.js";

/** The frozen tree of functions for dotted names. Its objects have no prototype, so they have no names but the contract's. */
export function remoteTree(
  members: readonly (readonly [string, Member])[],
  functionFor: (name: string, member: Member) => unknown,
): object {
  const root = Object.create(null) as Record<string, unknown>;
  const nodes: object[] = [root];
  for (const [name, member] of members) {
    const segments = name.split(".");
    const last = segments.pop() ?? name;
    let node = root;
    for (const segment of segments) {
      if (!Object.hasOwn(node, segment)) {
        node[segment] = Object.create(null);
        nodes.push(node[segment] as object);
      }
      node = node[segment] as Record<string, unknown>;
    }
    node[last] = functionFor(name, member);
  }
  for (const node of nodes) Object.freeze(node);
  return root;
}
