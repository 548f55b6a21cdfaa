import type { Implementation, Serve, Served } from "./implementation.js";

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
    if (implementation.serve !== null && typeof implementation.serve !== "function")
      throw new TypeError("provide takes what implement() returns");
    for (const [name, served] of implementation.table) {
      if (table.has(name)) throw new TypeError(`"${name}" is provided twice`);
      table.set(name, served);
    }
  }
  const serve = all.find((implementation) => implementation.serve !== null)?.serve ?? null;
  // What the panel's packages call implement() leaves that to the panel.
  if (all.length > 0 && serve === null)
    throw new TypeError("Nothing in provide can serve: make it with implement() of @partner-panel/postmessage-rpc");
  return { table, serve };
}
