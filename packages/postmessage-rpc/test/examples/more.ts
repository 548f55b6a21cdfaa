import { binaryOf, isRpcError, openSession, type Session } from "@partner-panel/postmessage-rpc";
import { desk } from "./contract.js";
import { handlers } from "./host.js";

type DeskSession = Session<typeof desk>;

export async function readThree({ remote }: DeskSession): Promise<string[]> {
  const priorities: string[] = [];
  // #region stream
  for await (const ticket of remote.ticket.changes({ id: "T-42" })) {
    priorities.push(ticket.priority);
    if (priorities.length === 3) break; // the generator at the other side runs its `finally`
  }
  // #endregion
  return priorities;
}

export async function attach({ remote }: DeskSession): Promise<number> {
  // #region binary
  const file = new TextEncoder().encode("hello").buffer;
  const result = await remote.file.attach({ name: "hello.txt" }, { binary: [file] });
  // `file` is empty now: it was transferred, not copied. What came back stands beside the result.
  const [back] = binaryOf(result) as [ArrayBuffer];
  // #endregion
  return back.byteLength + file.byteLength;
}

export async function locked({ remote }: DeskSession): Promise<string> {
  // #region errors
  try {
    await remote.ticket.update({ id: "T-1", priority: "low" }, { timeout: 5_000, signal: AbortSignal.timeout(10_000) });
  } catch (error) {
    if (!isRpcError(error, desk, "ticket.update")) throw error;
    switch (error.code) {
      case "TICKET_LOCKED": // declared by the contract
        return error.message;
      case "SCOPE_DENIED":
      case "SCOPE_REVOKED":
        return "not allowed";
      default:
        return error.retryable ? "try again later" : "failed";
    }
  }
  // #endregion
  return "saved";
}

export function between(): { left: DeskSession; right: Session } {
  // #region ports
  const { port1, port2 } = new MessageChannel();
  const right = openSession(port2, {
    provide: handlers,
    grant: [{ scope: "ticket:read" }, { scope: "ticket:write" }, { scope: "file:write" }],
  });
  const left = openSession(port1, { use: desk });
  // #endregion
  return { left, right };
}

export function revoke(right: Session): void {
  // #region revoke
  right.updateGrant([{ scope: "ticket:read", where: { id: ["T-42"] }, expiresAt: Date.now() + 60_000 }]);
  // #endregion
}
