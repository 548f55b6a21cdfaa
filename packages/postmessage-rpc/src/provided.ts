import type { Implementation, Serve, Served } from "./implement.js";

/** All that several implementations provide; `serve` is null where there is none. */
export interface Provided {
  readonly table: ReadonlyMap<string, Served>;
  readonly serve: Serve | null;
}

/** @throws TypeError where two provide one name, and for what another version of this package made. */
export function providedBy(provide: Implementation | readonly Implementation[] | undefined): Provided {
  const table = new Map<string, Served>();
  const all = [provide ?? []].flat() as Implementation[];
  for (const implementation of all) {
    if (typeof implementation.serve !== "function") throw new TypeError("provide takes what implement() returns");
    for (const [name, served] of implementation.table) {
      if (table.has(name)) throw new TypeError(`"${name}" is provided twice`);
      table.set(name, served);
    }
  }
  return { table, serve: all[0]?.serve ?? null };
}
