import { binaryOf, type Grant, implement, withBinary } from "../../src/index.js";
import { desk } from "./contract.js";

/** What the handlers of one provider saw: tests read it, here or over the bridge's own side of a transport. */
export interface Seen {
  calls: string[];
  aborted: string[];
  yielded: number;
  finished: number;
}

export const everyScope: Grant = [{ scope: "ticket:read" }, { scope: "ticket:write" }, { scope: "file:write" }];

/** A real implementation of the suite's contract. */
export function provider() {
  const seen: Seen = { calls: [], aborted: [], yielded: 0, finished: 0 };
  const implementation = implement(desk, {
    "ticket.get": ({ id }) => {
      seen.calls.push(`get ${id}`);
      // `secret` is planted: the schema must strip it before anything leaves.
      return { id, priority: "high", secret: "do-not-leak" } as { id: string; priority: string };
    },
    "ticket.update": ({ id, priority }, call) => {
      seen.calls.push(`update ${id}`);
      if (id === "locked") throw call.fail("TICKET_LOCKED", { message: "Locked by Ada", data: { by: "ada" } });
      return { id, priority };
    },
    "ticket.changes": async function* ({ id }, call) {
      seen.calls.push(`changes ${id}`);
      call.signal.addEventListener("abort", () => seen.aborted.push(`changes ${id}`));
      try {
        const many = Number(id);
        for (let n = 0; n < many; n++) {
          if (call.signal.aborted) return;
          seen.yielded++;
          yield { n };
        }
        if (id === "100001") throw call.fail("NEVER" as never);
      } finally {
        seen.finished++;
      }
    },
    "ticket.price": async function* ({ id }) {
      for (let n = 0; n < Number(id); n++) yield { n };
    },
    "ticket.viewed": ({ id }) => {
      seen.calls.push(`viewed ${id}`);
    },
    "file.attach": ({ name }, call) => {
      const [buffer] = call.binary as [ArrayBuffer];
      seen.calls.push(`attach ${name}`);
      return withBinary({ bytes: buffer.byteLength }, [buffer]);
    },
    "open.echo": ({ text }) => ({ text }),
    "open.slow": async ({ steps }, call) => {
      for (let step = 0; step < steps; step++) {
        call.progress({ step });
        await Promise.resolve();
      }
      return "done";
    },
    "open.hang": (_params, call) =>
      new Promise<void>(() => {
        seen.calls.push("hang");
        call.signal.addEventListener("abort", () => seen.aborted.push("hang"));
      }),
    "open.throws": ({ what }, call) => {
      if (what === "declared") throw call.fail("DECLARED", { message: "as declared" });
      throw new Error("a secret in the text", { cause: "a secret cause" });
    },
  });
  return { seen, implementation };
}

export { binaryOf };
